using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Shape;

namespace GpuLoss.Interop.Shape;

internal sealed unsafe partial class HostShapes
{
    /// <inheritdoc/>
    public long LovaszElements(ShapeProblem problem, LovaszForm form) => 0;

    /// <inheritdoc/>
    public long LovaszScratch(ShapeProblem problem, LovaszForm form) => 0;

    /// <inheritdoc/>
    public void Lovasz(
        ShapeProblem problem, LovaszForm form, ReadOnlySpan<bool> wanted, LovaszMemory memory, nint values, nint counted, nint slopes)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var count = checked((form.PerSample ? problem.Samples : 1) * (problem.Classes - problem.FirstClass));
        var all = new Span<double>((void*)values, count);
        var has = new Span<double>((void*)counted, count);
        if (problem.IsDouble)
            LovaszKernel.Compute(problem.Tensors<double>(), form, wanted, all, has, (double*)slopes, TorchThreadTeam.Current);
        else
            LovaszKernel.Compute(problem.Tensors<float>(), form, wanted, all, has, (float*)slopes, TorchThreadTeam.Current);
    }
}
