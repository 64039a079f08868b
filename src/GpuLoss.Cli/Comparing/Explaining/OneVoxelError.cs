using TorchSharp;
using static TorchSharp.torch;
using Loss = TorchSharp.Loss<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;

namespace GpuLoss.Cli.Comparing.Explaining;

/// <summary>What one missed voxel does to a loss.</summary>
/// <param name="Loss">The loss.</param>
/// <param name="ObjectVoxels">The number of voxels of the object of which one is missed.</param>
/// <param name="Effect">The rise of the loss, as a part of its rise where the whole large object of the other sample is missed.</param>
internal sealed record VoxelError(string Loss, int ObjectVoxels, double Effect);

/// <summary>
/// The claim "getting a single pixel wrong in a tiny object can have the same effect as missing nearly a whole large object", tried: a
/// batch of two samples, one with a small object and one with a large one of the same class, all voxels predicted rightly with a logit
/// difference of 20 but those that are missed, which are predicted as background just as surely.
/// </summary>
internal static class OneVoxelError
{
    /// <summary>The voxels of a sample.</summary>
    public const int SampleVoxels = 16384;

    /// <summary>The voxels of the large object.</summary>
    public const int LargeObject = 4096;

    private const double Certainty = 10;

    /// <summary>The effect for every loss and objects of 1, 2, 4, … up to the size of the large one.</summary>
    public static IReadOnlyList<VoxelError> Measure() =>
    [
        .. LossesOfBatches.All.SelectMany(loss =>
            Enumerable.Range(0, 13).Select(power => new VoxelError(loss.Name, 1 << power, Effect(loss.Create, 1 << power)))),
    ];

    private static double Effect(Func<Loss> create, int objectVoxels)
    {
        using var loss = create();
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var truth = zeros([2, SampleVoxels], dtype: ScalarType.Int64);
        truth[0].narrow(0, 0, objectVoxels).fill_(1);
        truth[1].narrow(0, 0, LargeObject).fill_(1);
        double Of(int sample, int missed)
        {
            var predicted = truth.clone();
            predicted[sample].narrow(0, 0, missed).fill_(0);
            var logits = Certainty * (2 * stack([1 - predicted, predicted], 1).to_type(ScalarType.Float64) - 1);
            return loss.forward(logits, truth).item<double>();
        }

        var perfect = Of(0, 0);
        return (Of(0, 1) - perfect) / (Of(1, LargeObject) - perfect);
    }
}
