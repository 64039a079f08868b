using System.Runtime.InteropServices;
using GpuLoss.Interop.Cuda;
using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Interop.Tests.Cuda;

/// <summary>The engine of a made-up GPU, and addresses to give to it. Only the statistics are memory: a forward copies its counts from
/// there.</summary>
internal sealed unsafe class EngineOnRecordingDriver : IDisposable
{
    public const nint Logits = 0x10000;
    public const nint Target = 0x20000;
    public const nint Weights = 0x30000;
    public const nint Scratch = 0x40000;
    public const nint Loss = 0x60000;
    public const nint Coefficients = 0x70000;
    public const nint Gradient = 0x80000;
    public const nint Mask = 0x90000;
    public const nint Plan = 0xA0000;
    public const nint Values = 0xB0000;
    private const int MostStatistics = 1 << 16;

    private readonly double* statistics = (double*)NativeMemory.AllocZeroed(MostStatistics, sizeof(double));

    public EngineOnRecordingDriver(int ordinal = 0)
    {
        RecordingDriver.ContextsOfThread.Clear();
        Engine = new CudaLossEngine(new CudaDevice(Driver, ordinal, PtxCompiler.Compile));
    }

    /// <summary>Two samples of four classes.</summary>
    public static LossProblem Problem { get; } = new(
        new LogitsShape(2, 4, 4096), LogitsType.Float32, TargetKind.Labels, LabelType.Int64, MaskKind.None, IgnoreIndex: -100,
        [new SumDefinition { Overlap = OverlapSums.Product, HasVoxelTerm = 1 }]);

    /// <summary>A loss of its sum.</summary>
    public static LossDefinition Definition { get; } = new()
    {
        VoxelTermScale = 0.5,
        Overlap = new OverlapTerm { Combination = OverlapCombination.MeanOfRatios, Scale = 2, SmoothNumerator = 1e-5, FirstClass = 1 },
    };

    /// <summary>Three sums over two samples of four classes.</summary>
    public static LossProblem ThreeSums { get; } = new(
        new LogitsShape(2, 4, 4096), LogitsType.Float32, TargetKind.Labels, LabelType.Int16, MaskKind.Float32, IgnoreIndex: -100,
        new SumDefinition[3])
    {
        HasValues = true,
        ValuesPerClass = true,
        ValueSum = 1,
    };

    public static LossTensors Tensors { get; } = new(Logits, Target, Mask, Plan);

    public nint Statistics => (nint)statistics;

    public RecordingDriver Driver { get; } = new();

    public CudaLossEngine Engine { get; }

    /// <summary>A forward whose Score counted these invalid labels in each sample.</summary>
    public void Forward(LossProblem? problem = null, params ReadOnlySpan<double> invalid)
    {
        var call = problem ?? Problem;
        Count(call.Shape, invalid);
        Engine.Reduce(call, Tensors, Scratch, (nint)statistics, values: 0, new ScoreCall(ScoreOf(call), Weights, Loss));
    }

    public void Backward(LossProblem? problem = null)
    {
        var call = problem ?? Problem;
        Engine.ScoreGradient(ScoreOf(call), Weights, (nint)statistics, Loss, Coefficients);
        Engine.Spread(call, Tensors, Coefficients, seeds: 0, Gradient);
    }

    /// <summary>A reduction without a loss that counted these invalid voxels in each sample.</summary>
    public void Reduce(LossProblem problem, params ReadOnlySpan<double> invalid)
    {
        Count(problem.Shape, invalid);
        Engine.Reduce(problem, Tensors, Scratch, (nint)statistics, Values);
    }

    public void Spread(LossProblem problem) => Engine.Spread(problem, Tensors, Coefficients, Values, Gradient);

    private static ScoreProblem ScoreOf(LossProblem problem) => new(Definition, problem.Shape, problem.Logits);

    public void Dispose() => NativeMemory.Free(statistics);

    private void Count(LogitsShape shape, ReadOnlySpan<double> invalid)
    {
        var layout = new StatisticsLayout(shape.Classes);
        for (var sample = 0; sample < shape.Samples; sample++)
            statistics[layout.InvalidLabels(sample)] = sample < invalid.Length ? invalid[sample] : 0;
    }
}
