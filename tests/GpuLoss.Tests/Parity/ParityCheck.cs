using TorchSharp;
using static TorchSharp.torch;

namespace GpuLossTests.Parity;

/// <summary>Compares a case with its reference.</summary>
internal static class ParityCheck
{
    /// <summary>What is wrong, a line each.</summary>
    /// <param name="case">The case.</param>
    /// <param name="criterion">Its loss.</param>
    /// <param name="inputs">Its tensors.</param>
    /// <param name="gradientOfFloat32">What a gradient in float32 may be off by, relative to its largest entry.</param>
    public static IEnumerable<string> Failures(
        ParityCase @case, TorchSharp.Loss<Tensor, Tensor, Tensor> criterion, ParityInputs inputs, double gradientOfFloat32 = 1e-6)
    {
        var actual = Forward(criterion, inputs);
        var expected = @case.Reference(inputs);
        if (actual.dtype != @case.Type)
            yield return $"{@case.Name}: type {actual.dtype}";
        if (!actual.shape.SequenceEqual(expected.shape))
        {
            yield return $"{@case.Name}: [{string.Join(", ", actual.shape)}] for [{string.Join(", ", expected.shape)}]";
            yield break;
        }

        var tolerance = @case.Type == ScalarType.Float64 ? 1e-11 : 1e-6;
        var error = Error(actual, expected);
        if (!(error <= tolerance))
            yield return $"{@case.Name}: value off by {error:E2}, "
                + $"{actual.flatten()[0].ToDouble():R} for {expected.flatten()[0].ToDouble():R}";

        // Another factor for each value, so that none can take another's place.
        var factors = rand(expected.shape, ScalarType.Float64) + 0.5;
        var gradient = autograd.grad([(actual * factors.to_type(actual.dtype)).sum()], [inputs.Logits])[0];
        var expectedGradient =
            autograd.grad([(expected * factors.to_type(actual.dtype).to_type(ScalarType.Float64)).sum()], [inputs.Exact])[0];
        error = Error(gradient, expectedGradient);
        if (!(error <= (@case.Type == ScalarType.Float64 ? tolerance : gradientOfFloat32)))
            yield return $"{@case.Name}: gradient off by {error:E2}";
    }

    private static Tensor Forward(TorchSharp.Loss<Tensor, Tensor, Tensor> criterion, ParityInputs inputs) => (criterion, inputs.Mask) switch
    {
        (_, null) => criterion.forward(inputs.Logits, inputs.Target),
        (GpuLoss.Modules.FusedLossModule fused, _) => fused.forward(inputs.Logits, inputs.Target, inputs.Mask),
        (GpuLoss.Modules.CompoundLoss compound, _) => compound.forward(inputs.Logits, inputs.Target, inputs.Mask),
        _ => throw new ArgumentException("This loss takes no mask.", nameof(criterion)),
    };

    /// <summary>The largest error, relative to the largest entry.</summary>
    private static double Error(Tensor actual, Tensor expected)
    {
        var largest = expected.abs().max().item<double>();
        return (actual.to_type(ScalarType.Float64) - expected).abs().max().item<double>() / Math.Max(largest, 1e-30);
    }
}
