using System.Runtime.InteropServices;
using GpuLoss.Interop.Cuda;
using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Interop.Tests.Cuda;

/// <summary>The engine of a made-up GPU, and addresses to give to it. Only the statistics are memory: a forward copies its counts from there.</summary>
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
        Engine = new CudaLossEngine(new CudaDevice(Driver, ordinal, PtxCompiler.Shared.Compile));
    }

    /// <summary>Two samples of four classes.</summary>
    public static LossProblem Problem { get; } = new(
        new LossDefinition
        {
            CrossEntropyScale = 0.5,
            Overlap = new OverlapTerm { Combination = OverlapCombination.MeanOfRatios, Scale = 2, SmoothNumerator = 1e-5, FirstClass = 1 },
        },
        new LogitsShape(2, 4, 4096), LogitsType.Float32, LabelType.Int64, Layout: null, IgnoreIndex: -100, HasClassWeights: true);

    /// <summary>Three sums over two samples of four classes.</summary>
    public static GeneralProblem General { get; } = new(
        new LogitsShape(2, 4, 4096), LogitsType.Float32, TargetKind.Labels, LabelType.Int16, MaskKind.Float32, IgnoreIndex: -100, Sums: 3)
    {
        HasValues = true,
        ValuesPerClass = true,
        ValueSum = 1,
    };

    public static GeneralTensors Tensors { get; } = new(Logits, Target, Mask, Plan);

    public nint Statistics => (nint)statistics;

    public RecordingDriver Driver { get; } = new();

    public CudaLossEngine Engine { get; }

    /// <summary>A forward whose Score counted these invalid labels in each sample.</summary>
    public void Forward(LossProblem? problem = null, params ReadOnlySpan<double> invalid)
    {
        var call = problem ?? Problem;
        Count(call.Shape, invalid);
        Engine.Forward(call, Logits, Target, Weights, Scratch, (nint)statistics, Loss);
    }

    public void Backward(LossProblem? problem = null) => Engine.Backward(
        problem ?? Problem, Logits, Target, Weights, (nint)statistics, Loss, Coefficients, Gradient);

    /// <summary>A general reduction that counted these invalid voxels in each sample.</summary>
    public void ReduceGeneral(GeneralProblem problem, params ReadOnlySpan<double> invalid)
    {
        Count(problem.Shape, invalid);
        Engine.ReduceGeneral(problem, Tensors, Scratch, (nint)statistics, Values);
    }

    public void SpreadGeneral(GeneralProblem problem) => Engine.SpreadGeneral(problem, Tensors, Coefficients, Values, Gradient);

    public void Dispose() => NativeMemory.Free(statistics);

    private void Count(LogitsShape shape, ReadOnlySpan<double> invalid)
    {
        var layout = new StatisticsLayout(shape.Classes);
        for (var sample = 0; sample < shape.Samples; sample++)
            statistics[layout.InvalidLabels(sample)] = sample < invalid.Length ? invalid[sample] : 0;
    }
}
