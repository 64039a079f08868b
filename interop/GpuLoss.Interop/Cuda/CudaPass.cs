using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Interop.Cuda;

/// <summary>
/// Which kernels do a pass over the voxels, and with which arguments. One sum over the softmax with class indices has kernels of its own,
/// one sum over softmax or sigmoid has others; every other pass has kernels that read the plan as they run.
/// </summary>
internal static class CudaPass
{
    /// <summary>Whether there are kernels for these types and strides. A mask that only selects is for the caller to put into the
    /// labels.</summary>
    public static bool Takes(LossProblem problem) => problem.Mask != MaskKind.Bool && (IsPlain(problem)
        ? DeviceVolume.Takes(problem.Layout)
        : problem.Layout is null && DeviceGeneralVolume.Takes(problem.Target, problem.Mask));

    /// <summary>The kernel of Reduce, with its arguments. It leaves as many partial sums as <see cref="Partials"/> says.</summary>
    public static DeviceKernel Reduce(
        LossProblem problem, LossTensors tensors, nint scratch, long partials, nint values, ref KernelArguments arguments)
    {
        if (!IsPlain(problem))
        {
            Inputs(ref arguments, problem, tensors).View(scratch, partials).View(values, problem.Values).Value(Volume(problem));
            return KernelOf(problem, isReduce: true);
        }

        var volume = PlainVolume(problem);
        var kernel = DeviceKernelTable.Pick(
            DeviceStep.Reduce, volume, problem.Logits, problem.Sums[0].Overlap == OverlapSums.Squared, tensors.Logits, tensors.Target,
            tensors.Logits);
        arguments.Value(tensors.Logits).View(tensors.Target, problem.TargetBytes).View(Factors(problem, tensors), problem.Shape.Classes)
            .View(scratch, partials).Value(volume.InVectors(kernel.Width)).Value((float)problem.Sums[0].Gamma);
        return kernel;
    }

    /// <summary>The kernel of Spread, with its arguments.</summary>
    public static DeviceKernel Spread(
        LossProblem problem, LossTensors tensors, nint coefficients, nint seeds, nint logitsGradient, ref KernelArguments arguments)
    {
        var rows = (long)problem.Rows.Samples * problem.Shape.Classes;
        if (!IsPlain(problem))
        {
            Inputs(ref arguments, problem, tensors).View(coefficients, rows).View(seeds, problem.Values).Value(logitsGradient)
                .Value(Volume(problem));
            return KernelOf(problem, isReduce: false);
        }

        var volume = PlainVolume(problem);
        var kernel = DeviceKernelTable.Pick(
            DeviceStep.Spread, volume, problem.Logits, squared: false, tensors.Logits, tensors.Target, logitsGradient);
        arguments.Value(tensors.Logits).View(tensors.Target, problem.TargetBytes).View(coefficients, rows)
            .View(Factors(problem, tensors), problem.Shape.Classes).Value(logitsGradient).Value(volume.InVectors(kernel.Width))
            .Value((float)problem.Sums[0].Gamma);
        return kernel;
    }

    /// <summary>The blocks of a sample.</summary>
    public static int Blocks(LossProblem problem, DeviceKernel kernel, int multiprocessors) => kernel.IsGeneral
        ? DeviceKernelTable.BlocksFor(kernel, problem.Shape, problem.Sums.Count, multiprocessors)
        : DeviceKernelTable.BlocksFor(kernel, problem.Shape, multiprocessors);

    /// <summary>The float64 partial sums of Reduce, at most.</summary>
    public static long Partials(LossProblem problem, int multiprocessors)
    {
        if (IsPlain(problem))
            return DeviceKernelTable.PartialsFor(problem.Logits, problem.Shape, multiprocessors);
        return Statistics(problem.Rows) * Blocks(problem, KernelOf(problem, isReduce: true), multiprocessors);
    }

    /// <summary>The doubles of statistics.</summary>
    public static long Statistics(LogitsShape rows) => (long)rows.Samples * new StatisticsLayout(rows.Classes).Stride;

    private static bool IsPlain(LossProblem problem) =>
        problem is { Target: TargetKind.Labels, Mask: MaskKind.None, HasValues: false, Sums.Count: 1 }
        && problem.Sums[0] is
        {
            Activation: Activation.Softmax, LabelSmoothing: 0, Poly: 0, Distances: 0,
            Overlap: not OverlapSums.Absolute
        };

    /// <summary>The kernel of a pass that is not plain. With one sum all classes of a voxel stay in registers.</summary>
    private static DeviceKernel KernelOf(LossProblem problem, bool isReduce) =>
        problem is { HasValues: false, Sums.Count: 1 }
            && problem.Sums[0] is { Distances: 0, Activation: Activation.Softmax or Activation.Sigmoid }
            ? DeviceKernelTable.PickSum(isReduce, problem.Shape.Classes, problem.Logits, problem.Sums[0].Activation == Activation.Sigmoid)
            : DeviceKernel.General(isReduce ? DeviceStep.GeneralReduce : DeviceStep.GeneralSpread, problem.Logits);

    private static nint Factors(LossProblem problem, LossTensors tensors) =>
        tensors.Plan + (nint)new SumPlan(problem.Shape.Classes).Positive(0, 0) * sizeof(double);

    private static DeviceVolume PlainVolume(LossProblem problem) =>
        DeviceVolume.Of(problem.Shape, problem.Layout, problem.Label, problem.IgnoreIndex);

    private static DeviceGeneralVolume Volume(LossProblem problem)
    {
        var volume = DeviceGeneralVolume.Of(
            problem.Shape, problem.Target, problem.Label, problem.IgnoreIndex, problem.Mask, problem.Sums.Count) with
        {
            ChecksTarget = problem.ChecksTarget ? 1 : 0,
        };
        return problem.HasValues ? volume with { ValueSum = problem.ValueSum, ValuesPerClass = problem.ValuesPerClass ? 1 : 0 } : volume;
    }

    private static ref KernelArguments Inputs(ref KernelArguments arguments, LossProblem problem, LossTensors tensors) =>
        ref arguments.Value(tensors.Logits).View(tensors.Target, problem.TargetBytes)
            .View(problem.Mask == MaskKind.None ? 0 : tensors.Mask, problem.MaskBytes)
            .View(tensors.Plan, new SumPlan(problem.Shape.Classes).Length(problem.Sums));
}
