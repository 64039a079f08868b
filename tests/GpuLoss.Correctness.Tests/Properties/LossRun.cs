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
        return Of(loss.Reference(loss.Activate(exact, target, options.Ignore), options), exact);
    }

    /// <summary>Takes the gradient of a value.</summary>
    public static LossRun Of(Tensor value, Tensor logits) =>
        new(value.to_type(ScalarType.Float64).item<double>(), autograd.grad([value], [logits])[0].to_type(ScalarType.Float64));

    /// <summary>The largest entry of a gradient, without its sign.</summary>
    public static double Largest(Tensor gradient) => gradient.abs().max().item<double>();

    /// <summary>Checks that two runs in float64 are equal but for rounding.</summary>
    public static void AssertEqual(LossRun expected, LossRun actual) =>
        AssertEqual(expected.Value, expected.Gradient, actual, Largest(expected.Gradient));

    /// <summary>Checks that a run in float64 is as expected but for rounding, which for the gradient is that of its largest entry
    /// anywhere.</summary>
    public static void AssertEqual(double value, Tensor gradient, LossRun actual, double largest)
    {
        const double tolerance = 1e-11;
        var allowed = tolerance * Math.Max(1, Math.Abs(value));
        Assert.InRange(actual.Value - value, -allowed, allowed);
        Assert.Equal(gradient.shape, actual.Gradient.shape);
        Assert.InRange(Largest(actual.Gradient - gradient), 0, tolerance * largest);
    }

    /// <summary>Checks that a run is as exact as logits of a type allow.</summary>
    /// <param name="expected">What it is in float64.</param>
    /// <param name="actual">What it is.</param>
    /// <param name="type">The type of its logits.</param>
    /// <param name="terms">The number of voxels in a sum of their losses; 1 for a mean. Where a voxel is all but certain of its class, its
    /// loss is smaller than the rounding of a probability in float32, whose sum grows with the voxels.</param>
    public static void AssertRounded(LossRun expected, LossRun actual, ScalarType type, long terms = 1)
    {
        var (tolerance, ofVoxel) = type == ScalarType.Float64 ? (1e-10, 1e-14) : (1e-6, 1e-7);
        var allowedValue = tolerance * Math.Abs(expected.Value) + ofVoxel * terms;
        Assert.InRange(actual.Value - expected.Value, -allowedValue, allowedValue);

        // A 16-bit gradient is rounded once, at its own precision; the smallest number of float16 is 2^-24.
        var (rounding, smallest) = type switch
        {
            ScalarType.Float16 => (1.0 / 2048, Math.Pow(2, -25)),
            ScalarType.BFloat16 => (1.0 / 256, 0),
            _ => (0, 0),
        };
        var allowed = rounding * expected.Gradient.abs() + tolerance * Largest(expected.Gradient) + smallest;
        var excess = ((actual.Gradient - expected.Gradient).abs() - allowed).max().item<double>();
        Assert.True(excess <= 0, $"{type}: the gradient is off by {excess:E2} more than allowed");
    }
}
