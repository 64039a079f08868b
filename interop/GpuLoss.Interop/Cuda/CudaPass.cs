using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Interop.Cuda;

/// <summary>Which kernels do a pass over the voxels, and with which arguments: the same for all of them.</summary>
internal static class CudaPass
{
    /// <summary>Whether there are kernels for these types and strides.</summary>
    public static bool Takes(LossProblem problem) =>
        DeviceVolume.Takes(problem.Layout) && DeviceVolume.Takes(problem.Target, problem.Mask);

    /// <summary>The kernel of Reduce, with its arguments. It leaves as many partial sums as <see cref="Partials"/> says.</summary>
    public static DeviceKernel Reduce(
        LossProblem problem, LossTensors tensors, nint scratch, long partials, nint values, ref KernelArguments arguments)
    {
        var (kernel, volume) = KernelOf(DeviceStep.Reduce, problem, tensors, tensors.Logits, values);
        Inputs(ref arguments, problem, tensors).View(scratch, partials).View(values, problem.Values).Value(volume);
        return kernel;
    }

    /// <summary>The kernel of Spread, with its arguments.</summary>
    public static DeviceKernel Spread(
        LossProblem problem, LossTensors tensors, nint coefficients, nint seeds, nint logitsGradient, ref KernelArguments arguments)
    {
        var (kernel, volume) = KernelOf(DeviceStep.Spread, problem, tensors, logitsGradient, seeds);
        Inputs(ref arguments, problem, tensors).View(coefficients, (long)problem.Rows.Samples * problem.Shape.Classes)
            .View(seeds, problem.Values).Value(logitsGradient).Value(volume);
        return kernel;
    }

    /// <summary>The blocks of a sample.</summary>
    public static int Blocks(LossProblem problem, DeviceKernel kernel, int multiprocessors) =>
        DeviceKernelTable.BlocksFor(kernel, problem.Shape, problem.Sums.Count, multiprocessors);

    /// <summary>The float64 partial sums of Reduce, at most, wherever its tensors lie.</summary>
    public static long Partials(LossProblem problem, int multiprocessors) => Statistics(problem.Rows) * DeviceKernelTable
        .Candidates(DeviceStep.Reduce, VolumeOf(problem), problem.Sums[0], problem.Logits)
        .Max(kernel => Blocks(problem, kernel, multiprocessors));

    /// <summary>The doubles of statistics.</summary>
    public static long Statistics(LogitsShape rows) => (long)rows.Samples * new StatisticsLayout(rows.Classes).Stride;

    private static (DeviceKernel Kernel, DeviceVolume Volume) KernelOf(
        DeviceStep step, LossProblem problem, LossTensors tensors, nint gradient, nint values)
    {
        var volume = VolumeOf(problem);
        var kernel = DeviceKernelTable.Pick(
            step, volume, problem.Sums[0], problem.Logits, tensors.Logits | gradient, tensors.Target, tensors.Mask, values);
        return (kernel, volume.InVectors(kernel.Width));
    }

    private static DeviceVolume VolumeOf(LossProblem problem) => DeviceVolume.Of(
        problem.Shape, problem.Layout, problem.Target, problem.Label, problem.IgnoreIndex, problem.Mask) with
    {
        ChecksTarget = problem.ChecksTarget ? 1 : 0,
        Sums = problem.Sums.Count,
        ValueSum = problem.HasValues ? problem.ValueSum : DeviceVolume.NoValues,
        ValuesPerClass = problem.ValuesPerClass ? 1 : 0,
    };

    private static ref KernelArguments Inputs(ref KernelArguments arguments, LossProblem problem, LossTensors tensors) =>
        ref arguments.Value(tensors.Logits).View(tensors.Target, problem.TargetBytes)
            .View(problem.Mask == MaskKind.None ? 0 : tensors.Mask, problem.MaskBytes)
            .View(tensors.Plan, new SumPlan(problem.Shape.Classes).Length(problem.Sums));
}
