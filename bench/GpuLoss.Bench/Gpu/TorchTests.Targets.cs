using GpuLoss.Kernels.Objective;
using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;
using Reduction = TorchSharp.torch.nn.Reduction;

namespace GpuLoss.Bench.Gpu;

/// <content>The losses of soft targets, of sigmoids and of weights, and unreduced ones.</content>
internal static partial class TorchTests
{
    private const double Smoothing = 0.1;

    /// <summary>Makes gradients of means large enough for float16.</summary>
    private static readonly double Upstream = Size[0] * Size[2] * Size[3] * Size[4];

    private static readonly (ScalarType Type, LogitsType Logits)[] Types =
        [(ScalarType.Float32, LogitsType.Float32), (ScalarType.Float16, LogitsType.Float16), (ScalarType.BFloat16, LogitsType.BFloat16)];

    private static readonly TargetTest[] TargetTests =
    [
        new(
            "Dice and smoothed cross-entropy of soft targets under weights",
            x => Fused.functional.dice_ce_loss(x.Logits, x.Soft, label_smoothing: Smoothing, mask: x.Mask),
            x =>
            {
                var smoothed = (1 - Smoothing) * x.Soft + Smoothing / Classes;
                var crossEntropy = -(x.Mask * smoothed * x.Logits.log_softmax(1)).sum() / x.Mask.sum();
                return Dice(x.Logits.softmax(1), x) + crossEntropy;
            }),
        new(
            "sigmoid Dice and binary cross-entropy of soft targets under weights",
            x => Fused.functional.dice_bce_loss(x.Logits, x.Soft, mask: x.Mask),
            x => Dice(x.Logits.sigmoid(), x) + (x.Mask * BinaryCrossEntropy(x.Logits, x.Soft)).sum() / (Classes * x.Mask.sum())),
        new(
            "unreduced cross-entropy of labels",
            x => (Fused.functional.cross_entropy_loss(x.Logits, x.Labels, reduction: Reduction.None) * x.Mask.squeeze(1)).mean(),
            x => (torch.nn.functional.cross_entropy(x.Logits, x.Labels, reduction: Reduction.None) * x.Mask.squeeze(1)).mean()),
        new(
            "unreduced binary cross-entropy of soft targets",
            x => (Fused.functional.bce_with_logits_loss(x.Logits, x.Soft, reduction: Reduction.None) * x.Mask).mean(),
            x => (BinaryCrossEntropy(x.Logits, x.Soft) * x.Mask).mean()),
    ];

    private static void CheckTarget(Device device, TargetTest test, ScalarType type, LogitsType logitsType)
    {
        var (logits, labels) = Data(device, ScalarType.Int64);
        var leaf = logits.to_type(type).requires_grad_(true);
        var inputs = new TargetTestInputs(leaf, labels, rand(Size).to(device), rand([Size[0], 1, .. Size[2..]]).to(device));
        var value = test.Fused(inputs);
        var gradient = autograd.grad([value * Upstream], [leaf])[0];

        var exact = inputs.Exact();
        var expected = test.Expected(exact);
        var expectedGradient = autograd.grad([expected * Upstream], [exact.Logits])[0];
        RequireSmall(Math.Abs(value.cpu().item<float>() / expected.item<double>() - 1), "value");
        var error = ((gradient.cpu().to_type(ScalarType.Float64) - expectedGradient).abs().max() / expectedGradient.abs().max())
            .item<double>();
        RequireSmall(Math.Max(0, error - ElementCodec.Rounding(logitsType)), "gradient");
    }

    private static Tensor Dice(Tensor predictions, TargetTestInputs inputs)
    {
        const double smooth = 1e-5;
        long[] space = [2, 3, 4];
        var intersection = (inputs.Mask * predictions * inputs.Soft).sum(space);
        var sizes = (inputs.Mask * predictions).sum(space) + (inputs.Mask * inputs.Soft).sum(space);
        return 1 - ((2 * intersection + smooth) / (sizes + smooth)).mean();
    }

    private static Tensor BinaryCrossEntropy(Tensor logits, Tensor target) =>
        torch.nn.functional.binary_cross_entropy_with_logits(logits, target, reduction: Reduction.None);

    /// <summary>A loss, and the same in torch's operations.</summary>
    private sealed record TargetTest(string Name, Func<TargetTestInputs, Tensor> Fused, Func<TargetTestInputs, Tensor> Expected);

    /// <summary>What a loss may take: logits, labels, numbers for every class, and voxel weights [N, 1, *S].</summary>
    private sealed record TargetTestInputs(Tensor Logits, Tensor Labels, Tensor Soft, Tensor Mask)
    {
        /// <summary>The same numbers in float64 on the CPU.</summary>
        public TargetTestInputs Exact()
        {
            static Tensor Widened(Tensor tensor) => tensor.detach().cpu().to_type(ScalarType.Float64);
            return new(Widened(Logits).requires_grad_(true), Labels.cpu(), Widened(Soft), Widened(Mask));
        }
    }
}
