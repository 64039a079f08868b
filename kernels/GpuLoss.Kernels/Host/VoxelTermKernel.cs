using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>
/// What is made of the cross-entropy of each voxel that the softmax left in a block: focal loss, a sum, values of their own. With p the probability of the own
/// class and q = 1 - p, focal loss is <c>-q^γ·ln p</c>, and its gradient is that of cross-entropy times <c>q^γ - γ·q^(γ-1)·p·ln p</c>.
/// </summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal static unsafe class VoxelTermKernel<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    /// <summary>Where cross-entropy is so large nothing is left of p; infinity would make their product NaN.</summary>
    private const double MostCrossEntropy = 1e30;

    /// <summary>Where q is smaller, so is -ln p, and their quotient is 1 however small both are.</summary>
    private const double LeastRest = 1e-37;

    /// <summary>
    /// Takes the logarithms: of Σ exp and the exponents that the softmax left, cross-entropy. Where the own class is the largest, Σ exp is 1 and what the others
    /// have; of these the logarithm is taken, so that it keeps their digits.
    /// </summary>
    /// <typeparam name="TTerm">The term.</typeparam>
    /// <typeparam name="TWide">Whether the exponents are distances from the largest logit, scaled, and not logarithms to the base 2.</typeparam>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void TakeLogarithms<TTerm, TWide>(in VoxelBlock<TLanes> block)
        where TTerm : struct, ITermPolicy
        where TWide : struct, IPolicy
    {
        var (zero, one) = (TLanes.Of(0), TLanes.Of(1));
        var logOf2 = TLanes.Of(LaneMath.LogOf2);
        var scale = TLanes.Of(ReduceSums<TLanes>.TermScale);
        var scaledLogOf2 = TLanes.Of(LaneMath.LogOf2 * ReduceSums<TLanes>.TermScale);
        for (nint at = 0; at < (nint)block.Voxels * TLanes.ScalarSize; at += sizeof(TLanes))
        {
            var sum = TLanes.Load(block.Term + at);
            var own = TLanes.Load(block.Own + at);
            var exponent = TLanes.Exponent(sum);
            var beyondOne = TLanes.Mantissa(sum) - one;
            if (default(TTerm) is IKeepsRest)
            {
                var others = TLanes.Load(block.Rest + at) * sum;
                var isCertain = TLanes.SelectEqual(own, zero, TLanes.SelectLess(others, one, one, zero), zero);
                beyondOne = TLanes.SelectEqual(isCertain, one, others, beyondOne);
                exponent = TLanes.SelectEqual(isCertain, one, zero, exponent);
            }

            var log = TLanes.MultiplyAdd(exponent, logOf2, TLanes.LogOnePlus(beyondOne)) * scale;
            if (default(TTerm) is ISharedTerm)
            {
                log *= TLanes.Load(block.Factor + at);
                TLanes.Store(one, block.Factor + at);
            }

            TLanes.Store(typeof(TWide) == typeof(Yes) ? log - own : log - own * scaledLogOf2, block.Term + at);
        }
    }

    /// <summary>Adds the terms of a block up.</summary>
    /// <param name="block">The block.</param>
    /// <param name="gamma">The power of focal loss; 0 is cross-entropy.</param>
    /// <param name="total">The running sum.</param>
    /// <param name="values">Receives the term of each voxel, or null.</param>
    /// <typeparam name="TWeighted">Whether the voxels have weights.</typeparam>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Add<TWeighted>(in VoxelBlock<TLanes> block, double gamma, CompensatedSum<TLanes>* total, byte* values)
        where TWeighted : struct, IPolicy
    {
        var sum = *total;
        var unscaled = TLanes.Of(1 / ReduceSums<TLanes>.TermScale);
        for (nint at = 0; at < (nint)block.Voxels * TLanes.ScalarSize; at += sizeof(TLanes))
        {
            var term = TLanes.Load(block.Term + at);
            if (gamma != 0)
                term *= Power(Rest(TLanes.Load(block.Rest + at), term * unscaled), gamma);
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

    /// <summary>Turns the cross-entropy of each voxel into the factor of the gradient of its focal loss.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Differentiate(in VoxelBlock<TLanes> block, double gamma)
    {
        var slope = TLanes.Of(gamma);
        var one = TLanes.Of(1);
        var zero = TLanes.Of(0);
        for (nint at = 0; at < (nint)block.Voxels * TLanes.ScalarSize; at += sizeof(TLanes))
        {
            var crossEntropy = TLanes.Load(block.Term + at) * TLanes.Of(1 / ReduceSums<TLanes>.TermScale);
            var rest = Rest(TLanes.Load(block.Rest + at), crossEntropy);
            var finite = zero - TLanes.Max(zero - crossEntropy, TLanes.Of(-MostCrossEntropy));
            var ratio = slope * Probability(crossEntropy) * finite * TLanes.Reciprocal(rest);
            TLanes.Store(Power(rest, gamma) * (one + ratio), block.Term + at);
        }
    }

    /// <summary>Makes the factors of the voxels: those of focal loss where there are any, times the sum of the class's own and of a seed.</summary>
    /// <param name="block">The block.</param>
    /// <param name="isFocal">Whether there are factors of focal loss.</param>
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Power(TLanes rest, double gamma) =>
        gamma == 2 ? rest * rest : TLanes.Exp2(TLanes.Of(gamma) * TLanes.Log2(rest));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Probability(TLanes crossEntropy) =>
        TLanes.Exp2(crossEntropy * TLanes.Of(-LaneMath.Log2OfE));

    /// <summary>q = 1 - p: where q is small what the softmax summed of the other classes, elsewhere the difference, which has fewer roundings.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Rest(TLanes rest, TLanes crossEntropy) =>
        TLanes.SelectLess(rest, TLanes.Of(0.5), TLanes.Max(rest, TLanes.Of(LeastRest)), TLanes.Of(1) - Probability(crossEntropy));
}
