using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>The running sums of one class over a tile.</summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal struct ClassSums<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    /// <summary>Σ p·t.</summary>
    public CompensatedSum<TLanes> Intersection;

    /// <summary>Σ p or Σ p².</summary>
    public CompensatedSum<TLanes> Prediction;

    /// <summary>Σ of the cross-entropy to the base 2 over the voxels of the class, where it is weighted.</summary>
    public CompensatedSum<TLanes> CrossEntropy;
}

/// <summary>
/// The running cross-entropy of a tile without weights. That of a voxel is log Σ exp(x_c) - x_y. Instead of one logarithm per voxel, the sums Σ exp are
/// multiplied together, their exponents split off before they overflow, and the logarithm of the product is taken once at the end of the tile.
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
        product = TLanes.Broadcast(1),
        exponentOfProduct = TLanes.Broadcast(0),
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
        ownOfBlock = TLanes.Broadcast(0);
    }

    /// <summary>Σ of the cross-entropy to the base 2. Where all voxels are certain what rounding leaves of it may be less than 0, which it is not.</summary>
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

/// <summary>The running sums of one tile, in memory that one worker owns, and their end as a row of statistics.</summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal readonly unsafe struct ReduceSums<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    private readonly int classes;

    /// <summary>The sums of every class.</summary>
    public readonly ClassSums<TLanes>* Classes;

    /// <summary>The cross-entropy without weights.</summary>
    public readonly CrossEntropySums<TLanes>* CrossEntropy;

    /// <summary>The loss of the voxels of each class in the blocks of <see cref="WideSoftmaxKernel{TLanes}"/>, to the base e and without weights.</summary>
    public readonly double* WideCrossEntropy;

    /// <summary>The number of voxels of each class.</summary>
    public readonly long* Target;

    /// <summary>The number of labels that name no class and are not ignored.</summary>
    public readonly long* InvalidLabels;

    /// <summary>Lays the sums out in <paramref name="scratch"/>.</summary>
    public ReduceSums(ScratchMemory scratch, int classes)
    {
        this.classes = classes;
        Classes = scratch.Take<ClassSums<TLanes>>(classes);
        CrossEntropy = scratch.Take<CrossEntropySums<TLanes>>(1);
        WideCrossEntropy = scratch.Take<double>(classes);
        Target = scratch.Take<long>(classes);
        InvalidLabels = scratch.Take<long>(1);
    }

    /// <summary>The scratch bytes of the sums.</summary>
    public static long ScratchSize(int classes) =>
        ScratchMemory.SizeOf<ClassSums<TLanes>>(classes) + ScratchMemory.SizeOf<CrossEntropySums<TLanes>>(1)
        + ScratchMemory.SizeOf<double>(classes) + ScratchMemory.SizeOf<long>(classes) + ScratchMemory.SizeOf<long>(1);

    /// <summary>Starts a tile.</summary>
    public void Clear()
    {
        new Span<byte>(Classes, classes * sizeof(ClassSums<TLanes>)).Clear();
        new Span<double>(WideCrossEntropy, classes).Clear();
        new Span<long>(Target, classes).Clear();
        *CrossEntropy = CrossEntropySums<TLanes>.Empty;
        *InvalidLabels = 0;
    }

    /// <summary>Ends a tile.</summary>
    /// <param name="row">Receives the statistics of the tile, in the order of <see cref="StatisticsLayout"/>.</param>
    /// <param name="weights">The class weights where cross-entropy was summed per class, null where it was summed over all.</param>
    public void Finish(Span<double> row, double* weights)
    {
        var layout = new StatisticsLayout(classes);
        var crossEntropy = weights == null ? CrossEntropy->Total() * LaneMath.LogOf2 : 0;
        var voxels = 0L;
        for (var c = 0; c < classes; c++)
        {
            row[(int)layout.Intersection(0, c)] = Classes[c].Intersection.Total();
            row[(int)layout.Prediction(0, c)] = Classes[c].Prediction.Total();
            row[(int)layout.Target(0, c)] = Target[c];
            voxels += Target[c];
            var ofClass = WideCrossEntropy[c];
            if (weights != null)
                ofClass = weights[c] * (ofClass + Math.Max(0, Classes[c].CrossEntropy.Total()) * LaneMath.LogOf2);
            crossEntropy += ofClass;
        }

        row[(int)layout.CrossEntropy(0)] = crossEntropy;
        row[(int)layout.Voxels(0)] = voxels;
        row[(int)layout.InvalidLabels(0)] = *InvalidLabels;
    }
}
