namespace GpuLoss.Kernels.Objective;

/// <summary>What I, P and T are the sums of.</summary>
internal enum OverlapSums
{
    /// <summary>I and P are not needed. T is the sum of t: the mean of a weighted cross-entropy divides by it.</summary>
    None,

    /// <summary>p·t, p and t.</summary>
    Product,

    /// <summary>p·t, p² and t² (V-Net, Milletari 2016, arXiv 1606.04797).</summary>
    Squared,

    /// <summary>
    /// (|p| + |t| - |p - t|) / 2, |p| and |t|. For p and t in [0, 1] the first is the smaller one of the two: unlike the product, it makes
    /// an overlap loss smallest where p = t even if t is neither 0 nor 1 (Wang 2023, arXiv 2303.16296).
    /// </summary>
    Absolute,
}

/// <summary>
/// One set of sums that a pass takes over the voxels: the overlap of predictions with the target, and a term that is added up voxel
/// by voxel. With t' the smoothed target and <c>f(p) = (1 - p)^γ·(-ln p + ε·(1 - p))</c>, that term is <c>Σ_c a_c·t'_c·f(p_c)</c>, and
/// without a softmax also <c>Σ_c b_c·(1 - t'_c)·f(1 - p_c)</c>: cross-entropy, focal loss, poly-1 and binary cross-entropy are choices of
/// a, b, γ and ε.
/// </summary>
internal readonly record struct SumDefinition
{
    /// <summary>The most sums of a pass.</summary>
    public const int Most = 8;

    /// <summary>The activation of both the overlap and the voxel term.</summary>
    public Activation Activation { get; init; }

    /// <summary>The sums of the overlap.</summary>
    public OverlapSums Overlap { get; init; }

    /// <summary>1 where the voxel term is summed; else 0. Decisions have none.</summary>
    public int HasVoxelTerm { get; init; }

    /// <summary>γ.</summary>
    public double Gamma { get; init; }

    /// <summary>ε, the factor of 1 - p (Leng 2022, arXiv 2204.12511).</summary>
    public double Poly { get; init; }

    /// <summary>s in t' = (1 - s)·t + s / C.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>
    /// Where distances between classes M [C, C] are, from the beginning of the plan: with the softmax and class indices, I of a class is
    /// then <c>Σ_l M[class, l]·p_l</c> over its voxels, the distance of the prediction from the label (Fidon 2017, arXiv 1707.00478,
    /// equation 6), and there is no P. 0 where there are none.
    /// </summary>
    public int Distances { get; init; }

    /// <summary>Whether the voxel term is a multiple of -ln p.</summary>
    public bool IsLogarithm => Gamma == 0 && Poly == 0;
}

/// <summary>
/// Where the sums of a pass are described in a buffer of doubles, which host and device read alike: for each sum seven numbers, the
/// a of every class, the b of every class; then the distances.
/// </summary>
/// <param name="Classes">C.</param>
internal readonly record struct SumPlan(int Classes)
{
    private const int Numbers = 7;

    /// <summary>Doubles per sum.</summary>
    public int Stride => Numbers + 2 * Classes;

    /// <summary>Doubles of a plan: the sums, and the distances of those that have any.</summary>
    public long Length(IReadOnlyList<SumDefinition> sums)
    {
        var length = (long)sums.Count * Stride;
        foreach (var sum in sums)
            length = Math.Max(length, sum.Distances == 0 ? 0 : sum.Distances + (long)Classes * Classes);
        return length;
    }

    /// <summary>Index of γ.</summary>
    public long Gamma(int sum) => (long)sum * Stride + 3;

    /// <summary>Index of a of a class.</summary>
    public long Positive(int sum, int @class) => (long)sum * Stride + Numbers + @class;

    /// <summary>Index of b of a class.</summary>
    public long Negative(int sum, int @class) => Positive(sum, @class) + Classes;

    /// <summary>Reads the definition of a sum.</summary>
    public SumDefinition Read<TInput>(TInput plan, int sum)
        where TInput : struct, IScoreInput
    {
        var first = (long)sum * Stride;
        return new SumDefinition
        {
            Activation = (Activation)(int)plan.Read(first),
            Overlap = (OverlapSums)(int)plan.Read(first + 1),
            HasVoxelTerm = (int)plan.Read(first + 2),
            Gamma = plan.Read(first + 3),
            LabelSmoothing = plan.Read(first + 4),
            Poly = plan.Read(first + 5),
            Distances = (int)plan.Read(first + 6),
        };
    }

    /// <summary>Writes the definition of a sum and the factors of its classes.</summary>
    public void Write(Span<double> plan, int sum, SumDefinition definition, ReadOnlySpan<double> positive, ReadOnlySpan<double> negative)
    {
        var row = plan.Slice(sum * Stride, Stride);
        row[0] = (int)definition.Activation;
        row[1] = (int)definition.Overlap;
        row[2] = definition.HasVoxelTerm;
        row[3] = definition.Gamma;
        row[4] = definition.LabelSmoothing;
        row[5] = definition.Poly;
        row[6] = definition.Distances;
        positive.CopyTo(row[Numbers..]);
        negative.CopyTo(row[(Numbers + Classes)..]);
    }
}
