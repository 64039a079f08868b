using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Interop.Cuda;

/// <summary>The general pass: two launches forward, one backward.</summary>
internal sealed partial class CudaLossEngine
{
    /// <inheritdoc/>
    public bool Takes(GeneralProblem problem) =>
        problem.Layout is null && DeviceKernelCatalogue.LogitsTypes.Contains(problem.Logits)
        && DeviceGeneralVolume.Takes(problem.Target, problem.Mask);

    /// <inheritdoc/>
    public long GeneralScratchElements(GeneralProblem problem) => Partials(problem) + 1;

    /// <inheritdoc/>
    public void ReduceGeneral(GeneralProblem problem, GeneralTensors tensors, nint scratch, nint statistics, nint values)
    {
        labels.ThrowIfAnyInvalid(wait: false);
        var (shape, partials) = (problem.Shape, Partials(problem));
        var reduce = DeviceKernel.General(DeviceStep.GeneralReduce, problem.Logits);
        var blocks = DeviceKernelTable.BlocksFor(reduce, shape, problem.Sums);
        var arguments = default(KernelArguments);
        Inputs(ref arguments, problem, tensors).View(scratch, partials).View(values, ValuesOf(problem)).Value(Volume(problem));
        device.Launch(reduce, (blocks, shape.Samples, 1), reduce.Threads, ref arguments);

        // What is left of Score where there is no loss is the sum over the blocks, and a value of 0 at the end of the scratch memory.
        var score = DeviceKernel.Score(DeviceStep.ScoreLoss, transformed: false);
        var rows = RowsOf(problem);
        arguments = default;
        arguments.View(scratch, partials).View(0, 0).View(statistics, Statistics(rows)).View(scratch + (nint)partials * sizeof(double), 1)
            .Value(default(LossDefinition)).Value(rows).Value(blocks);
        device.Launch(score, (1, 1, 1), score.Threads, ref arguments);

        if (problem.Target != TargetKind.Labels && !problem.ChecksTarget && problem.Mask == MaskKind.None)
            return;
        labels.Watch(problem, statistics);
        if (problem.ChecksLabelsAtOnce)
            CheckLabels();
    }

    /// <inheritdoc/>
    public void SpreadGeneral(GeneralProblem problem, GeneralTensors tensors, nint coefficients, nint seeds, nint logitsGradient)
    {
        var shape = problem.Shape;
        var spread = DeviceKernel.General(DeviceStep.GeneralSpread, problem.Logits);
        var arguments = default(KernelArguments);
        Inputs(ref arguments, problem, tensors).View(coefficients, (long)problem.Sums * shape.Samples * shape.Classes)
            .View(seeds, ValuesOf(problem)).Value(logitsGradient).Value(Volume(problem));
        device.Launch(spread, (DeviceKernelTable.BlocksFor(spread, shape, problem.Sums), shape.Samples, 1), spread.Threads, ref arguments);
    }

    private static ref KernelArguments Inputs(ref KernelArguments arguments, GeneralProblem problem, GeneralTensors tensors)
    {
        var shape = problem.Shape;
        var voxels = shape.Samples * shape.Voxels;
        var targetBytes = problem.Target switch
        {
            TargetKind.Labels => voxels * ElementTypes.SizeOf(problem.Label),
            TargetKind.UInt8 => voxels * shape.Classes,
            _ => voxels * shape.Classes * sizeof(float),
        };
        var maskBytes = problem.Mask switch
        {
            MaskKind.None => 0,
            MaskKind.UInt8 => voxels,
            _ => voxels * sizeof(float),
        };
        return ref arguments.Value(tensors.Logits).View(tensors.Target, targetBytes).View(maskBytes == 0 ? 0 : tensors.Mask, maskBytes)
            .View(tensors.Plan, (long)problem.Sums * new SumPlan(shape.Classes).Stride);
    }

    private static DeviceGeneralVolume Volume(GeneralProblem problem)
    {
        var volume = DeviceGeneralVolume.Of(problem.Shape, problem.Target, problem.Label, problem.IgnoreIndex, problem.Mask, problem.Sums);
        volume = volume with { ChecksTarget = problem.ChecksTarget ? 1 : 0 };
        return problem.HasValues ? volume with { ValueSum = problem.ValueSum, ValuesPerClass = problem.ValuesPerClass ? 1 : 0 } : volume;
    }

    private static long Partials(GeneralProblem problem)
    {
        var reduce = DeviceKernel.General(DeviceStep.GeneralReduce, problem.Logits);
        return Statistics(RowsOf(problem)) * DeviceKernelTable.BlocksFor(reduce, problem.Shape, problem.Sums);
    }

    private static long ValuesOf(GeneralProblem problem) =>
        problem.HasValues ? problem.Shape.Samples * problem.Shape.Voxels * (problem.ValuesPerClass ? problem.Shape.Classes : 1) : 0;

    /// <summary>The statistics of a general pass as those of one with a sample for each sum and sample.</summary>
    private static LogitsShape RowsOf(GeneralProblem problem) => problem.Shape with { Samples = checked(problem.Sums * problem.Shape.Samples) };
}
