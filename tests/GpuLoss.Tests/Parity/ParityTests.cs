using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;

namespace GpuLossTests.Parity;

/// <summary>
/// The table of losses, options, targets and masks against the peers' conventions in float64: hundreds of cases drawn over the grid of options. Values agree to
/// 1e-6 and gradients to 1e-6 of the largest entry; in float64 to 1e-11.
/// </summary>
public class ParityTests : HostPath
{
    private const int CasesPerLoss = 45;

    public static TheoryData<string> Losses =>
    [
        "dice", "jaccard", "tversky", "focal tversky", "log dice", "generalized dice", "ce", "topk", "bce", "softmax focal", "sigmoid focal", "dice + ce",
        "dice + focal", "generalized dice + focal", "dice + bce", "dice + topk", "mixed",
    ];

    [Theory]
    [MemberData(nameof(Losses))]
    public void A_loss_agrees_with_its_peer(string loss)
    {
        var failures = new List<string>();
        for (var seed = 0; seed < CasesPerLoss; seed++)
        {
            using var scope = NewDisposeScope();
            var @case = new ParityCase(loss, seed);
            using var criterion = @case.Criterion;
            failures.AddRange(Check(@case, criterion, seed));
        }

        Assert.True(failures.Count == 0, $"{failures.Count} of {CasesPerLoss} cases:\n{string.Join('\n', failures)}");
    }

    private static IEnumerable<string> Check(ParityCase @case, TorchSharp.Loss<Tensor, Tensor, Tensor> criterion, int seed)
    {
        var inputs = @case.Inputs(seed);
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
            yield return $"{@case.Name}: value off by {error:E2}, {actual.flatten()[0].ToDouble():R} for {expected.flatten()[0].ToDouble():R}";

        // Another factor for each value, so that none can take another's place.
        var factors = rand(expected.shape, ScalarType.Float64) + 0.5;
        var gradient = autograd.grad([(actual * factors.to_type(actual.dtype)).sum()], [inputs.Logits])[0];
        var expectedGradient = autograd.grad([(expected * factors.to_type(actual.dtype).to_type(ScalarType.Float64)).sum()], [inputs.Exact])[0];
        error = Error(gradient, expectedGradient);
        if (!(error <= tolerance))
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
