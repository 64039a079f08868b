using GpuLoss.Kernels.Objective;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>An overlap or a voxel term and the sum it is a function of.</summary>
/// <param name="Factor">Its factor.</param>
/// <param name="Definition">The term alone.</param>
/// <param name="Weights">Its class weights.</param>
/// <param name="Sum">The number of its sum.</param>
/// <param name="TopPercent">As in <see cref="TermOptions.TopPercent"/>.</param>
internal sealed record PlannedTerm(double Factor, LossDefinition Definition, ClassWeights Weights, int Sum, double? TopPercent);

/// <summary>The sums that the terms of a loss need, each once, for one number of classes and kind of target.</summary>
internal sealed class GeneralPlan : IDisposable
{
    private readonly List<SumDefinition> sums = [];
    private readonly List<(double[] Positive, double[] Negative)> factors = [];
    private readonly List<PlannedTerm> terms = [];

    private GeneralPlan()
    {
    }

    /// <summary>The terms.</summary>
    public IReadOnlyList<PlannedTerm> Terms => terms;

    /// <summary>The sums.</summary>
    public IReadOnlyList<SumDefinition> Sums => sums;

    /// <summary>Whether any term is one of probabilities, as the target's numbers have to be then. For an overlap without an activation they may be anything.</summary>
    public bool IsOfProbabilities => terms.Any(term => sums[term.Sum].Activation != Activation.None || term.Definition.HasCrossEntropy);

    /// <summary>The sums as the passes read them, float64.</summary>
    public Tensor Numbers { get; private set; } = null!;

    /// <summary>The sum whose voxel term is wanted voxel by voxel, or -1.</summary>
    public int ValueSum { get; private set; } = -1;

    /// <summary>Whether that has a value for each class.</summary>
    public bool ValuesPerClass { get; private set; }

    /// <summary>The sum of soft Dice, where metrics are asked for.</summary>
    public int SoftSum { get; private set; }

    /// <summary>The sum of hard Dice, where metrics are asked for.</summary>
    public int HardSum { get; private set; }

    /// <summary>Makes the plan.</summary>
    /// <exception cref="ArgumentException">The terms need more sums than a pass takes, or the hard Dice of one class is asked for without the
    /// sigmoid.</exception>
    public static GeneralPlan Create(IReadOnlyList<CompoundTerm> terms, torch.Device device, int classes, bool isDense, bool withMetrics)
    {
        var plan = new GeneralPlan();
        foreach (var term in terms)
            plan.Add(term, classes, isDense);
        if (withMetrics)
            plan.AddMetrics(terms[0].Options.Activation, classes);
        if (plan.sums.Count > SumDefinition.Most)
            throw new ArgumentException($"The terms need {plan.sums.Count} different sums; one pass takes {SumDefinition.Most}.", nameof(terms));
        plan.Numbers = plan.Write(device, classes);
        return plan;
    }

    /// <inheritdoc/>
    public void Dispose() => Numbers.Dispose();

    private void Add(CompoundTerm term, int classes, bool isDense)
    {
        var (definition, options) = (term.Definition, term.Options);
        if (definition.Overlap.Combination != OverlapCombination.None)
        {
            var form = options.SoftLabel && definition.Overlap.SquaredPrediction == 0 ? OverlapSums.Absolute
                : definition.Overlap.SquaredPrediction != 0 ? OverlapSums.Squared
                : OverlapSums.Product;
            terms.Add(new(
                term.Factor, definition with { CrossEntropyScale = 0 }, term.Weights, OverlapSum(options.Activation, form), TopPercent: null));
        }

        if (!definition.HasCrossEntropy)
            return;
        var weights = term.Weights.Expand(classes);
        var positive = options.PositiveWeights?.Expand(classes);

        // Of probabilities that are given, those of several classes exclude each other, and that of one has 1 - p beside it.
        var hasTwoSides = options.VoxelActivation == Activation.Sigmoid || (options.VoxelActivation == Activation.None && classes == 1);
        double OfAlpha(int c) => options.Alpha is not { } alpha ? 1 : hasTwoSides || c > 0 ? alpha : 1 - alpha;
        var sum = VoxelSum(
            new SumDefinition
            {
                Activation = options.VoxelActivation,
                HasVoxelTerm = 1,
                Gamma = definition.FocalGamma,
                Poly = options.Poly,
                LabelSmoothing = options.LabelSmoothing,
            },
            [.. weights.Select((weight, c) => weight * (positive?[c] ?? 1) * OfAlpha(c))],
            [.. weights.Select(weight => hasTwoSides ? weight * (1 - options.Alpha ?? 1) : 0)]);
        if (options.TopPercent is not null || options.Unreduced)
        {
            if (ValueSum >= 0 && ValueSum != sum)
                throw new ArgumentException("Terms of the largest voxels have to agree in everything but their percentage.", nameof(term));
            (ValueSum, ValuesPerClass) = (sum, options.UnreducedPerClass);
        }

        terms.Add(new(
            term.Factor,
            definition with
            {
                Overlap = default,
                VoxelFactorsApart = 1,
                VoxelMean = isDense && definition.VoxelMean == VoxelMean.Weights ? VoxelMean.Voxels : definition.VoxelMean,
            },
            term.Weights, sum, options.TopPercent));
    }

    private void AddMetrics(Activation activation, int classes)
    {
        SoftSum = sums.FindIndex(sum => sum.Overlap is OverlapSums.Product or OverlapSums.Absolute && sum.Activation == activation);
        if (SoftSum < 0)
            SoftSum = OverlapSum(activation, OverlapSums.Product);
        HardSum = OverlapSum(
            activation == Activation.Sigmoid ? Activation.AboveHalf
                : classes > 1 ? Activation.LargestClass
                : throw new ArgumentException("Hard Dice of one class takes the sigmoid.", nameof(activation)),
            OverlapSums.Product);
    }

    private int OverlapSum(Activation activation, OverlapSums form)
    {
        var index = sums.FindIndex(sum => sum.Activation == activation && (sum.Overlap == form || sum.Overlap == OverlapSums.None));
        if (index < 0)
            return Append(new SumDefinition { Activation = activation, Overlap = form }, [], []);
        sums[index] = sums[index] with { Overlap = form };
        return index;
    }

    private int VoxelSum(SumDefinition definition, double[] positive, double[] negative)
    {
        for (var i = 0; i < sums.Count; i++)
        {
            var sum = sums[i];
            if (sum.Activation != definition.Activation)
                continue;
            if (sum.HasVoxelTerm == 0)
                (sums[i], factors[i]) = (definition with { Overlap = sum.Overlap }, (positive, negative));
            else if (definition with { Overlap = sum.Overlap } != sum || !Equal(factors[i].Positive, positive) || !Equal(factors[i].Negative, negative))
                continue;
            return i;
        }

        return Append(definition, positive, negative);
    }

    private int Append(SumDefinition definition, double[] positive, double[] negative)
    {
        sums.Add(definition);
        factors.Add((positive, negative));
        return sums.Count - 1;
    }

    private static bool Equal(double[] left, double[] right) => left.AsSpan().SequenceEqual(right);

    private Tensor Write(torch.Device device, int classes)
    {
        var layout = new SumPlan(classes);
        var numbers = new double[sums.Count * layout.Stride];
        for (var i = 0; i < sums.Count; i++)
            layout.Write(numbers, i, sums[i], factors[i].Positive, factors[i].Negative);

        // A tensor made in inference mode could not be saved for a backward outside of it.
        using var normalMode = torch.inference_mode(false);
        return torch.tensor(numbers, dtype: torch.ScalarType.Float64, device: device).DetachFromDisposeScope();
    }
}
