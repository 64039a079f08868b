using System.Runtime.InteropServices;
using GpuLoss.Interop.Cuda;
using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;
using Memory = GpuLoss.PtxMachine.CallMemory;

namespace GpuLoss.PtxMachine;

/// <summary>
/// The engine of CUDA tensors with the machine as its driver, for tensors in the host's memory. For each call it allows the kernels exactly the memory that
/// the call is given, to the byte, and says which of it holds values. The order is kept: a launch is over before the next begins.
/// </summary>
internal sealed class EngineOnMachine : ILossEngine
{
    private readonly CudaLossEngine engine;
    private readonly GuardedCalls calls;

    public EngineOnMachine(MachineOptions? options = null)
    {
        Driver = new MachineDriver(options);
        calls = new GuardedCalls(Driver);
        engine = new CudaLossEngine(new CudaDevice(Driver, ordinal: 0, CompiledKernels.Of));
    }

    public MachineDriver Driver { get; }

    public LogitsType CoefficientType => engine.CoefficientType;

    public bool Takes(LossProblem problem) => engine.Takes(problem);

    public bool Takes(GeneralProblem problem) => engine.Takes(problem);

    public long ForwardScratchElements(LossProblem problem) => engine.ForwardScratchElements(problem);

    public long BackwardScratchElements(LossProblem problem) => engine.BackwardScratchElements(problem);

    public long GeneralScratchElements(GeneralProblem problem) => engine.GeneralScratchElements(problem);

    public void CheckLabels() => engine.CheckLabels();

    public void Forward(LossProblem problem, nint logits, nint target, nint weights, nint scratch, nint statistics, nint loss) => Run(
        () => engine.Forward(problem, logits, target, weights, scratch, statistics, loss),
        [
            Logits(problem, logits), Labels(problem, target), Weights(problem, weights),
            new(scratch, engine.ForwardScratchElements(problem) * sizeof(double), IsWritten: false),
            new(statistics, StatisticsBytes(problem.Shape), IsWritten: false), new(loss, LossBytes(problem), IsWritten: false),
        ]);

    public void ScoreTotals(LossProblem problem, nint weights, nint totals, nint statistics, nint loss) => Run(
        () => engine.ScoreTotals(problem, weights, totals, statistics, loss),
        [
            // A compound scores its statistics where they are.
            Weights(problem, weights), new(totals, StatisticsBytes(problem.Shape)),
            new(statistics, statistics == totals ? 0 : StatisticsBytes(problem.Shape), IsWritten: false),
            new(loss, LossBytes(problem), IsWritten: false),
        ]);

    public void Backward(
        LossProblem problem, nint logits, nint target, nint weights, nint statistics, nint lossGradient, nint scratch, nint logitsGradient) => Run(
        () => engine.Backward(problem, logits, target, weights, statistics, lossGradient, scratch, logitsGradient),
        [
            Logits(problem, logits), Labels(problem, target), Weights(problem, weights), new(statistics, StatisticsBytes(problem.Shape)),
            new(lossGradient, LossBytes(problem)), new(scratch, engine.BackwardScratchElements(problem) * sizeof(double), IsWritten: false),
            Gradient(problem, logitsGradient),
        ]);

    public void ScoreGradient(LossProblem problem, nint weights, nint statistics, nint lossGradient, nint coefficients) => Run(
        () => engine.ScoreGradient(problem, weights, statistics, lossGradient, coefficients),
        [
            Weights(problem, weights), new(statistics, StatisticsBytes(problem.Shape)), new(lossGradient, LossBytes(problem)),
            new(coefficients, CoefficientBytes(problem.Shape, rows: 1), IsWritten: false),
        ]);

    public void Spread(LossProblem problem, nint logits, nint target, nint weights, nint coefficients, nint logitsGradient) => Run(
        () => engine.Spread(problem, logits, target, weights, coefficients, logitsGradient),
        [
            Logits(problem, logits), Labels(problem, target), Weights(problem, weights), new(coefficients, CoefficientBytes(problem.Shape, rows: 1)),
            Gradient(problem, logitsGradient),
        ]);

    public void ReduceGeneral(GeneralProblem problem, GeneralTensors tensors, nint scratch, nint statistics, nint values) => Run(
        () => engine.ReduceGeneral(problem, tensors, scratch, statistics, values),
        [
            .. Tensors(problem, tensors), new(scratch, engine.GeneralScratchElements(problem) * sizeof(double), IsWritten: false),
            new(statistics, problem.Sums * StatisticsBytes(problem.Shape), IsWritten: false), new(values, ValueBytes(problem), IsWritten: false),
        ]);

    public void SpreadGeneral(GeneralProblem problem, GeneralTensors tensors, nint coefficients, nint seeds, nint logitsGradient) => Run(
        () => engine.SpreadGeneral(problem, tensors, coefficients, seeds, logitsGradient),
        [
            .. Tensors(problem, tensors), new(coefficients, CoefficientBytes(problem.Shape, problem.Sums)), new(seeds, ValueBytes(problem)),
            new(logitsGradient, Elements(problem.Shape) * ElementTypes.SizeOf(problem.Logits), IsWritten: false),
        ]);

    private static Memory Logits(LossProblem problem, nint address) =>
        new(address, Extent(problem.Shape, problem.Layout?.Logits, problem.Layout) * ElementTypes.SizeOf(problem.Logits));

    private static Memory Labels(LossProblem problem, nint address) =>
        new(address, Extent(problem.Shape with { Classes = 1 }, problem.Layout?.Labels, problem.Layout) * ElementTypes.SizeOf(problem.Target));

    private static Memory Gradient(LossProblem problem, nint address) => new(
        address, Extent(problem.Shape, problem.Layout?.Gradient, problem.Layout) * ElementTypes.SizeOf(problem.Logits), IsWritten: false);

    private static Memory Weights(LossProblem problem, nint address) => new(address, (long)problem.Shape.Classes * sizeof(double));

    private static IEnumerable<Memory> Tensors(GeneralProblem problem, GeneralTensors tensors)
    {
        var (shape, voxels) = (problem.Shape, problem.Shape.Samples * problem.Shape.Voxels);
        yield return new Memory(tensors.Logits, Elements(shape) * ElementTypes.SizeOf(problem.Logits));
        yield return new Memory(tensors.Target, problem.Target switch
        {
            TargetKind.Labels => voxels * ElementTypes.SizeOf(problem.Label),
            TargetKind.UInt8 => Elements(shape),
            _ => Elements(shape) * sizeof(float),
        });
        yield return new Memory(tensors.Mask, problem.Mask switch
        {
            MaskKind.None => 0,
            MaskKind.UInt8 => voxels,
            _ => voxels * sizeof(float),
        });
        yield return new Memory(tensors.Plan, (long)problem.Sums * new SumPlan(shape.Classes).Stride * sizeof(double));
    }

    private static long Elements(LogitsShape shape) => shape.Samples * shape.Classes * shape.Voxels;

    /// <summary>The elements from the first to the last one.</summary>
    private static long Extent(LogitsShape shape, TensorStrides? strides, VolumeLayout? layout)
    {
        if (strides is not { } steps || layout is null)
            return Elements(shape);
        var last = (shape.Samples - 1) * steps.Sample + (shape.Classes - 1) * steps.Class;
        for (var axis = 0; axis < layout.Sizes.Length; axis++)
            last += (layout.Sizes[axis] - 1) * steps.Axes[axis];
        return last + 1;
    }

    private static long StatisticsBytes(LogitsShape shape) => (long)shape.Samples * new StatisticsLayout(shape.Classes).Stride * sizeof(double);

    private static long LossBytes(LossProblem problem) => Score.ValueCount(problem.Definition, problem.Shape) * sizeof(float);

    private static long ValueBytes(GeneralProblem problem) => !problem.HasValues
        ? 0
        : problem.Shape.Samples * problem.Shape.Voxels * (problem.ValuesPerClass ? problem.Shape.Classes : 1) * sizeof(float);

    private static long CoefficientBytes(LogitsShape shape, int rows) =>
        (long)rows * shape.Samples * shape.Classes * Marshal.SizeOf<DeviceCoefficients>();

    private void Run(Action call, IEnumerable<Memory> memory) => calls.Run(call, memory);
}
