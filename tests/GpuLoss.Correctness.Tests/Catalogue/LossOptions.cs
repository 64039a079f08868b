using CsCheck;
using Weighting = GpuLoss.nn.ClassWeighting;

namespace GpuLossTests;

/// <summary>A value for every option that any loss has; a loss takes those that it knows.</summary>
internal sealed record LossOptions
{
    /// <summary>Labels that name no class of any case, and fit every integer type and every one but Byte.</summary>
    public const long Unused = 100;
    public const long UnusedNegative = -100;

    private const int MostClasses = 1000;

    /// <summary>Ordinary and awkward values of all options.</summary>
    public static Gen<LossOptions> Any { get; } = Gen.Select(
        Gen.Select(Gen.Bool, Gen.Bool, Gen.Bool, Gen.Bool),
        Gen.Select(Gen.Bool, Gen.Int[0, 1000]),
        Gen.OneOf(UnusedNegative, Unused, 0, 1),
        Gen.OneOf((1e-5, 1e-5), (0.0, 0.0), (1.0, 1.0), (0.0, 1e-3), (0.25, 2.0)),
        Gen.Select(Gen.Double[0.05, 1.5], Gen.Double[0.05, 1.5], Gen.Double[0.3, 2.5]),
        Gen.Select(Gen.OneOf(0.0, 0.5, 1.0, 2.0, 3.7), Gen.OneOf(null, (double?)0.25, 0.9)),
        Gen.Select(Gen.Double[0, 2], Gen.Double[0.1, 2]),
        Gen.OneOf(Weighting.Square, Weighting.Simple, Weighting.Uniform),
        (flags, weight, ignore, smooth, tversky, focal, lambdas, weighting) => new LossOptions
        {
            Background = flags.Item1,
            Squared = flags.Item2,
            Batch = flags.Item3,
            Sum = flags.Item4,
            WeightSeed = weight.Item1 ? weight.Item2 : null,
            Ignore = ignore,
            Numerator = smooth.Item1,
            Denominator = smooth.Item2,
            Alpha = tversky.Item1,
            Beta = tversky.Item2,
            Power = tversky.Item3,
            FocalGamma = focal.Item1,
            FocalAlpha = focal.Item2,
            FirstLambda = lambdas.Item1,
            SecondLambda = lambdas.Item2,
            Weighting = weighting,
        });

    public bool Background { get; init; } = true;

    public bool Squared { get; init; }

    public bool Batch { get; init; }

    public bool Sum { get; init; }

    /// <summary>From which the class weights are drawn, or null for none.</summary>
    public int? WeightSeed { get; init; }

    /// <summary>What all class weights are multiplied by.</summary>
    public double WeightFactor { get; init; } = 1;

    /// <summary>Which weight a class takes, or null for its own.</summary>
    public int[]? WeightOrder { get; init; }

    public long Ignore { get; init; } = UnusedNegative;

    /// <summary>smooth_nr.</summary>
    public double Numerator { get; init; } = 1e-5;

    /// <summary>smooth_dr.</summary>
    public double Denominator { get; init; } = 1e-5;

    public double Alpha { get; init; } = 0.5;

    public double Beta { get; init; } = 0.5;

    /// <summary>The exponent of focal Tversky and logarithmic Dice.</summary>
    public double Power { get; init; } = 1;

    public double FocalGamma { get; init; } = 2;

    public double? FocalAlpha { get; init; }

    public double FirstLambda { get; init; } = 1;

    public double SecondLambda { get; init; } = 1;

    public Weighting Weighting { get; init; }

    public torch.nn.Reduction Reduction => Sum ? torch.nn.Reduction.Sum : torch.nn.Reduction.Mean;

    /// <summary>The class weights, or null for none.</summary>
    public double[]? Weights(long classes)
    {
        if (WeightSeed is not { } seed)
            return null;
        var random = new Random(seed);
        var drawn = Enumerable.Range(0, MostClasses).Select(_ => WeightFactor * (0.1 + 2 * random.NextDouble())).ToArray();
        return [.. Enumerable.Range(0, (int)classes).Select(c => drawn[WeightOrder is null ? c : WeightOrder[c]])];
    }

    /// <summary>The class weights as a factory takes them.</summary>
    public Tensor? WeightTensor(long classes) => Weights(classes) is { } weights ? tensor(weights) : null;

    /// <summary>The weights of focal loss beside which there may be an alpha.</summary>
    public double[]? FocalWeights(long classes) => FocalAlpha is { } alpha
        ? [.. Enumerable.Range(0, (int)classes).Select(c => (c == 0 ? 1 - alpha : alpha) * (Weights(classes)?[c] ?? 1))]
        : Weights(classes);
}
