using BenchmarkDotNet.Attributes;
using GpuLoss.Bench.Host;
using GpuLoss.Cli.Benchmarking;
using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Host;
using GpuLoss.Kernels.Objective;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Bench;

/// <summary>Reduce and Spread of Dice + cross-entropy by themselves, on torch's threads, in memory that is allocated once.</summary>
[MemoryDiagnoser]
public unsafe class KernelBenchmarks : IDisposable
{
    private Tensor logits = null!;
    private Tensor labels = null!;
    private Tensor gradient = null!;
    private HostArguments arguments;
    private double[] statistics = [];
    private ClassCoefficients[] coefficients = [];

    public static IEnumerable<string> Cases => HostCommand.Cases.Select(@case => @case.ToString());

    /// <summary>C, and the side of the cube.</summary>
    [ParamsSource(nameof(Cases))]
    public string Case { get; set; } = "";

    [GlobalSetup]
    public void Allocate()
    {
        var (classes, side) = LogitsCase.Parse(Case)!;
        torch.manual_seed(1);
        logits = torch.randn([1, classes, side, side, side]);
        labels = torch.randint(classes, [1, side, side, side], dtype: torch.ScalarType.Int64);
        gradient = torch.zeros_like(logits);
        statistics = new double[new StatisticsLayout(classes).Stride];
        coefficients = [.. Enumerable.Repeat(new ClassCoefficients { Intersection = -1, Constant = 0.5f, CrossEntropy = 1 }, classes)];
        arguments = new HostArguments
        {
            Loss = new LossDefinition
            {
                Overlap = new OverlapTerm { Combination = OverlapCombination.MeanOfRatios, Scale = 1 },
                CrossEntropyScale = 1,
            },
            Shape = new LogitsShape(Samples: 1, classes, labels.numel()),
            Logits = (float*)TensorMemory.AddressOf(logits),
            LogitsType = LogitsType.Float32,
            Labels = (void*)TensorMemory.AddressOf(labels),
            LabelType = LabelType.Int64,
            IgnoreIndex = -100,
            Weights = null,
        };
    }

    [Benchmark]
    public void Reduce() => HostEngine.Reduce(arguments, TorchThreadTeam.Current, statistics);

    [Benchmark]
    public void Spread()
    {
        fixed (ClassCoefficients* pinned = coefficients)
            HostEngine.Spread(arguments, TorchThreadTeam.Current, pinned, (float*)TensorMemory.AddressOf(gradient));
    }

    [GlobalCleanup]
    public void Dispose()
    {
        logits?.Dispose();
        labels?.Dispose();
        gradient?.Dispose();
        GC.SuppressFinalize(this);
    }
}
