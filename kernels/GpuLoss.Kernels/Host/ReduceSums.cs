using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>The running sums of one class over a tile.</summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal struct ClassSums<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    /// <summary>I.</summary>
    public CompensatedSum<TLanes> Intersection;

    /// <summary>P.</summary>
    public CompensatedSum<TLanes> Prediction;

    /// <summary>T, where it is not counted.</summary>
    public CompensatedSum<TLanes> Target;

    /// <summary>With the sigmoid, the part of the voxel term that is a logarithm of products, before the factor of the class.</summary>
    public ProductLogarithm<TLanes> Logarithm;

    /// <summary>Without a softmax, the rest of it, times <see cref="ReduceSums{TLanes}.TermScale"/>.</summary>
    public CompensatedSum<TLanes> Term;
}

/// <summary>
/// The logarithm of a running product of numbers from 1 on, which are given less 1: so what they are more keeps its digits, and so does the
/// product until it is 2. From there on its exponent is split off. The logarithm is taken once, at the end.
/// </summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal struct ProductLogarithm<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    private TLanes beyondOne;
    private TLanes exponents;

    /// <summary>Multiplies every lane by a number.</summary>
    /// <param name="factorBeyondOne">The number less 1; far from overflow.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Multiply(TLanes factorBeyondOne)
    {
        var one = TLanes.Of(1);
        var grown = TLanes.MultiplyAdd(beyondOne, factorBeyondOne, beyondOne + factorBeyondOne);
        exponents += TLanes.SelectLess(grown, one, TLanes.Of(0), TLanes.Exponent(grown + one));
        beyondOne = TLanes.SelectLess(grown, one, grown, TLanes.Mantissa(grown + one) - one);
    }

    /// <summary>The natural logarithm of the product of all lanes.</summary>
    public readonly double Total() => TLanes.Sum(TLanes.LogOnePlus(beyondOne)) + TLanes.Sum(exponents) * LaneMath.LogOf2;
}

/// <summary>
/// The running cross-entropy of a tile without weights. That of a voxel is log Σ exp(x_c) - x_y. Instead of one logarithm per voxel, the
/// sums Σ exp are multiplied together, their exponents split off before they overflow, and the logarithm of the product is taken once at
/// the end of the tile.
/// </summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal unsafe struct CrossEntropySums<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    private TLanes product;
    private TLanes exponentOfProduct;
    private TLanes ownOfBlock;
    private CompensatedSum<TLanes> own;

    /// <summary>Starts a tile.</summary>
    public static CrossEntropySums<TLanes> Empty => new()
    {
        product = TLanes.Of(1),
        exponentOfProduct = TLanes.Of(0),
    };

    /// <summary>
    /// Adds a quad of voxels. Each Σ exp is in [1, C], give or take a rounding, so four of them and a mantissa are far from overflow.
    /// </summary>
    /// <param name="sum">Σ exp of each voxel; 1 where it does not count.</param>
    /// <param name="exponents">The exponent of the voxel's own class; 0 where it does not count.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(Quad<TLanes> sum, Quad<TLanes> exponents)
    {
        var grown = product * Quad<TLanes>.Product(sum);
        exponentOfProduct += TLanes.Exponent(grown);
        product = TLanes.Mantissa(grown);
        ownOfBlock += Quad<TLanes>.Sum(exponents);
    }

    /// <summary>Ends a block.</summary>
    public void EndBlock()
    {
        own.Add(ownOfBlock);
        ownOfBlock = TLanes.Of(0);
    }

    /// <summary>Σ of the cross-entropy to the base 2. Where all voxels are certain what rounding leaves of it may be less than 0, which it
    /// is not.</summary>
    public readonly double Total()
    {
        var mantissas = stackalloc byte[TLanes.Count * TLanes.ScalarSize];
        TLanes.Store(product, mantissas);
        var log2 = TLanes.Sum(exponentOfProduct) - own.Total();
        for (var i = 0; i < TLanes.Count; i++)
            log2 += Math.Log2(TLanes.ScalarSize == sizeof(float) ? ((float*)mantissas)[i] : ((double*)mantissas)[i]);
        return Math.Max(0, log2);
    }
}

/// <summary>The running sums of one tile and one sum of a pass, in memory that one worker owns, and their end as a row of
/// statistics.</summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal readonly unsafe struct ReduceSums<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    /// <summary>
    /// What voxel terms are multiplied by before they are added up: a power of 2, so that no digit changes, and the sum of the largest
    /// numbers of a tile is none that is too large.
    /// </summary>
    public const double TermScale = 1.0 / 4096;

    private readonly int classes;

    /// <summary>The sums of every class.</summary>
    public readonly ClassSums<TLanes>* Classes;

    /// <summary>The cross-entropy whose logarithms are taken of products.</summary>
    public readonly CrossEntropySums<TLanes>* Product;

    /// <summary>The voxel terms that are computed one by one, times <see cref="TermScale"/>.</summary>
    public readonly CompensatedSum<TLanes>* Term;

    /// <summary>Lays the sums out in <paramref name="scratch"/>.</summary>
    public ReduceSums(ScratchMemory scratch, int classes)
    {
        this.classes = classes;
        Classes = scratch.Take<ClassSums<TLanes>>(classes);
        Product = scratch.Take<CrossEntropySums<TLanes>>(1);
        Term = scratch.Take<CompensatedSum<TLanes>>(1);
    }

    /// <summary>The scratch bytes of the sums.</summary>
    public static long ScratchSize(int classes) =>
        ScratchMemory.SizeOf<ClassSums<TLanes>>(classes) + ScratchMemory.SizeOf<CrossEntropySums<TLanes>>(1)
        + ScratchMemory.SizeOf<CompensatedSum<TLanes>>(1);

    /// <summary>Starts a tile.</summary>
    public void Clear()
    {
        new Span<byte>(Classes, classes * sizeof(ClassSums<TLanes>)).Clear();
        *Product = CrossEntropySums<TLanes>.Empty;
        *Term = default;
    }

    /// <summary>Ends a tile.</summary>
    /// <param name="row">Receives the statistics of the tile, in the order of <see cref="StatisticsLayout"/>.</param>
    /// <param name="sum">The sum.</param>
    /// <param name="counts">What was counted in the tile.</param>
    public void Finish(Span<double> row, in HostSum sum, in VoxelCounts counts)
    {
        var layout = new StatisticsLayout(classes);

        // Where all voxels are certain what rounding leaves of a cross-entropy may be less than 0, which that is not.
        var term = Product->Total() * LaneMath.LogOf2 + Math.Max(0, Term->Total() / TermScale);
        for (var c = 0; c < classes; c++)
        {
            row[(int)layout.Intersection(0, c)] = Classes[c].Intersection.Total();
            row[(int)layout.Prediction(0, c)] = Classes[c].Prediction.Total();
            row[(int)layout.Target(0, c)] = counts.OfClass(c) + Classes[c].Target.Total();
            if (sum.Definition.Activation != Activation.Softmax && sum.Definition.HasVoxelTerm != 0)
                term += (sum.Positive == null ? 1 : sum.Positive[c]) * Classes[c].Logarithm.Total() + Classes[c].Term.Total() / TermScale;
        }

        row[(int)layout.VoxelTerm(0)] = term;
        row[(int)layout.Voxels(0)] = counts.Voxels;
        row[(int)layout.InvalidLabels(0)] = counts.Invalid;
    }
}

/// <summary>What is counted in a tile, the same for all sums.</summary>
/// <param name="scratch">Where the memory comes from.</param>
/// <param name="classes">C.</param>
internal unsafe struct VoxelCounts(ScratchMemory scratch, int classes)
{
    private readonly int labels = Math.Max(classes, 2);

    /// <summary>The number of voxels of each label.</summary>
    public readonly long* Labels = scratch.Take<long>(Math.Max(classes, 2));

    /// <summary>The sum of the weights of the voxels that are not in <see cref="Labels"/>.</summary>
    public double Weights;

    /// <summary>The number of labels that name no class and are not ignored, of weights that are none, of numbers that are no
    /// probabilities.</summary>
    public long Invalid;

    /// <summary>The number of voxels, or the sum of their weights.</summary>
    public readonly double Voxels
    {
        get
        {
            var voxels = 0L;
            for (var label = 0; label < labels; label++)
                voxels += Labels[label];
            return voxels + Weights;
        }
    }

    /// <summary>The scratch bytes of the counts.</summary>
    public static long ScratchSize(int classes) => ScratchMemory.SizeOf<long>(Math.Max(classes, 2));

    /// <summary>The number of voxels of a class. Where there is one class its voxels are labelled 1, and the others 0.</summary>
    public readonly long OfClass(int @class) => Labels[classes == 1 ? 1 : @class];

    /// <summary>Starts a tile.</summary>
    public void Clear()
    {
        new Span<long>(Labels, labels).Clear();
        (Weights, Invalid) = (0, 0);
    }
}
