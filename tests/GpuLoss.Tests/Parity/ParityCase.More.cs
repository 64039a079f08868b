using TorchSharp;
using static TorchSharp.torch;
using Activation = GpuLoss.nn.Activation;
using Fused = GpuLoss.nn;
using Loss = TorchSharp.Loss<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;
using Reduction = TorchSharp.torch.nn.Reduction;

namespace GpuLossTests.Parity;

/// <content>Poly-1, correlation, unified focal losses, and voxel terms without the background or of probabilities.</content>
internal sealed partial class ParityCase
{
    private static string[] MoreLosses =>
    [
        "poly-1", "mcc", "asymmetric unified focal", "symmetric unified focal", "ce of p", "focal of p", "dice + ce of p",
        "focal of foreground", "weighed focal",
        "wasserstein dice", "wasserstein dice + dice",
    ];

    private (Loss Criterion, Func<ParityInputs, Tensor> Reference) BuildMore(
        string loss, int classes, OverlapChoice choice, double gamma, double? alpha, double smoothing)
    {
        var (epsilon, delta, share) = (Pick(-1, 0.5, 1, 3), Pick(0.6, 0.7), Pick(0.5, 0.3));
        var (power, background) = (Pick(0, 0.5, 0.75), choice.Background);
        Tensor? W(double[]? values) => values == null ? null : tensor(values);

        // Neither symmetric nor with a largest distance of 1.
        var mode = Pick(Enum.GetValues<Fused.WassersteinWeighting>());
        var distances = new double[classes, classes];
        foreach (var (row, column) in Enumerable.Range(0, classes)
            .SelectMany(row => Enumerable.Range(0, classes).Select(column => (row, column))))
            distances[row, column] = row == column ? 0 : 0.2 + 2 * random.NextDouble();

        // Without the background it may have no weight.
        var ofFocal = !background && weight != null && random.Next(2) == 0 ? weight[1..] : weight;
        var ofBackground = background || activation == Activation.Sigmoid ? alpha : null;
        return loss switch
        {
            "poly-1" => (
                Fused.Poly1Loss(epsilon, gamma, W(weight), ignoreIndex, reduction, smoothing, activation),
                x => VoxelReference.Poly1(x, activation, epsilon, gamma, weight, smoothing, reduction)),
            "mcc" => (
                Fused.MCCLoss(background, choice.Batch, W(weight), ignoreIndex, choice.Nr, choice.Dr, reduction, activation),
                x => VoxelReference.Correlation(x, choice with { Squared = false, SoftLabel = false })),
            "asymmetric unified focal" => (
                Fused.AsymmetricUnifiedFocalLoss(share, delta, power, ignoreIndex, choice.Dr, activation),
                x => VoxelReference.UnifiedFocal(x, activation, share, delta, power, choice.Dr, isSymmetric: false)),
            "symmetric unified focal" => (
                Fused.SymmetricUnifiedFocalLoss(share, delta, power, ignoreIndex, choice.Dr, activation),
                x => VoxelReference.UnifiedFocal(x, activation, share, delta, power, choice.Dr, isSymmetric: true)),
            "ce of p" => (
                Fused.CrossEntropyLoss(W(weight), ignoreIndex, reduction, smoothing, Activation.None),
                x => VoxelReference.Poly1(x, Activation.None, epsilon: 0, gamma: 0, weight, smoothing, reduction)),
            "dice + ce of p" => (
                Fused.DiceCELoss(
                    background, choice.Squared, choice.Batch, W(weight), ignoreIndex, choice.Nr, choice.Dr, Reduction.Mean, 0.7, 1.3,
                    Activation.None,
                    choice.SoftLabel, smoothing, Activation.None),
                x => 0.7 * ParityReference.Dice(x, choice with { Reduction = Reduction.Mean })
                    + 1.3 * VoxelReference.Poly1(x, Activation.None, epsilon: 0, gamma: 0, weight, smoothing, Reduction.Mean)),
            "wasserstein dice" => (
                Fused.GeneralizedWassersteinDiceLoss(tensor(distances), mode, ignoreIndex, choice.Nr, choice.Dr + choice.Nr, reduction),
                x => VoxelReference.WassersteinDice(x, distances, mode, choice.Nr, choice.Dr + choice.Nr, reduction)),
            "wasserstein dice + dice" => (
                Fused.CompoundLoss(
                    (0.6, Fused.GeneralizedWassersteinDiceLoss(tensor(distances), mode, ignoreIndex, choice.Nr, choice.Dr + choice.Nr)),
                    (1.5, Fused.DiceCELoss(background, false, choice.Batch, null, ignoreIndex, choice.Nr, choice.Dr))),
                x => 0.6 * VoxelReference.WassersteinDice(x, distances, mode, choice.Nr, choice.Dr + choice.Nr, Reduction.Mean)
                    + 1.5 * ParityReference.Dice(
                        x, choice with { Squared = false, SoftLabel = false, Reduction = Reduction.Mean, Weight = null })
                    + 1.5 * ParityReference.CrossEntropy(x, null, 0, Reduction.Mean)),
            "weighed focal" => (
                Fused.FocalLoss(gamma, alpha, W(weight), ignoreIndex, reduction),
                x => VoxelReference.Focal(x, Activation.Softmax, gamma, alpha, weight, reduction, background: true)),
            "focal of p" => (
                Fused.FocalLoss(gamma, background ? alpha : null, W(ofFocal), ignoreIndex, reduction, Activation.None, background),
                x => VoxelReference.Focal(x, Activation.None, gamma, background ? alpha : null, weight, reduction, background)),
            _ => (
                Fused.FocalLoss(gamma, ofBackground, W(ofFocal), ignoreIndex, reduction, activation, background),
                x => VoxelReference.Focal(x, activation, gamma, ofBackground, weight, reduction, background)),
        };
    }
}
