using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>The running sums of one tile, in memory that one worker owns, and their end as a row of statistics.</summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal readonly unsafe struct ReduceSums<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    private readonly int classes;

    /// <summary>The sums of a register for every class.</summary>
    public readonly TLanes* Intersection;

    /// <inheritdoc cref="Intersection"/>
    public readonly TLanes* Prediction;

    /// <summary>Σ of the base-2 exponents of the voxels' own classes: one, or one per class.</summary>
    public readonly TLanes* LogOfLabel;

    private readonly TLanes* product;
    private readonly TLanes* exponentOfProduct;

    /// <summary>The number of voxels of each class.</summary>
    public readonly long* Target;

    /// <summary>The number of labels that name no class and are not ignored.</summary>
    public readonly long* InvalidLabels;

    /// <summary>Lays the sums out in <paramref name="scratch"/>.</summary>
    public ReduceSums(ScratchMemory scratch, int classes)
    {
        this.classes = classes;
        Intersection = scratch.Take<TLanes>(classes);
        Prediction = scratch.Take<TLanes>(classes);
        LogOfLabel = scratch.Take<TLanes>(classes);
        product = scratch.Take<TLanes>(classes);
        exponentOfProduct = scratch.Take<TLanes>(classes);
        Target = scratch.Take<long>(classes);
        InvalidLabels = scratch.Take<long>(1);
    }

    /// <summary>The scratch bytes of the sums.</summary>
    public static long ScratchSize(int classes) =>
        5 * ScratchMemory.SizeOf<TLanes>(classes)
        + ScratchMemory.SizeOf<long>(classes) + ScratchMemory.SizeOf<long>(1);

    /// <summary>Starts a tile.</summary>
    public void Clear()
    {
        for (var c = 0; c < classes; c++)
        {
            Intersection[c] = Prediction[c] = LogOfLabel[c] = exponentOfProduct[c] = TLanes.Broadcast(0f);
            product[c] = TLanes.Broadcast(1f);
            Target[c] = 0;
        }

        InvalidLabels[0] = 0;
    }

    /// <summary>
    /// Multiplies the product of <paramref name="group"/> by Σ exp of four voxels per lane. Each is in [1, C], give or take a rounding, so
    /// four of them and a mantissa are far from overflow for any C below 2^31.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void MultiplyIn(int group, Quad<TLanes> sum)
    {
        var grown = product[group] * Quad<TLanes>.Product(sum);
        exponentOfProduct[group] += TLanes.Exponent(grown);
        product[group] = TLanes.Mantissa(grown);
    }

    /// <summary>Ends a tile.</summary>
    /// <param name="row">Receives the statistics of the tile, in the order of <see cref="StatisticsLayout"/>.</param>
    /// <param name="weights">The class weights where cross-entropy was summed per class, null where it was summed over all.</param>
    public void Finish(Span<double> row, double* weights)
    {
        var layout = new StatisticsLayout(classes);
        for (var c = 0; c < classes; c++)
        {
            row[(int)layout.Intersection(0, c)] = TLanes.Sum(Intersection[c]);
            row[(int)layout.Prediction(0, c)] = TLanes.Sum(Prediction[c]);
            row[(int)layout.Target(0, c)] = Target[c];
        }

        var crossEntropy = 0.0;
        if (weights == null)
        {
            crossEntropy = CrossEntropyOf(0);
        }
        else
        {
            for (var c = 0; c < classes; c++)
                crossEntropy += weights[c] * CrossEntropyOf(c);
        }

        // Splitting exponent and mantissa loses a NaN on machines without an instruction for it; the probabilities have kept it.
        row[(int)layout.CrossEntropy(0)] = double.IsNaN(row[(int)layout.Prediction(0, 0)]) ? double.NaN : crossEntropy;
        row[(int)layout.InvalidLabels(0)] = InvalidLabels[0];
    }

    private double CrossEntropyOf(int group)
    {
        var mantissas = stackalloc float[TLanes.Count];
        TLanes.Store(product[group], mantissas);
        var log2 = TLanes.Sum(exponentOfProduct[group]);
        for (var i = 0; i < TLanes.Count; i++)
            log2 += Math.Log2(mantissas[i]);
        return (log2 - TLanes.Sum(LogOfLabel[group])) * LaneMath.LogOf2;
    }
}
