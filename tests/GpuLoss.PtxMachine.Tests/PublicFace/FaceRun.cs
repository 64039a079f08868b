using TorchSharp;
using static TorchSharp.torch;
using Loss = TorchSharp.Loss<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;

namespace GpuLoss.PtxMachine.Tests.PublicFace;

/// <summary>The value of a loss and its gradient with respect to the logits, in float64 whatever they were computed in.</summary>
internal sealed record FaceRun(double Value, Tensor Gradient)
{
    /// <summary>As on the host: of the value, and of the largest entry of the gradient.</summary>
    public const double Tolerance = 1e-6;

    /// <summary>A forward and a backward. A factor keeps the gradients of 16-bit logits above the numbers that lose digits.</summary>
    /// <param name="logits">Where the gradient goes to.</param>
    /// <param name="loss">Makes the loss of them.</param>
    /// <param name="factor">What the loss is multiplied by before the backward; the gradient is divided by it again.</param>
    public static FaceRun Of(Tensor logits, Func<Tensor, Tensor> loss, double factor = 1)
    {
        var leaf = logits.detach().requires_grad_(true);
        var value = loss(leaf);
        (factor * value).backward();
        return new FaceRun(value.to_type(ScalarType.Float64).item<double>(), leaf.grad!.to_type(ScalarType.Float64) / factor);
    }

    /// <summary>The same of the numbers that the logits hold, in float64.</summary>
    public static FaceRun Exact(Tensor logits, Func<Tensor, Tensor> loss) => Of(logits.detach().to_type(ScalarType.Float64), loss);

    /// <summary>Compares.</summary>
    /// <param name="expected">What it has to be.</param>
    /// <param name="what">What is compared, for the message.</param>
    /// <param name="rounding">What an entry of the gradient may be off by since it is rounded to 16 bits, relative to itself.</param>
    public void AssertIs(FaceRun expected, string what = "", double rounding = 0)
    {
        Assert.True(
            Math.Abs(Value - expected.Value) <= Tolerance * (1 + Math.Abs(expected.Value)),
            $"{what}: value {Value:R} for {expected.Value:R}");
        Assert.True(Gradient.shape.SequenceEqual(expected.Gradient.shape), what);
        var largest = expected.Gradient.abs().max().item<double>();
        var excess = (Gradient - expected.Gradient).abs() - rounding * expected.Gradient.abs() - Tolerance * largest - 1e-12;
        Assert.True( // NaN is no agreement
            excess.max().item<double>() <= 0,
            $"{what}: gradient off by {(Gradient - expected.Gradient).abs().max().item<double>() / largest:E2} of its largest");
    }

    /// <summary>Forward of a loss that is disposed with it.</summary>
    public static Func<Tensor, Tensor> With(Loss criterion, Tensor target, Tensor? mask = null) => logits =>
    {
        using (criterion)
        {
            return (criterion, mask) switch
            {
                (_, null) => criterion.forward(logits, target),
                (Modules.FusedLossModule fused, _) => fused.forward(logits, target, mask),
                (Modules.CompoundLoss compound, _) => compound.forward(logits, target, mask),
                _ => throw new ArgumentException("This loss takes no mask.", nameof(criterion)),
            };
        }
    };
}
