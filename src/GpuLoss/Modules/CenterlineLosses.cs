using GpuLoss.Kernels.Shape;
using GpuLoss.Shape;
using TorchSharp;
using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>Centerline Dice; see <see cref="nn.SoftclDiceLoss"/>.</summary>
public class SoftclDiceLoss : ShapeLossModule
{
    private const int MostIterations = 1000;

    private readonly int iterations;
    private readonly double smooth;

    internal SoftclDiceLoss(ShapeOptions options, int iter_, double smooth)
        : base(options, Reduction.Mean)
    {
        if (iter_ is < 0 or > MostIterations)
            throw new ArgumentOutOfRangeException(nameof(iter_), iter_, $"iter_ must lie between 0 and {MostIterations}.");
        iterations = iter_;
        this.smooth = LossDefinitions.Positive(smooth, nameof(smooth));
    }

    private protected override bool LeavesIgnoredEmpty => true;

    private protected override Tensor Compute(ShapeInputs inputs)
    {
        using var scope = torch.NewDisposeScope();
        return Of(SkeletonSums.Of(inputs, iterations).sum([0, 1])).MoveToOuterDisposeScope();
    }

    /// <summary>The loss of the sums over samples and classes.</summary>
    private protected virtual Tensor Of(Tensor sums)
    {
        var precision = Ratio(sums, SkeletonSum.PredictedInTarget, SkeletonSum.Predicted);
        var sensitivity = Ratio(sums, SkeletonSum.TargetInPrediction, SkeletonSum.Target);
        return 1 - 2 * (precision * sensitivity) / (precision + sensitivity);
    }

    /// <summary>The Dice loss of the sums.</summary>
    private protected Tensor Dice(Tensor sums) =>
        1 - (2 * sums[(int)SkeletonSum.Intersection] + smooth) / (sums[(int)SkeletonSum.TargetVolume] + sums[(int)SkeletonSum.Prediction]
            + smooth);

    private Tensor Ratio(Tensor sums, SkeletonSum part, SkeletonSum whole) => (sums[(int)part] + smooth) / (sums[(int)whole] + smooth);
}

/// <summary>Dice and centerline Dice; see <see cref="nn.SoftDiceclDiceLoss"/>.</summary>
public sealed class SoftDiceclDiceLoss : SoftclDiceLoss
{
    private readonly double alpha;

    internal SoftDiceclDiceLoss(ShapeOptions options, int iter_, double alpha, double smooth)
        : base(options, iter_, smooth) => this.alpha = LossDefinitions.Share(alpha, nameof(alpha));

    private protected override Tensor Of(Tensor sums) => (1 - alpha) * Dice(sums) + alpha * base.Of(sums);
}
