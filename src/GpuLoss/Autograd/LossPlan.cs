using System.Runtime.InteropServices;
using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Objective;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>A term and the sum it is a function of.</summary>
/// <param name="Factor">Its factor.</param>
/// <param name="Definition">The overlap, the voxel term, or both where one sum has them.</param>
/// <param name="Weights">Its class weights.</param>
/// <param name="Sum">The number of its sum.</param>
/// <param name="TopPercent">As in <see cref="TermOptions.TopPercent"/>.</param>
internal sealed record PlannedTerm(double Factor, LossDefinition Definition, ClassWeights Weights, int Sum, double? TopPercent);

/// <summary>The sums that the terms of a loss need, each once, for one number of classes and kind of target.</summary>
internal sealed class LossPlan : IDisposable
{
    private readonly List<SumDefinition> sums = [];
    private readonly List<(double[] Positive, double[] Negative)> factors = [];
    private readonly List<PlannedTerm> terms = [];
    private readonly List<double[]> distances = [];
    private readonly int classes;
    private readonly bool isDense;

    private LossPlan(int classes, bool isDense) => (this.classes, this.isDense) = (classes, isDense);

    /// <summary>The terms.</summary>
    public IReadOnlyList<PlannedTerm> Terms => terms;

    /// <summary>The sums.</summary>
    public IReadOnlyList<SumDefinition> Sums => sums;

    /// <summary>Whether any term is one of probabilities, as the target's numbers have to be then. For an overlap without an activation
    /// they may be anything.</summary>
    public bool IsOfProbabilities { get; private set; }

    /// <summary>Where the sums are described for the passes; the class weights of the terms follow. float64.</summary>
    public nint Address { get; private set; }

    /// <summary>That memory on a GPU, which a node keeps: its plan may be disposed before its backward. Null on the host.</summary>
    public Tensor? OnDevice { get; private set; }

    /// <summary>The sum whose voxel term is wanted voxel by voxel, or -1.</summary>
    public int ValueSum { get; private set; } = -1;

    /// <summary>Whether that has a value for each class.</summary>
    public bool ValuesPerClass { get; private set; }

    /// <summary>Whether the values are what a call returns.</summary>
    public bool IsUnreduced { get; private set; }

    /// <summary>The sum of soft Dice, where metrics are asked for.</summary>
    public int SoftSum { get; private set; }

    /// <summary>The sum of hard Dice, where metrics are asked for.</summary>
    public int HardSum { get; private set; }

    /// <summary>Whether the loss is one term of one sum as it is.</summary>
    public bool IsOneScore => sums.Count == 1 && terms is [{ Factor: 1, TopPercent: null }] && !IsUnreduced;

    /// <summary>The plan's memory on the host: not moved, and there as long as the plan.</summary>
    private double[]? OnHost { get; set; }

    /// <summary>Makes the plan.</summary>
    /// <exception cref="ArgumentException">The terms need more sums than a pass takes, or the hard Dice of one class is asked for without
    /// the sigmoid.</exception>
    public static LossPlan Create(IReadOnlyList<LossTerm> terms, torch.Device device, int classes, bool isDense, bool withMetrics)
    {
        var plan = new LossPlan(classes, isDense);
        foreach (var term in terms)
            plan.Add(term);
        if (withMetrics)
            plan.AddMetrics(terms[0].Options.Activation);
        if (plan.sums.Count > SumDefinition.Most)
            throw new ArgumentException(
                $"The terms need {plan.sums.Count} different sums; one pass takes {SumDefinition.Most}.", nameof(terms));
        plan.IsOfProbabilities =
            plan.terms.Any(term => plan.sums[term.Sum].Activation != Activation.None || term.Definition.HasVoxelTerm);
        plan.Write(device);
        return plan;
    }

    /// <summary>The address of the class weights of a term, float64 [C].</summary>
    public nint WeightsOf(int term) => Address + ((nint)FirstWeight + term * classes) * sizeof(double);

    /// <summary>Where the class weights of the terms begin: behind the sums and the distances.</summary>
    private int FirstWeight => checked(sums.Count * new SumPlan(classes).Stride + distances.Count * classes * classes);

    /// <inheritdoc/>
    public void Dispose() => OnDevice?.Dispose();

    private void Add(LossTerm term)
    {
        var options = term.Options;
        var ofOverlap = !term.HasOverlap ? -1 : options.Distances is { } between ? DistanceSum(options.Activation, between)
            : OverlapSum(options.Activation, FormOf(term));
        var ofVoxels = term.Definition.HasVoxelTerm ? VoxelSum(term) : -1;
        var isMean = term.Definition.VoxelMean == VoxelMean.Weights && isDense;
        var definition = term.Definition with { VoxelMean = isMean ? VoxelMean.Voxels : term.Definition.VoxelMean };
        if (options.TopPercent is not null || options.Unreduced)
        {
            if (ValueSum >= 0 && ValueSum != ofVoxels)
                throw new ArgumentException("Terms of the largest voxels have to agree in everything but their percentage.", nameof(term));
            (ValueSum, ValuesPerClass) = (ofVoxels, options.UnreducedPerClass);
            IsUnreduced |= options.Unreduced;
        }
        else if (ofOverlap == ofVoxels)
        {
            terms.Add(new(term.Factor, definition, term.Weights, ofOverlap, TopPercent: null));
            return;
        }

        if (ofOverlap >= 0)
            terms.Add(new(term.Factor, definition with { VoxelTermScale = 0 }, term.Weights, ofOverlap, TopPercent: null));
        if (ofVoxels >= 0)
            terms.Add(new(term.Factor, definition with { Overlap = default }, term.Weights, ofVoxels, options.TopPercent));
    }

    /// <summary>With class indices and p from 0 to 1, |p| + |t| - |p - t| is 2·p·t.</summary>
    private OverlapSums FormOf(LossTerm term)
    {
        if (term.Definition.Overlap.SquaredPrediction != 0)
            return OverlapSums.Squared;
        return term.Options.SoftLabel && (isDense || term.Options.Activation == Activation.None) ? OverlapSums.Absolute
            : OverlapSums.Product;
    }

    private void AddMetrics(Activation activation)
    {
        SoftSum = sums.FindIndex(sum =>
            sum.Distances == 0 && sum.Overlap is OverlapSums.Product or OverlapSums.Absolute && sum.Activation == activation);
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
        var index = sums.FindIndex(sum =>
            sum.Distances == 0 && sum.Activation == activation && (sum.Overlap == form || sum.Overlap == OverlapSums.None));
        if (index < 0)
            return Append(new SumDefinition { Activation = activation, Overlap = form }, [], []);
        sums[index] = sums[index] with { Overlap = form };
        return index;
    }

    /// <summary>A sum of distances is one by itself. Until the plan is written it has the number of its distances, from 1, in their
    /// place.</summary>
    private int DistanceSum(Activation activation, double[] between)
    {
        var number = 1 + distances.FindIndex(one => ReferenceEquals(one, between));
        if (number > 0)
            return sums.FindIndex(sum => sum.Distances == number);
        distances.Add(between);
        return Append(new SumDefinition { Activation = activation, Overlap = OverlapSums.Product, Distances = distances.Count }, [], []);
    }

    private int VoxelSum(LossTerm term)
    {
        var options = term.Options;
        var weights = term.Weights.Expand(classes);
        var ofPositive = options.PositiveWeights?.Expand(classes);

        // Of probabilities that are given, those of several classes exclude each other, and that of one has 1 - p beside it.
        var hasTwoSides = options.VoxelActivation == Activation.Sigmoid || (options.VoxelActivation == Activation.None && classes == 1);
        double OfAlpha(int c) => options.Alpha is not { } alpha ? 1 : hasTwoSides || c > 0 ? alpha : 1 - alpha;
        double[] positive = [.. weights.Select((weight, c) => weight * (ofPositive?[c] ?? 1) * OfAlpha(c))];
        double[] negative = [.. weights.Select(weight => hasTwoSides ? weight * (1 - options.Alpha ?? 1) : 0)];
        var definition = new SumDefinition
        {
            Activation = options.VoxelActivation,
            HasVoxelTerm = 1,
            Gamma = term.Definition.FocalGamma,
            Poly = options.Poly,
            LabelSmoothing = options.LabelSmoothing,
        };
        for (var i = 0; i < sums.Count; i++)
        {
            var sum = sums[i];
            if (sum.Activation != definition.Activation || sum.Distances != 0)
                continue;
            if (sum.HasVoxelTerm == 0)
                (sums[i], factors[i]) = (definition with { Overlap = sum.Overlap }, (positive, negative));
            else if (definition with { Overlap = sum.Overlap } != sum || !Equal(factors[i].Positive, positive)
                || !Equal(factors[i].Negative, negative))
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

    private void Write(torch.Device device)
    {
        var layout = new SumPlan(classes);
        var numbers = GC.AllocateArray<double>(FirstWeight + terms.Count * classes, pinned: true);
        for (var i = 0; i < distances.Count; i++)
        {
            var (first, sum) = (sums.Count * layout.Stride + i * classes * classes, sums.FindIndex(sum => sum.Distances == i + 1));
            distances[i].CopyTo(numbers, first);
            sums[sum] = sums[sum] with { Distances = first };
        }

        for (var i = 0; i < sums.Count; i++)
            layout.Write(numbers, i, sums[i], factors[i].Positive, factors[i].Negative);
        for (var i = 0; i < terms.Count; i++)
            terms[i].Weights.Expand(classes).CopyTo(numbers, FirstWeight + i * classes);
        if (device.type == DeviceType.CPU)
        {
            OnHost = numbers;
            Address = Marshal.UnsafeAddrOfPinnedArrayElement(numbers, 0);
            return;
        }

        // A tensor made in inference mode could not be saved for a backward outside of it.
        using var normalMode = torch.inference_mode(false);
        OnDevice = torch.tensor(numbers, dtype: torch.ScalarType.Float64, device: device).DetachFromDisposeScope();
        Address = TensorMemory.AddressOf(OnDevice);
    }
}
