using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Objective;
using GpuLoss.Kernels.Tests;

namespace GpuLoss.Bench.Gpu;

/// <summary>A loss of one sum over the softmax, and the pass that takes it.</summary>
/// <param name="Pass">The pass, but for its sum.</param>
/// <param name="Loss">The loss.</param>
internal sealed record DeviceProblem(LossProblem Pass, LossDefinition Loss)
{
    /// <summary>The pass.</summary>
    public LossProblem Pass { get; } = Pass with { Sums = [DiceCEDefinition.SumOf(Loss)] };

    /// <summary>The loss as Score takes it.</summary>
    public ScoreProblem Score => new(Loss, Pass.Shape, Pass.Logits);

    /// <summary>The same with another loss.</summary>
    public DeviceProblem With(LossDefinition loss) => new(Pass, loss);
}
