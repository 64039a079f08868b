using Activation = GpuLoss.nn.Activation;
using Reduction = TorchSharp.torch.nn.Reduction;

namespace GpuLossTests;

/// <content>The tables of MCCLoss and AsymmetricUnifiedFocalLoss.</content>
internal static partial class MonaiCases
{
    private static IEnumerable<MonaiCase> Correlation()
    {
        const double relative = 1e-4;
        Loss Make(Activation activation, bool background = true, bool batch = false, Reduction reduction = Reduction.Mean) =>
            Fused.MCCLoss(background, batch, reduction: reduction, activation: activation);
        var diagonal = Single([1, 1, 2, 2], [1, 0, 0, 1]);
        var (ones, zeros) = (Single([1, 1, 3, 3], [.. Enumerable.Repeat(1.0, 9)]), Single([1, 1, 3, 3], new double[9]));
        return
        [
            new("mcc, sigmoid", () => Make(Activation.Sigmoid), Cross, CrossTarget, [0.733197], relative),
            new("mcc, sigmoid, two samples", () => Make(Activation.Sigmoid), TwoCrosses, TwoCrossesTarget, [1], relative),
            new("mcc, perfect", () => Make(Activation.None), diagonal, diagonal, [0], relative),
            new("mcc, all wrong", () => Make(Activation.None), Single([1, 1, 2, 2], [0, 1, 1, 0]), diagonal, [2], relative),
            new("mcc, perfect, no background", () => Make(Activation.None, background: false), Hard, HardLabels, [0], relative),
            new("mcc, sigmoid, labels", () => Make(Activation.Sigmoid), Logits, LogitsLabels, [0.836617], relative),
            new("mcc, sigmoid, batch", () => Make(Activation.Sigmoid, batch: true), Logits, LogitsLabels, [0.845961], relative),
            new("mcc, sigmoid, sum", () => Make(Activation.Sigmoid, reduction: Reduction.Sum), Logits, LogitsLabels, [3.346468], relative),
            new("mcc, softmax", () => Make(Activation.Softmax), Logits, LogitsLabels, [0.730736], relative),
            new(
                "mcc, softmax, none", () =>
                    Make(Activation.Softmax, reduction: Reduction.None), Logits, LogitsLabels, [0.461472, 0.461472, 1, 1],
                relative),
            new("mcc, everywhere and found", () => Make(Activation.None), ones, ones, [0], relative),
            new("mcc, absent and not found", () => Make(Activation.None), zeros, zeros, [0], relative),
        ];
    }

    /// <summary>MONAI makes the one-hot code of one channel itself.</summary>
    private static IEnumerable<MonaiCase> UnifiedFocal()
    {
        const double tolerance = 1e-4;
        var square = Single([2, 2, 2, 2], [0, 1, 1, 0, 1, 0, 0, 1, 0, 1, 1, 0, 1, 0, 0, 1]);
        return
        [
            new(
                "unified focal, perfect", () =>
                    Fused.AsymmetricUnifiedFocalLoss(activation: Activation.None), square, square, [0], tolerance, tolerance),
            new(
                "unified focal, perfect labels", () => Fused.AsymmetricUnifiedFocalLoss(activation: Activation.None), square,
                Labels([2, 1, 2, 2], [1, 0, 0, 1, 1, 0, 0, 1]), [0], tolerance, tolerance),
        ];
    }
}
