using System.Runtime.InteropServices;
using GpuLoss.Interop.Cuda;
using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;
using Memory = GpuLoss.PtxMachine.CallMemory;

namespace GpuLoss.PtxMachine;

/// <summary>
/// The engine of CUDA tensors with the machine as its driver, for tensors in the host's memory. For each call it allows the kernels exactly
/// the memory that the call is given, to the byte, and says which of it holds values. The order is kept: a launch is over before the next
/// begins.
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

    public long ScratchElements(LossProblem problem) => engine.ScratchElements(problem);

    public void CheckLabels() => engine.CheckLabels();

    public void Reduce(LossProblem problem, LossTensors tensors, nint scratch, nint statistics, nint values, ScoreCall? score) => Run(
        () => engine.Reduce(problem, tensors, scratch, statistics, values, score),
        [
            .. Tensors(problem, tensors), new(scratch, engine.ScratchElements(problem) * sizeof(double), IsWritten: false),
            new(statistics, StatisticsBytes(problem.Rows), IsWritten: false), new(values, problem.Values * sizeof(float), IsWritten: false),
            .. score is { } call ? Scored(call) : [],
        ]);

    public void Score(ScoreCall score, nint statistics) => Run(
        () => engine.Score(score, statistics), [new(statistics, StatisticsBytes(score.Problem.Shape)), .. Scored(score)]);

    public void ScoreGradient(ScoreProblem problem, nint weights, nint statistics, nint lossGradient, nint coefficients) => Run(
        () => engine.ScoreGradient(problem, weights, statistics, lossGradient, coefficients),
        [
            Weights(problem, weights), new(statistics, StatisticsBytes(problem.Shape)), new(lossGradient, LossBytes(problem)),
            new(coefficients, CoefficientBytes(problem.Shape), IsWritten: false),
        ]);

    public void Spread(LossProblem problem, LossTensors tensors, nint coefficients, nint seeds, nint logitsGradient) => Run(
        () => engine.Spread(problem, tensors, coefficients, seeds, logitsGradient),
        [
            .. Tensors(problem, tensors), new(coefficients, CoefficientBytes(problem.Rows)), new(seeds, problem.Values * sizeof(float)),
            new(
                logitsGradient, Extent(problem.Shape, problem.Layout?.Gradient, problem.Layout) * ElementTypes.SizeOf(problem.Logits),
                IsWritten: false),
        ]);

    private static Memory[] Scored(ScoreCall call) =>
        [Weights(call.Problem, call.Weights), new(call.Value, LossBytes(call.Problem), IsWritten: false)];

    private static Memory Weights(ScoreProblem problem, nint address) => new(address, (long)problem.Shape.Classes * sizeof(double));

    private static IEnumerable<Memory> Tensors(LossProblem problem, LossTensors tensors)
    {
        var (shape, layout) = (problem.Shape, problem.Layout);
        yield return new Memory(tensors.Logits, Extent(shape, layout?.Logits, layout) * ElementTypes.SizeOf(problem.Logits));
        yield return new Memory(tensors.Target, problem.Target == TargetKind.Labels
            ? Extent(shape with { Classes = 1 }, layout?.Labels, layout) * ElementTypes.SizeOf(problem.Label)
            : problem.TargetBytes);
        yield return new Memory(tensors.Mask, problem.MaskBytes);
        yield return new Memory(tensors.Plan, new SumPlan(shape.Classes).Length(problem.Sums) * sizeof(double));
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

    private static long StatisticsBytes(LogitsShape shape) =>
        (long)shape.Samples * new StatisticsLayout(shape.Classes).Stride * sizeof(double);

    private static long LossBytes(ScoreProblem problem) =>
        Kernels.Objective.Score.ValueCount(problem.Definition, problem.Shape) * sizeof(float);

    private static long CoefficientBytes(LogitsShape rows) => (long)rows.Samples * rows.Classes * Marshal.SizeOf<DeviceCoefficients>();

    private void Run(Action call, IEnumerable<Memory> memory) => calls.Run(call, memory);
}
