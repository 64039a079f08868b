using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>
/// Both passes where every class has its prediction to itself, the sigmoid of its logit or the logit: one loop over the voxels of each
/// class, and nothing is left in memory between.
/// </summary>
/// <typeparam name="TLanes">The register type.</typeparam>
/// <typeparam name="TSigmoid">Whether p is the sigmoid of the logit, and not the logit.</typeparam>
/// <typeparam name="TTarget">What the target holds.</typeparam>
/// <typeparam name="TWeighted">Whether the voxels have weights.</typeparam>
/// <typeparam name="TOverlap">The sums of the overlap.</typeparam>
/// <typeparam name="TTerm">The form of the voxel term.</typeparam>
internal static unsafe class ElementKernel<TLanes, TSigmoid, TTarget, TWeighted, TOverlap, TTerm>
    where TLanes : unmanaged, ILanes<TLanes>
    where TSigmoid : struct, IPolicy
    where TTarget : struct, ITargetPolicy
    where TWeighted : struct, IPolicy
    where TOverlap : struct, IOverlapPolicy
    where TTerm : struct, ITermPolicy
{
    /// <summary>
    /// Registers that are added up in their own precision. Equal terms are rounded in the same direction; of more of them it would be
    /// noticed.
    /// </summary>
    private const int Run = 16;

    /// <summary>Adds a block to the sums.</summary>
    /// <param name="block">The block.</param>
    /// <param name="sum">What is summed.</param>
    /// <param name="table">The factors of the classes.</param>
    /// <param name="sums">The running sums.</param>
    /// <param name="values">Receive the voxel term, which is then one that is computed voxel by voxel.</param>
    public static void Reduce(
        in VoxelBlock<TLanes> block, in HostSum sum, in ClassTable<TLanes> table, in ReduceSums<TLanes> sums, ValueRows values)
    {
        for (var c = 0; c < block.Classes; c++)
        {
            if (typeof(TSigmoid) == typeof(Yes))
                SigmoidKernel<TLanes>.Exponentials(block, c);
            if (typeof(TSigmoid) == typeof(Yes) && default(TTerm) is IVoxelwiseTerm)
                SigmoidKernel<TLanes>.Logarithms(block);
            var place = values.Rows.First == null ? null : values.Rows[values.PerClass ? c : 0];
            Reduce(block, sum.Definition, table.At(c), sums.Classes + c, c, place, isFirst: values.PerClass || c == 0);
        }
    }

    /// <summary>Writes the gradient of a block.</summary>
    /// <param name="block">The block.</param>
    /// <param name="sum">What was summed.</param>
    /// <param name="table">The coefficients of the sample.</param>
    /// <param name="coefficient">The factor of all voxel terms, where it is not in the table because of <paramref name="seeds"/>.</param>
    /// <param name="seeds">What the factor of a single term is more.</param>
    /// <param name="gradient">Where it goes.</param>
    /// <param name="streams">Whether it is stored past the caches.</param>
    public static void Spread(
        in VoxelBlock<TLanes> block, in HostSum sum, in ClassTable<TLanes> table, double coefficient, ValueRows seeds, ClassRows gradient,
        bool streams)
    {
        for (var c = 0; c < block.Classes; c++)
        {
            if (typeof(TSigmoid) == typeof(Yes))
                SigmoidKernel<TLanes>.Exponentials(block, c);
            if (typeof(TSigmoid) == typeof(Yes) && default(TTerm) is IFocalTerm)
                SigmoidKernel<TLanes>.Logarithms(block);
            var ofClass = seeds.Rows.First == null ? null : seeds.Rows[seeds.PerClass ? c : 0];
            if (streams)
                Spread<Yes>(block, sum.Definition, table.At(c), coefficient, ofClass, c, gradient[c]);
            else
                Spread<No>(block, sum.Definition, table.At(c), coefficient, ofClass, c, gradient[c]);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Reduce(
        in VoxelBlock<TLanes> block, SumDefinition definition, in ClassTable<TLanes> table, ClassSums<TLanes>* sums, int c, byte* values,
        bool isFirst)
    {
        definition = definition with { Activation = typeof(TSigmoid) == typeof(Yes) ? Activation.Sigmoid : Activation.None };
        if (default(TTerm) is not IFocalTerm)
            definition = definition with { Gamma = 0, Poly = 0 };
        if (default(TTerm) is ISquareTerm)
            definition = definition with { Gamma = 2, Poly = 0 };
        var (zero, one) = (TLanes.Of(0), TLanes.Of(1));
        var logits = block.Logits[c];
        var targets = block.Target[c];
        var weights = block.Weight;
        var exponentials = block.Factor;
        var logs = block.Term;
        var label = TLanes.Of(block.LabelOf(c));
        var (positive, negative) = (table.TermAtOne, table.TermAtZero);
        var scale = TLanes.Of(ReduceSums<TLanes>.TermScale);
        var scaled = scale * positive;
        var ahead = (nint)block.Voxels * TLanes.ScalarSize;
        for (nint first = 0; first < ahead; first += Run * sizeof(TLanes))
        {
            var end = Math.Min(ahead, first + Run * sizeof(TLanes));
            var (intersection, prediction, target) = (zero, zero, zero);

            // The product of all 1 + e, less 1: so the digits of small e are kept.
            var (product, term) = (zero, zero);
            for (var at = first; at < end; at += sizeof(TLanes))
            {
                var x = TLanes.Load(logits + at);
                var weight = typeof(TWeighted) == typeof(Yes) ? TLanes.Load(weights + at) : one;
                var t = Target(targets, label, at);
                Prefetch(targets, at, ahead);
                var exponential = typeof(TSigmoid) == typeof(Yes) ? TLanes.Load(exponentials + at) : zero;
                TLanes p;
                if (default(TTerm) is IProductTerm)
                {
                    // What does not count has a logit of 0 and no linear part.
                    p = Activations.SigmoidValue(x, exponential, out _);
                    if (typeof(TWeighted) == typeof(Yes))
                        exponential = exponential * weight;
                    product = TLanes.MultiplyAdd(exponential, product, product + exponential);
                    term = TLanes.MultiplyAdd(Linear(definition, x, t, block.Classes), scaled, term);
                }
                else if (default(TTerm) is IVoxelwiseTerm)
                {
                    TLanes value;
                    if (typeof(TSigmoid) == typeof(No))
                    {
                        p = x;
                        value = VoxelTerm.Value(
                            definition, Activations.Plain(x), VoxelTerm.Smoothed(definition, t, block.Classes), positive, negative);
                    }
                    else if (default(TTarget) is IHard)
                    {
                        var right = OfTarget(x, t, exponential, TLanes.Load(logs + at));
                        p = TLanes.SelectEqual(t, zero, right.Rest, right.Value);
                        value = RealMath.Weighted(TLanes.SelectEqual(t, zero, negative, positive), VoxelTerm.OneSided(definition, right));
                    }
                    else
                    {
                        var whole = Activations.Sigmoid(x, exponential, TLanes.Load(logs + at));
                        p = whole.Value;
                        value = VoxelTerm.ValueOfActivated(
                            definition, whole, VoxelTerm.Smoothed(definition, t, block.Classes), positive, negative);
                    }

                    if (typeof(TWeighted) == typeof(Yes))
                        value = RealMath.Weighted(weight, value);
                    term = TLanes.MultiplyAdd(value, scale, term);
                    if (values != null)
                        TLanes.Store(isFirst ? value : TLanes.Load(values + at) + value, values + at);
                }
                else
                {
                    p = typeof(TSigmoid) == typeof(Yes) ? Activations.SigmoidValue(x, exponential, out _) : x;
                }

                if (default(TOverlap) is IProductSums)
                {
                    var weighted = typeof(TWeighted) == typeof(Yes) ? p * weight : p;
                    prediction = default(TOverlap) is ISquaredSums ? TLanes.MultiplyAdd(weighted, p, prediction) : prediction + weighted;
                    intersection = default(TTarget) is IIndices
                        ? intersection + TLanes.SelectEqual(TLanes.Load(targets + at), label, weighted, zero)
                        : TLanes.MultiplyAdd(weighted, t, intersection);
                }
                else if (default(TOverlap) is IHasSums)
                {
                    prediction = TLanes.MultiplyAdd(OverlapElement.Extent(TOverlap.Sums, p), weight, prediction);
                    intersection = TLanes.MultiplyAdd(OverlapElement.Intersection(TOverlap.Sums, p, t), weight, intersection);
                }

                if (typeof(TWeighted) == typeof(Yes))
                    target = TLanes.MultiplyAdd(Extent(t), weight, target);
                else if (default(TTarget) is not IIndices)
                    target += Extent(t);
            }

            if (default(TOverlap) is IHasSums)
            {
                sums->Intersection.Add(intersection);
                sums->Prediction.Add(prediction);
            }

            // Labels are counted elsewhere, unless voxels differ in weight.
            if (default(TTarget) is not IIndices || (typeof(TWeighted) == typeof(Yes) && block.Selection == Selection.Weighted))
                sums->Target.Add(target);
            if (default(TTerm) is IHasTerm)
                sums->Term.Add(term);
            if (default(TTerm) is IProductTerm)
                sums->Logarithm.Multiply(product);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Spread<TStreaming>(
        in VoxelBlock<TLanes> block, SumDefinition definition, in ClassTable<TLanes> table, double coefficient, byte* seeds, int c,
        byte* gradient)
        where TStreaming : struct, IPolicy
    {
        definition = definition with { Activation = typeof(TSigmoid) == typeof(Yes) ? Activation.Sigmoid : Activation.None };
        if (default(TTerm) is not IFocalTerm)
            definition = definition with { Gamma = 0, Poly = 0 };
        if (default(TTerm) is ISquareTerm)
            definition = definition with { Gamma = 2, Poly = 0 };
        var logits = block.Logits[c];
        var targets = block.Target[c];
        var weights = block.Weight;
        var exponentials = block.Factor;
        var logs = block.Term;
        var label = TLanes.Of(block.LabelOf(c));
        var (positive, negative) = (table.TermAtOne, table.TermAtZero);
        var minusPositive = TLanes.Of(0) - positive;
        var (atOne, atZero) = (table.SlopeAtOne, table.SlopeAtZero);
        var linear = table.Linear;
        var byIntersection = default(TTarget) is IIndices ? atOne - atZero : atOne;
        var all = TLanes.Of(coefficient);
        var none = TLanes.Of(0);
        var ahead = (nint)block.Voxels * TLanes.ScalarSize;
        for (nint at = 0; at < ahead; at += sizeof(TLanes))
        {
            var x = TLanes.Load(logits + at);
            var t = Target(targets, label, at);
            Prefetch(targets, at, ahead);
            var result = none;
            if (typeof(TSigmoid) == typeof(No))
            {
                if (default(TOverlap) is IHasSums)
                    result = OverlapElement.Slope(TOverlap.Sums, x, t, byIntersection, atZero, linear);
                if (default(TTerm) is IHasTerm)
                {
                    var ofTerm = VoxelTerm.ElementSlope(
                        definition, Activations.Plain(x), VoxelTerm.Smoothed(definition, t, block.Classes), positive, negative);
                    result += seeds == null ? ofTerm : ofTerm * (all + TLanes.Load(seeds + at));
                }
            }
            else
            {
                Prediction<TLanes> prediction;
                var exponential = TLanes.Load(exponentials + at);
                var ofTerm = none;
                if (default(TTerm) is IHasTerm && default(TTarget) is IHard)
                {
                    prediction = OfTarget(x, t, exponential, default(TTerm) is IFocalTerm ? TLanes.Load(logs + at) : none);
                    ofTerm = RealMath.Weighted(
                        TLanes.SelectEqual(t, none, negative, minusPositive), VoxelTerm.OneSidedSlope(definition, prediction));
                    if (default(TOverlap) is IHasSums)
                    {
                        var value = TLanes.SelectEqual(t, none, prediction.Rest, prediction.Value);
                        prediction.Rest = TLanes.SelectEqual(t, none, prediction.Value, prediction.Rest);
                        prediction.Value = value;
                    }
                }
                else
                {
                    if (default(TTerm) is IFocalTerm)
                    {
                        prediction = Activations.Sigmoid(x, exponential, TLanes.Load(logs + at));
                    }
                    else
                    {
                        var p = Activations.SigmoidValue(x, exponential, out var rest);
                        prediction = Activations.Unknown<TLanes>() with { Value = p, Rest = rest };
                    }

                    if (default(TTerm) is IHasTerm)
                    {
                        var smoothed = VoxelTerm.Smoothed(definition, t, block.Classes);
                        ofTerm = default(TTerm) is IFocalTerm
                            ? VoxelTerm.SigmoidSlope(definition, prediction, smoothed, positive, negative)
                            : VoxelTerm.LogarithmSlope(prediction, smoothed, positive, negative);
                    }
                }

                if (default(TOverlap) is IHasSums)
                {
                    TLanes slope;
                    if (default(TOverlap) is not IProductSums)
                        slope = OverlapElement.Slope(TOverlap.Sums, prediction.Value, t, byIntersection, atZero, linear);
                    else if (default(TTarget) is IIndices)
                        slope = TLanes.SelectEqual(TLanes.Load(targets + at), label, atOne, atZero);
                    else
                        slope = TLanes.MultiplyAdd(atOne, t, atZero);
                    if (default(TOverlap) is ISquaredSums)
                        slope = TLanes.MultiplyAdd(linear, prediction.Value, slope);
                    result = slope * (prediction.Value * prediction.Rest);
                }

                if (seeds != null)
                    ofTerm *= all + TLanes.Load(seeds + at);
                result += ofTerm;
            }

            if (typeof(TWeighted) == typeof(Yes))
            {
                var weight = TLanes.Load(weights + at);
                result = TLanes.SelectEqual(weight, none, none, result * weight);
            }

            if (typeof(TStreaming) == typeof(Yes))
                TLanes.StoreStreaming(result, gradient + at);
            else
                TLanes.Store(result, gradient + at);
        }
    }

    /// <summary>The summand of T.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Extent(TLanes t) =>
        default(TOverlap) is ISquaredSums ? t * t : default(TOverlap) is IProductSums ? t : OverlapElement.Extent(TOverlap.Sums, t);

    /// <summary>Of binary cross-entropy what is no logarithm: |x| on the wrong side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Linear(SumDefinition definition, TLanes x, TLanes t, int classes)
    {
        var zero = TLanes.Of(0);
        if (default(TTarget) is IHard)
            return TLanes.Max(TLanes.SelectEqual(t, zero, x, zero - x), zero);
        var smoothed = VoxelTerm.Smoothed(definition, t, classes);
        return RealMath.Weighted(TLanes.SelectLess(x, zero, smoothed, TLanes.Of(1) - smoothed), TLanes.Max(x, zero - x));
    }

    /// <summary>The prediction of what the target says, of a target that is 0 or 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Prediction<TLanes> OfTarget(TLanes x, TLanes t, TLanes exponential, TLanes log)
    {
        var zero = TLanes.Of(0);
        return VoxelTerm.Turned(Activations.Sigmoid(TLanes.SelectEqual(t, zero, x, zero - x), exponential, log));
    }

    /// <summary>Asks for the numbers of the next block, as the softmax does.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(byte* targets, nint at, nint ahead)
    {
        if (default(TTarget) is not IIndices && Sse.IsSupported)
            Sse.Prefetch0(targets + Quad<TLanes>.TargetAt<TTarget>(at + ahead));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Target(byte* targets, TLanes label, nint at)
    {
        if (default(TTarget) is IBytes)
            return TLanes.LoadBytes(targets + Quad<TLanes>.TargetAt<TTarget>(at));
        var numbers = TLanes.Load(targets + at);
        return default(TTarget) is IIndices ? TLanes.SelectEqual(numbers, label, TLanes.Of(1), TLanes.Of(0)) : numbers;
    }
}
