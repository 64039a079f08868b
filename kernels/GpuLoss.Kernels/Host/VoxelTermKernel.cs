using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>
/// What is made of the cross-entropy of each voxel that the softmax left in a block: another <see cref="VoxelTerm"/> of the own class, a
/// sum, values of their own.
/// </summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal static unsafe class VoxelTermKernel<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    /// <summary>Where cross-entropy is so large nothing is left of p; infinity would make their product NaN.</summary>
    private const double MostSurprise = 1e30;

    /// <summary>Where q is smaller, so is -ln p, and their quotient is 1 however small both are.</summary>
    private const double LeastRest = 1e-37;

    /// <summary>Quads that are added up in their own precision.</summary>
    private const int Run = 4;

    /// <summary>Takes the logarithms: of Σ exp and the exponents that the softmax left, cross-entropy.</summary>
    /// <param name="block">The block.</param>
    /// <param name="isWide">See <see cref="UnitOf"/>.</param>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void TakeLogarithms(in VoxelBlock<TLanes> block, bool isWide)
    {
        var unit = Quad<TLanes>.Of(UnitOf(isWide));
        for (nint at = 0; at < (nint)block.Voxels * TLanes.ScalarSize; at += sizeof(Quad<TLanes>))
            CrossEntropy<VoxelsTerm>(block, at, unit).Store(block.Term + at);
    }

    /// <summary>Takes the logarithms and adds them up.</summary>
    /// <typeparam name="TTerm">The term.</typeparam>
    /// <typeparam name="TWeighted">Whether voxels differ in weight, or some do not count.</typeparam>
    /// <param name="block">The block.</param>
    /// <param name="isWide">See <see cref="UnitOf"/>.</param>
    /// <param name="total">The running sum.</param>
    /// <param name="values">Receives the term of each voxel, or null.</param>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void AddLogarithms<TTerm, TWeighted>(
        in VoxelBlock<TLanes> block, bool isWide, CompensatedSum<TLanes>* total, byte* values)
        where TTerm : struct, ITermPolicy
        where TWeighted : struct, IPolicy
    {
        var unit = Quad<TLanes>.Of(UnitOf(isWide));
        var unscaled = Quad<TLanes>.Of(1 / ReduceSums<TLanes>.TermScale);
        var bytes = (nint)block.Voxels * TLanes.ScalarSize;
        for (nint first = 0; first < bytes; first += Run * sizeof(Quad<TLanes>))
        {
            var end = Math.Min(bytes, first + Run * sizeof(Quad<TLanes>));
            var sum = TLanes.Of(0);
            for (var at = first; at < end; at += sizeof(Quad<TLanes>))
            {
                var term = CrossEntropy<TTerm>(block, at, unit);
                if (default(TTerm) is IOwnTerm)
                    term = RealMath.Weighted(Quad<TLanes>.Load(block.Factor + at), term);
                if (typeof(TWeighted) == typeof(Yes))
                    term = RealMath.Weighted(Quad<TLanes>.Load(block.Weight + at), term);
                sum += Quad<TLanes>.Sum(term);
                if (values != null)
                    Quad<TLanes>.Max(Quad<TLanes>.Of(0), term * unscaled).Store(values + at);
            }

            total->Add(sum);
        }
    }

    /// <summary>Makes the terms of the logarithms that were taken, and adds them up.</summary>
    /// <param name="block">The block.</param>
    /// <param name="definition">The term, which is no multiple of -ln p.</param>
    /// <param name="total">The running sum.</param>
    /// <param name="values">Receives the term of each voxel, or null.</param>
    /// <typeparam name="TWeighted">Whether the voxels have weights.</typeparam>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Add<TWeighted>(in VoxelBlock<TLanes> block, SumDefinition definition, CompensatedSum<TLanes>* total, byte* values)
        where TWeighted : struct, IPolicy
    {
        var sum = *total;
        var unscaled = TLanes.Of(1 / ReduceSums<TLanes>.TermScale);
        definition = definition with { Poly = definition.Poly * ReduceSums<TLanes>.TermScale };
        for (nint at = 0; at < (nint)block.Voxels * TLanes.ScalarSize; at += sizeof(TLanes))
        {
            var term = TLanes.Load(block.Term + at);
            term = VoxelTerm.OneSided(definition, Own(TLanes.Load(block.Rest + at), term * unscaled) with { Surprise = term });
            var factor = TLanes.Load(block.Factor + at);
            if (typeof(TWeighted) == typeof(Yes))
                factor = factor * TLanes.Load(block.Weight + at);
            term = RealMath.Weighted(factor, term);
            sum.Add(term);
            if (values != null)
                TLanes.Store(TLanes.Max(TLanes.Of(0), term * unscaled), values + at);
        }

        *total = sum;
    }

    /// <summary>Turns the cross-entropy of each voxel into the factor that the gradient of its term has beside that of
    /// cross-entropy.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Differentiate(in VoxelBlock<TLanes> block, SumDefinition definition)
    {
        for (nint at = 0; at < (nint)block.Voxels * TLanes.ScalarSize; at += sizeof(TLanes))
        {
            var crossEntropy = TLanes.Load(block.Term + at) * TLanes.Of(1 / ReduceSums<TLanes>.TermScale);
            TLanes.Store(VoxelTerm.LogSlope(definition, Own(TLanes.Load(block.Rest + at), crossEntropy)), block.Term + at);
        }
    }

    /// <summary>Makes the factors of the voxels: those of the term where it is no multiple of -ln p, times the sum of the class's own and
    /// of a seed.</summary>
    /// <param name="block">The block.</param>
    /// <param name="isFocal">Whether it is none.</param>
    /// <param name="coefficient">What all voxels have.</param>
    /// <param name="seeds">What each voxel has besides.</param>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Seed(in VoxelBlock<TLanes> block, bool isFocal, double coefficient, byte* seeds)
    {
        var all = TLanes.Of(coefficient);
        for (nint at = 0; at < (nint)block.Voxels * TLanes.ScalarSize; at += sizeof(TLanes))
        {
            var factor = all + TLanes.Load(seeds + at);
            TLanes.Store(isFocal ? factor * TLanes.Load(block.Term + at) : factor, block.Term + at);
        }
    }

    /// <summary>The prediction of the own class. 1 - p is, where it is small, what the softmax summed of the other classes, elsewhere the
    /// difference, which has fewer roundings.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Prediction<TLanes> Own(TLanes rest, TLanes crossEntropy)
    {
        var (zero, value) = (TLanes.Of(0), TLanes.Exp2(crossEntropy * TLanes.Of(-LaneMath.Log2OfE)));
        return Activations.Unknown<TLanes>() with
        {
            Value = value,
            Rest = TLanes.SelectLess(rest, TLanes.Of(0.5), TLanes.Max(rest, TLanes.Of(LeastRest)), TLanes.Of(1) - value),
            Surprise = zero - TLanes.Max(zero - crossEntropy, TLanes.Of(-MostSurprise)),
        };
    }

    /// <summary>What the exponents that the softmax left are multiplied by: they are distances from the largest logit, scaled, where logits
    /// are large, and else logarithms to the base 2.</summary>
    private static double UnitOf(bool isWide) => isWide ? -1 : -LaneMath.LogOf2 * ReduceSums<TLanes>.TermScale;

    /// <summary>
    /// The cross-entropy of voxels, times <see cref="ReduceSums{TLanes}.TermScale"/>. Where the own class is the largest, Σ exp is 1 and
    /// what the others have; of these the logarithm is taken, so that it keeps their digits.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Quad<TLanes> CrossEntropy<TTerm>(in VoxelBlock<TLanes> block, nint at, Quad<TLanes> unit)
        where TTerm : struct, ITermPolicy
    {
        var (zero, one) = (Quad<TLanes>.Of(0), Quad<TLanes>.Of(1));
        var sum = Quad<TLanes>.Load(block.Term + at);
        var own = Quad<TLanes>.Load(block.Own + at);
        var exponent = Quad<TLanes>.Exponent(sum);
        var beyondOne = Quad<TLanes>.Mantissa(sum) - one;
        if (default(TTerm) is IKeepsRest)
        {
            var others = Quad<TLanes>.Load(block.Rest + at) * sum;
            var ofCertain = Quad<TLanes>.SelectEqual(own, zero, others, one);
            beyondOne = Quad<TLanes>.SelectLess(ofCertain, one, others, beyondOne);
            exponent = Quad<TLanes>.SelectLess(ofCertain, one, zero, exponent);
        }

        var log = Quad<TLanes>.MultiplyAdd(exponent, Quad<TLanes>.Of(LaneMath.LogOf2), Quad<TLanes>.LogOnePlus(beyondOne))
            * Quad<TLanes>.Of(ReduceSums<TLanes>.TermScale);
        if (default(TTerm) is ISharedTerm)
            log *= Quad<TLanes>.Load(block.Factor + at);
        return Quad<TLanes>.MultiplyAdd(own, unit, log);
    }
}
