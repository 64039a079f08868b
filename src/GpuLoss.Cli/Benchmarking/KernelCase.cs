using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Host;
using GpuLoss.Kernels.Objective;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Cli.Benchmarking;

/// <summary>Reduce and Spread of Dice + cross-entropy by themselves, in memory that is allocated once.</summary>
internal sealed unsafe class KernelCase : IDisposable
{
    private readonly Tensor logits;
    private readonly Tensor labels;
    private readonly Tensor gradient;
    private readonly double[] statistics;
    private readonly ClassCoefficients[] coefficients;
    private readonly HostArguments arguments;

    /// <summary>Random logits [1, C, V] and labels.</summary>
    public KernelCase(int classes, long voxels)
    {
        torch.manual_seed(1);
        logits = torch.randn([1, classes, voxels]).DetachFromDisposeScope();
        labels = torch.randint(classes, [1, voxels], dtype: torch.ScalarType.Int64).DetachFromDisposeScope();
        gradient = torch.zeros_like(logits).DetachFromDisposeScope();
        statistics = new double[new StatisticsLayout(classes).Stride];
        coefficients = [.. Enumerable.Repeat(new ClassCoefficients { Intersection = -1, Constant = 0.5, VoxelTerm = 1 }, classes)];
        arguments = new HostArguments
        {
            Sums = [new HostSum { Definition = new SumDefinition { Overlap = OverlapSums.Product, HasVoxelTerm = 1 } }],
            Shape = new LogitsShape(Samples: 1, classes, voxels),
            Logits = (void*)TensorMemory.AddressOf(logits),
            LogitsType = LogitsType.Float32,
            Target = (void*)TensorMemory.AddressOf(labels),
            LabelType = LabelType.Int64,
            IgnoreIndex = -100,
        };
    }

    /// <summary>The first pass.</summary>
    public void Reduce(IThreadTeam team) => HostEngine.Reduce(arguments, team, statistics);

    /// <summary>The second pass.</summary>
    public void Spread(IThreadTeam team)
    {
        fixed (ClassCoefficients* pinned = coefficients)
            HostEngine.Spread(arguments, team, pinned, null, (void*)TensorMemory.AddressOf(gradient));
    }

    public void Dispose()
    {
        logits.Dispose();
        labels.Dispose();
        gradient.Dispose();
    }
}
