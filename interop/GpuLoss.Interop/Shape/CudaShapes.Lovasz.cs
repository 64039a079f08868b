using GpuLoss.Interop.Cuda;
using GpuLoss.Kernels.Shape;
using GpuLoss.Kernels.Shape.Device;

namespace GpuLoss.Interop.Shape;

/// <summary>Lovász losses: our errors, torch's sort, our sums and slopes.</summary>
internal sealed partial class CudaShapes
{
    /// <inheritdoc/>
    public long LovaszElements(ShapeProblem problem, LovaszForm form)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var elements = problem.Grid.Voxels * (form.PerSample ? 1 : problem.Samples);
        return elements <= int.MaxValue
            ? elements
            : throw new NotSupportedException(
                $"A Lovász loss sorts {int.MaxValue} voxels at once on a CUDA device, not {elements}: take per_image = true, or parts.");
    }

    /// <inheritdoc/>
    public long LovaszScratch(ShapeProblem problem, LovaszForm form)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var (blocks, rows) = ErrorGrid(problem, form);
        var most = Math.Max(blocks * rows, SumBlocks(LovaszElements(problem, form)));
        return (1L + most) * DeviceLovasz.Counts * sizeof(double);
    }

    /// <inheritdoc/>
    public void Lovasz(
        ShapeProblem problem, LovaszForm form, ReadOnlySpan<bool> wanted, LovaszMemory memory, nint values, nint counted, nint slopes)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var (classes, rows) = (problem.Classes - problem.FirstClass, form.PerSample ? problem.Samples : 1);
        var (elements, counts) = (LovaszElements(problem, form), memory.Scratch);
        var partials = counts + DeviceLovasz.Counts * sizeof(double);
        for (var value = 0; value < rows * classes; value++)
        {
            Errors(problem, form, memory, value, slopes);
            if (wanted[value % classes])
            {
                var grid = ErrorGrid(problem, form);
                SumRows(partials, DeviceLovasz.Counts - 1, grid.Blocks * grid.Rows, counts);
                Slopes(problem, elements, memory, value, slopes);
                SumRows(partials, 1, SumBlocks(elements), counts + (DeviceLovasz.Counts - 1) * sizeof(double));
            }

            var arguments = default(KernelArguments);
            arguments.View(counts, DeviceLovasz.Counts).View(values, rows * classes).View(counted, rows * classes).Value(value)
                .Value(wanted[value % classes] ? 1 : 0).Value(form.PresentOnly ? 1 : 0);
            Launch(ShapeKernel.LovaszValue, 1, ref arguments);
        }
    }

    private static (int Blocks, int Rows) ErrorGrid(ShapeProblem problem, LovaszForm form) =>
        (SumBlocks(problem.Grid.Voxels), form.PerSample ? 1 : Math.Min(problem.Samples, MostRows));

    private void Errors(ShapeProblem problem, LovaszForm form, LovaszMemory memory, int value, nint slopes)
    {
        var (elements, grid) = (LovaszElements(problem, form), ErrorGrid(problem, form));
        var blocks = grid.Blocks * grid.Rows;
        var arguments = default(KernelArguments);
        Planes(ref arguments, problem).View(memory.Errors, elements).View(memory.Members, elements);
        View(ref arguments, slopes, problem.Pairs * problem.Grid.Voxels)
            .View(memory.Scratch + DeviceLovasz.Counts * sizeof(double), (DeviceLovasz.Counts - 1L) * blocks)
            .Value(problem.Shape).Value(value).Value(form.IsHinge ? 1 : 0);
        Launch(ShapeKernel.LovaszErrors, (grid.Blocks, grid.Rows), ref arguments);
    }

    private void Slopes(ShapeProblem problem, long elements, LovaszMemory memory, int value, nint slopes)
    {
        var (sorted, blocks) = (memory.Sort(), SumBlocks(elements));
        var arguments = default(KernelArguments);
        Planes(ref arguments, problem).View(sorted.Errors, elements).View(sorted.Places, elements).View(sorted.Inside, elements)
            .View(memory.Scratch, DeviceLovasz.Counts);
        View(ref arguments, slopes, problem.Pairs * problem.Grid.Voxels)
            .View(memory.Scratch + DeviceLovasz.Counts * sizeof(double), blocks).Value(problem.Shape).Value(value);
        Launch(ShapeKernel.LovaszSlopes, blocks, ref arguments);
    }
}
