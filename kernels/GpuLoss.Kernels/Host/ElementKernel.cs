using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>
/// Both passes where every class has its prediction to itself, the sigmoid of its logit or the logit: one loop over the voxels of each class, and nothing is
/// left in memory between.
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
    /// Registers that are added up in their own precision. Equal terms are rounded in the same direction; of more of them it would be noticed.
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
        in VoxelBlock<TLanes> block, in HostSum sum, in ClassTable<TLanes> table, double coefficient, ValueRows seeds, ClassRows gradient, bool streams)
    {
        for (var c = 0; c < block.Classes; c++)
        {
            var ofClass = seeds.Rows.First == null ? null : seeds.Rows[seeds.PerClass ? c : 0];
            if (streams)
                Spread<Yes>(block, sum.Definition, table.At(c), coefficient, ofClass, c, gradient[c]);
            else
                Spread<No>(block, sum.Definition, table.At(c), coefficient, ofClass, c, gradient[c]);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Reduce(
        in VoxelBlock<TLanes> block, SumDefinition definition, in ClassTable<TLanes> table, ClassSums<TLanes>* sums, int c, byte* values, bool isFirst)
    {
        definition = definition with { Activation = (typeof(TSigmoid) == typeof(Yes)) ? Activation.Sigmoid : Activation.None };
        if (default(TTerm) is not IFocalTerm)
            definition = definition with { Gamma = 0 };
        var (zero, one) = (new LaneReal<TLanes>(TLanes.Broadcast(0)), new LaneReal<TLanes>(TLanes.Broadcast(1)));
        var logits = block.Logits[c];
        var targets = block.Target[c];
        var weights = block.Weight;
        var label = TLanes.Broadcast(block.LabelOf(c));
        var (positive, negative) = (new LaneReal<TLanes>(table.TermAtOne), new LaneReal<TLanes>(table.TermAtZero));
        var scale = TLanes.Broadcast(ReduceSums<TLanes>.TermScale);
        var scaled = scale * positive.Lanes;
        var ahead = (nint)block.Voxels * TLanes.ScalarSize;
        for (nint first = 0; first < ahead; first += Run * sizeof(TLanes))
        {
            var end = Math.Min(ahead, first + Run * sizeof(TLanes));
            var (intersection, prediction, target) = (zero.Lanes, zero.Lanes, zero.Lanes);

            // The product of all 1 + e, less 1: so the digits of small e are kept.
            var (product, term) = (zero, zero.Lanes);
            for (var at = first; at < end; at += sizeof(TLanes))
            {
                var x = new LaneReal<TLanes>(TLanes.Load(logits + at));
                var weight = (typeof(TWeighted) == typeof(Yes)) ? TLanes.Load(weights + at) : one.Lanes;
                var t = Target(targets, label, at);
                if (typeof(TLanes) != typeof(DoubleLanes))
                    Prefetch(logits + at + ahead);
                LaneReal<TLanes> p;
                if (default(TTerm) is IProductTerm)
                {
                    p = Activations.SigmoidValue(x, out var size, out var exponential, out _);
                    if (typeof(TWeighted) == typeof(Yes))
                        exponential = new(exponential.Lanes * weight);
                    product = exponential.MultiplyAdd(product, product.Add(exponential));
                    var smoothed = VoxelTerm.Smoothed(definition, t, block.Classes);
                    var linear = RealMath.Weighted(x.SelectLess(zero, smoothed, one.Subtract(smoothed)), size).Lanes * scaled;
                    term = (typeof(TWeighted) == typeof(Yes)) ? TLanes.MultiplyAdd(linear, weight, term) : term + linear;
                }
                else if (default(TTerm) is IVoxelwiseTerm)
                {
                    var whole = Activations.Sigmoid(x);
                    p = whole.Value;
                    var value = VoxelTerm.Value(definition, whole, VoxelTerm.Smoothed(definition, t, block.Classes), positive, negative);
                    if (typeof(TWeighted) == typeof(Yes))
                        value = RealMath.Weighted(new LaneReal<TLanes>(weight), value);
                    term = TLanes.MultiplyAdd(value.Lanes, scale, term);
                    if (values != null)
                        TLanes.Store(isFirst ? value.Lanes : TLanes.Load(values + at) + value.Lanes, values + at);
                }
                else
                {
                    p = (typeof(TSigmoid) == typeof(Yes)) ? Activations.SigmoidValue(x, out _, out _, out _) : x;
                }

                if (default(TOverlap) is IProductSums)
                {
                    var weighted = (typeof(TWeighted) == typeof(Yes)) ? p.Lanes * weight : p.Lanes;
                    prediction = (default(TOverlap) is ISquaredSums) ? TLanes.MultiplyAdd(weighted, p.Lanes, prediction) : prediction + weighted;
                    intersection = (default(TTarget) is IIndices)
                        ? intersection + TLanes.SelectEqual(TLanes.Load(targets + at), label, weighted, zero.Lanes)
                        : TLanes.MultiplyAdd(weighted, t.Lanes, intersection);
                }
                else if (default(TOverlap) is IHasSums)
                {
                    prediction = TLanes.MultiplyAdd(OverlapElement.Extent(TOverlap.Sums, p).Lanes, weight, prediction);
                    intersection = TLanes.MultiplyAdd(OverlapElement.Intersection(TOverlap.Sums, p, t).Lanes, weight, intersection);
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
            if ((default(TTarget) is not IIndices) || ((typeof(TWeighted) == typeof(Yes)) && block.Selection == Selection.Weighted))
                sums->Target.Add(target);
            if (default(TTerm) is IHasTerm)
                sums->Term.Add(term);
            if (default(TTerm) is IProductTerm)
            {
                var log = product.Add(one).Log2().Multiply(one.Of(RealMath.LogOf2));
                sums->Logarithm.Add(product.SelectLess(one, product.LogOnePlus(), log).Lanes);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void Spread<TStreaming>(
        in VoxelBlock<TLanes> block, SumDefinition definition, in ClassTable<TLanes> table, double coefficient, byte* seeds, int c, byte* gradient)
        where TStreaming : struct, IPolicy
    {
        definition = definition with { Activation = (typeof(TSigmoid) == typeof(Yes)) ? Activation.Sigmoid : Activation.None };
        if (default(TTerm) is not IFocalTerm)
            definition = definition with { Gamma = 0 };
        var logits = block.Logits[c];
        var targets = block.Target[c];
        var weights = block.Weight;
        var label = TLanes.Broadcast(block.LabelOf(c));
        var (positive, negative) = (new LaneReal<TLanes>(table.TermAtOne), new LaneReal<TLanes>(table.TermAtZero));
        var (atOne, atZero) = (new LaneReal<TLanes>(table.SlopeAtOne), new LaneReal<TLanes>(table.SlopeAtZero));
        var linear = new LaneReal<TLanes>(table.Linear);
        var byIntersection = (default(TTarget) is IIndices) ? atOne.Subtract(atZero) : atOne;
        var all = TLanes.Broadcast(coefficient);
        var none = TLanes.Broadcast(0);
        var ahead = (nint)block.Voxels * TLanes.ScalarSize;
        for (nint at = 0; at < ahead; at += sizeof(TLanes))
        {
            var x = new LaneReal<TLanes>(TLanes.Load(logits + at));
            var t = Target(targets, label, at);
            var result = new LaneReal<TLanes>(none);
            if (typeof(TSigmoid) == typeof(No))
            {
                if (default(TOverlap) is IHasSums)
                    result = OverlapElement.Slope(TOverlap.Sums, x, t, byIntersection, atZero, linear);
            }
            else
            {
                Prediction<LaneReal<TLanes>> prediction;
                if (default(TTerm) is IFocalTerm)
                {
                    prediction = Activations.Sigmoid(x);
                }
                else
                {
                    var p = Activations.SigmoidValue(x, out _, out _, out var rest);
                    prediction = Activations.Unknown<LaneReal<TLanes>>() with { Value = p, Rest = rest };
                }

                if (default(TOverlap) is IHasSums)
                {
                    LaneReal<TLanes> slope;
                    if (default(TOverlap) is not IProductSums)
                        slope = OverlapElement.Slope(TOverlap.Sums, prediction.Value, t, byIntersection, atZero, linear);
                    else if (default(TTarget) is IIndices)
                        slope = new(TLanes.SelectEqual(TLanes.Load(targets + at), label, atOne.Lanes, atZero.Lanes));
                    else
                        slope = atOne.MultiplyAdd(t, atZero);
                    if (default(TOverlap) is ISquaredSums)
                        slope = linear.MultiplyAdd(prediction.Value, slope);
                    result = slope.Multiply(prediction.Value.Multiply(prediction.Rest));
                }

                if (default(TTerm) is IHasTerm)
                {
                    var ofTerm = VoxelTerm.SigmoidSlope(definition, prediction, VoxelTerm.Smoothed(definition, t, block.Classes), positive, negative);
                    if (seeds != null)
                        ofTerm = new(ofTerm.Lanes * (all + TLanes.Load(seeds + at)));
                    result = result.Add(ofTerm);
                }
            }

            if (typeof(TWeighted) == typeof(Yes))
            {
                var weight = TLanes.Load(weights + at);
                result = new(TLanes.SelectEqual(weight, none, none, result.Lanes * weight));
            }

            if (typeof(TStreaming) == typeof(Yes))
                TLanes.StoreStreaming(result.Lanes, gradient + at);
            else
                TLanes.Store(result.Lanes, gradient + at);
        }
    }

    /// <summary>The summand of T.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Extent(LaneReal<TLanes> t) =>
        (default(TOverlap) is ISquaredSums) ? t.Lanes * t.Lanes : (default(TOverlap) is IProductSums) ? t.Lanes : OverlapElement.Extent(TOverlap.Sums, t).Lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static LaneReal<TLanes> Target(byte* targets, TLanes label, nint at) => new((default(TTarget) is IIndices)
        ? TLanes.SelectEqual(TLanes.Load(targets + at), label, TLanes.Broadcast(1), TLanes.Broadcast(0))
        : TLanes.Load(targets + at));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(byte* source)
    {
        if (System.Runtime.Intrinsics.X86.Sse.IsSupported)
            System.Runtime.Intrinsics.X86.Sse.Prefetch0(source);
    }
}
