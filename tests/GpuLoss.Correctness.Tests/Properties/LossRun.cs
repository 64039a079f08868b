namespace GpuLossTests;

/// <summary>The value and the gradient of a loss, both in float64.</summary>
/// <param name="Value">The value.</param>
/// <param name="Gradient">The gradient, of the shape of the logits.</param>
internal readonly record struct LossRun(double Value, Tensor Gradient)
{
    /// <summary>What the library computes.</summary>
    public static LossRun Fused(CataloguedLoss loss, LossOptions options, Tensor logits, Tensor target)
    {
        using var criterion = loss.Make(options, logits.shape[1]);
        return Of(criterion.forward(logits, target), logits);
    }

    /// <summary>What it should compute.</summary>
    public static LossRun Reference(CataloguedLoss loss, LossOptions options, Tensor logits, Tensor target)
    {
        var exact = logits.detach().to_type(ScalarType.Float64).requires_grad_(true);
        return Of(loss.Reference(ReferenceVolume.Softmax(exact, target, options.Ignore), options), exact);
    }

    /// <summary>Takes the gradient of a value.</summary>
    public static LossRun Of(Tensor value, Tensor logits) =>
        new(value.to_type(ScalarType.Float64).item<double>(), autograd.grad([value], [logits])[0].to_type(ScalarType.Float64));

    /// <summary>The largest entry of a gradient, without its sign.</summary>
    public static double Largest(Tensor gradient) => gradient.abs().max().item<double>();

    /// <summary>Checks that two runs in float64 are equal but for rounding.</summary>
    public static void AssertEqual(LossRun expected, LossRun actual, double tolerance = 1e-11)
    {
        Assert.InRange(actual.Value - expected.Value, -tolerance * Math.Max(1, Math.Abs(expected.Value)), tolerance * Math.Max(1, Math.Abs(expected.Value)));
        Assert.Equal(expected.Gradient.shape, actual.Gradient.shape);
        Assert.InRange(Largest(actual.Gradient - expected.Gradient), 0, tolerance * Largest(expected.Gradient) + 1e-300);
    }
}
