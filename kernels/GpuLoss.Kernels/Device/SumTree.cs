using ILGPU;
using ILGPU.Util;

namespace GpuLoss.Kernels.Device;

/// <summary>Which of the sums of a class.</summary>
internal enum ClassSum
{
    /// <summary>I.</summary>
    Intersection,

    /// <summary>P.</summary>
    Prediction,

    /// <summary>T.</summary>
    Target,
}

/// <summary>
/// The classes of a voxel in registers with their targets, their predictions and what is made of them: what
/// <see cref="IClassTree{TVector}"/> is for class indices alone. Leaves that are no classes have a logit of -infinity, a target of 0 and
/// factors of 0.
/// </summary>
internal interface ISumTree
{
    /// <summary>The number of leaves.</summary>
    int Count { get; }

    /// <summary>The smallest power of 2 that is not less.</summary>
    int Span { get; }

    /// <summary>Sets the sums to 0.</summary>
    void Clear();

    /// <summary>Loads logits and targets of a voxel; those of one that does not exist are 0, whatever they were.</summary>
    void Load<TLogits>(TLogits logits, SumVoxel voxel, int @class, int classes)
        where TLogits : struct, ILogitsMemory<OneVoxel>;

    /// <summary>The targets that must not be.</summary>
    int CountInvalid();

    /// <summary>The largest logit.</summary>
    float Largest(float largest);

    /// <summary>Replaces the logits by their distances from the largest and takes exponentials.</summary>
    void Exponentiate(float largest);

    /// <summary>The sum of the exponentials but those that are 1.</summary>
    float SumOfOthers(float sum);

    /// <summary>How many classes have the largest logit.</summary>
    float CountLargest(float count);

    /// <summary>Adds the voxel to all sums.</summary>
    /// <returns>The voxel term so far, without the weight of the voxel.</returns>
    float Accumulate<TActivation>(SumRules rules, SumSoftmax softmax, float weight, float term, int @class)
        where TActivation : struct, ISumActivation;

    /// <summary>A sum over the lanes whose numbers agree in their lowest bits, those that a <see cref="Span"/> has. They are the
    /// class.</summary>
    float Fold(ClassSum sum);

    /// <summary>Takes the derivatives of all classes.</summary>
    void Differentiate<TActivation>(SumRules rules, SumSoftmax softmax, float weight, int @class)
        where TActivation : struct, ISumActivation;

    /// <summary>Adds Σ p·g to <paramref name="mean"/>.</summary>
    float Mean(float mean);

    /// <summary>Adds Σ p·(g - mean) to <paramref name="rest"/>.</summary>
    float Rest(float mean, float rest);

    /// <summary>Adds the voxel term's derivatives.</summary>
    float Terms(float terms);

    /// <summary>Writes the gradient.</summary>
    /// <param name="gradient">Receives it.</param>
    /// <param name="voxel">Where.</param>
    /// <param name="mean">With the softmax Σ p·g, else 0.</param>
    /// <param name="rest">With the softmax Σ p·(g - mean), else 0.</param>
    /// <param name="terms">With the softmax the sum of the voxel term's derivatives.</param>
    /// <param name="class">The first class of the tree.</param>
    /// <param name="classes">The classes from here on do not exist.</param>
    void Store<TLogits, TActivation>(TLogits gradient, SumVoxel voxel, float mean, float rest, float terms, int @class, int classes)
        where TLogits : struct, ILogitsMemory<OneVoxel>
        where TActivation : struct, ISumActivation;
}

/// <summary>Two subtrees.</summary>
/// <typeparam name="TLow">The lower classes, a power of 2 and no fewer than the higher ones.</typeparam>
/// <typeparam name="THigh">The higher classes.</typeparam>
internal struct SumNode<TLow, THigh> : ISumTree
    where TLow : struct, ISumTree
    where THigh : struct, ISumTree
{
#pragma warning disable CS0649 // A tree is made as default(TTree) and filled leaf by leaf.
    private TLow low;
    private THigh high;
#pragma warning restore CS0649

    /// <inheritdoc/>
    public readonly int Count => low.Count + high.Count;

    /// <inheritdoc/>
    public readonly int Span => 2 * low.Count;

    /// <inheritdoc/>
    public void Clear()
    {
        low.Clear();
        high.Clear();
    }

    /// <inheritdoc/>
    public void Load<TLogits>(TLogits logits, SumVoxel voxel, int @class, int classes)
        where TLogits : struct, ILogitsMemory<OneVoxel>
    {
        low.Load(logits, voxel, @class, classes);
        high.Load(logits, voxel, @class + low.Count, classes);
    }

    /// <inheritdoc/>
    public readonly int CountInvalid() => low.CountInvalid() + high.CountInvalid();

    /// <inheritdoc/>
    public readonly float Largest(float largest) => high.Largest(low.Largest(largest));

    /// <inheritdoc/>
    public void Exponentiate(float largest)
    {
        low.Exponentiate(largest);
        high.Exponentiate(largest);
    }

    /// <inheritdoc/>
    public readonly float SumOfOthers(float sum) => high.SumOfOthers(low.SumOfOthers(sum));

    /// <inheritdoc/>
    public readonly float CountLargest(float count) => high.CountLargest(low.CountLargest(count));

    /// <inheritdoc/>
    public float Accumulate<TActivation>(SumRules rules, SumSoftmax softmax, float weight, float term, int @class)
        where TActivation : struct, ISumActivation
    {
        var ofLow = low.Accumulate<TActivation>(rules, softmax, weight, term, @class);
        return high.Accumulate<TActivation>(rules, softmax, weight, ofLow, @class + low.Count);
    }

    /// <inheritdoc/>
    public readonly float Fold(ClassSum sum)
    {
        var (ofLow, ofHigh) = (low.Fold(sum), WarpSum.Across(high.Fold(sum), high.Span, low.Count));
        return WarpSum.Halves(ofLow, ofHigh, low.Count);
    }

    /// <inheritdoc/>
    public void Differentiate<TActivation>(SumRules rules, SumSoftmax softmax, float weight, int @class)
        where TActivation : struct, ISumActivation
    {
        low.Differentiate<TActivation>(rules, softmax, weight, @class);
        high.Differentiate<TActivation>(rules, softmax, weight, @class + low.Count);
    }

    /// <inheritdoc/>
    public readonly float Mean(float mean) => high.Mean(low.Mean(mean));

    /// <inheritdoc/>
    public readonly float Rest(float mean, float rest) => high.Rest(mean, low.Rest(mean, rest));

    /// <inheritdoc/>
    public readonly float Terms(float terms) => high.Terms(low.Terms(terms));

    /// <inheritdoc/>
    public readonly void Store<TLogits, TActivation>(
        TLogits gradient, SumVoxel voxel, float mean, float rest, float terms, int @class, int classes)
        where TLogits : struct, ILogitsMemory<OneVoxel>
        where TActivation : struct, ISumActivation
    {
        low.Store<TLogits, TActivation>(gradient, voxel, mean, rest, terms, @class, classes);
        high.Store<TLogits, TActivation>(gradient, voxel, mean, rest, terms, @class + low.Count, classes);
    }
}
