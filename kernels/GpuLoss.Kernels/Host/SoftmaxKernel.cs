using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>
/// The first half of both passes: the softmax of a block before its division, and what cross-entropy needs of each voxel. The exponentials
/// go to the rows of the block; <c>p = exponential · scale</c>.
/// </summary>
/// <remarks>
/// The methods of the kernels are compiled optimised at once. In .NET's first tier no operator is inlined, and the first thirty calls of a
/// training would take several times as long. They take references, since a struct of pointers that is passed by value is copied in pieces
/// and read back whole, which stalls.
/// </remarks>
/// <typeparam name="TLanes">The register type.</typeparam>
/// <typeparam name="TTarget">What the target holds.</typeparam>
/// <typeparam name="TMasked">Whether some voxels do not count; their logits are read as 0.</typeparam>
/// <typeparam name="TTerm">What is done about cross-entropy: its product is taken, or it is left in the block for each voxel, or only 1 - p
/// of the own class, or what rows are made of, which takes <typeparamref name="TWide"/>.</typeparam>
/// <typeparam name="TWide">Whether logits may be of any size. Else the largest logit is taken off within one rounding.</typeparam>
internal static unsafe class SoftmaxKernel<TLanes, TTarget, TMasked, TTerm, TWide>
    where TLanes : unmanaged, ILanes<TLanes>
    where TTarget : struct, ITargetPolicy
    where TMasked : struct, IPolicy
    where TTerm : struct, ITermPolicy
    where TWide : struct, IPolicy
{
    /// <summary>
    /// The exponentials of so many classes are added up before their sum is: one float32 sum over a thousand classes would be off by 3e-6.
    /// </summary>
    private const int ClassesPerSum = 32;

    /// <summary>
    /// The squares of the largest logits and of those of the voxels' own classes, added up lane by lane, must stay below this: an exponent
    /// is rounded at the size of the largest logit, and what that takes away, the same of all classes, is in their exponentials. Of 1e10 it
    /// would be 2^512.
    /// </summary>
    private const double MostSquares = 1 << 30;

    /// <summary>Computes the softmax of a block.</summary>
    /// <param name="block">The block.</param>
    /// <param name="table">The factors of the classes in the voxel term.</param>
    /// <param name="product">The running cross-entropy, where it is summed here.</param>
    /// <returns>Whether the logits were small enough. If not, nothing was added, and the block is to be computed again, wide; its rows are
    /// overwritten.</returns>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static bool Run(in VoxelBlock<TLanes> block, in ClassTable<TLanes> table, CrossEntropySums<TLanes>* product)
    {
        var classes = block.Classes;
        var rowBytes = block.Rows.ClassBytes;
        var logits = block.Logits;
        var targets = block.Target;

        // The next block's logits are fetched while this one is computed: its rows begin elsewhere for every class, which no prefetcher
        // foresees.
        var ahead = (nint)block.Voxels * TLanes.ScalarSize;
        var targetAhead = Quad<TLanes>.TargetAt<TTarget>(ahead);
        var one = TLanes.Of(1);
        var none = TLanes.Of(0);
        var squares = none;
        var before = default(TTerm) is IProductTerm ? *product : default;
        var log2OfE = Quad<TLanes>.Of(LaneMath.Log2OfE);
        var wideLog2OfE = Quad<TLanes>.Of(LaneMath.Log2OfE / ReduceSums<TLanes>.TermScale);
        var termScale = Quad<TLanes>.Of(ReduceSums<TLanes>.TermScale);
        for (nint at = 0; at < (nint)block.Voxels * TLanes.ScalarSize; at += sizeof(Quad<TLanes>))
        {
            var labels = default(TTarget) is IIndices ? Quad<TLanes>.Load(targets.First + at) : Quad<TLanes>.Of(0);
            var weight = typeof(TMasked) == typeof(Yes) ? Quad<TLanes>.Load(block.Weight + at) : Quad<TLanes>.Of(0);
            var source = logits.First + at;
            var largest = Quad<TLanes>.Load(source);
            for (var c = 1; c < classes; c++)
            {
                source += logits.ClassBytes;
                largest = Quad<TLanes>.Max(largest, source);
            }

            if (typeof(TMasked) == typeof(Yes))
                largest = Quad<TLanes>.SelectEqual(weight, none, Quad<TLanes>.Of(0), largest);

            var offset = Quad<TLanes>.Of(0) - largest * log2OfE;
            var sum = Quad<TLanes>.Of(0);
            var others = Quad<TLanes>.Of(0);
            var ties = Quad<TLanes>.Of(-1);
            var own = Quad<TLanes>.Of(0);
            var factor = Quad<TLanes>.Of(0);
            var label = TLanes.Of(block.LabelOf(0));
            source = logits.First + at;
            var row = block.Rows.First + at;
            var target = targets.First + Quad<TLanes>.TargetAt<TTarget>(at);
            var ofClass = table;
            for (var first = 0; first < classes; first += ClassesPerSum)
            {
                var partialSum = Quad<TLanes>.Of(0);
                var partialOthers = Quad<TLanes>.Of(0);
                for (var c = first; c < Math.Min(first + ClassesPerSum, classes); c++)
                {
                    var logit = Quad<TLanes>.Load(source);
                    if (typeof(TMasked) == typeof(Yes))
                        logit = Quad<TLanes>.SelectEqual(weight, none, Quad<TLanes>.Of(0), logit);

                    // What is rounded before the largest logit is taken off would stay in the exponent at the size of the logits.
                    Quad<TLanes> distance, exponent;
                    if (default(TTerm) is IRowsTerm)
                    {
                        distance = logit - largest;
                        exponent = distance * log2OfE;
                    }
                    else if (typeof(TWide) == typeof(Yes))
                    {
                        distance = logit * termScale - largest * termScale;
                        exponent = distance * wideLog2OfE;
                    }
                    else if (default(TTerm) is IKeepsRest)
                    {
                        exponent = distance = (logit - largest) * log2OfE;
                    }
                    else
                    {
                        exponent = TLanes.Fuses ? Quad<TLanes>.MultiplyAdd(logit, log2OfE, offset) : (logit - largest) * log2OfE;
                        distance = exponent;
                    }

                    if (default(TTerm) is IHasTerm && default(TTerm) is not IRowsTerm)
                    {
                        if (default(TTarget) is IShared)
                        {
                            var share = Quad<TLanes>.Line<TTarget>(labels, label, target, ofClass.TermAtOne, ofClass.TermAtZero);
                            own += RealMath.Weighted(share, distance);
                            if (default(TTerm) is IVoxelwiseTerm)
                                factor += share;
                            ofClass = ofClass.Next;
                        }
                        else
                        {
                            own = Quad<TLanes>.SelectEqual(labels, label, distance, own);
                            if (default(TTerm) is IVoxelwiseTerm && default(TTerm) is not IEqualTerm)
                            {
                                factor = Quad<TLanes>.SelectEqual(labels, label, Quad<TLanes>.Of(ofClass.TermAtOne), factor);
                                ofClass = ofClass.Next;
                            }
                        }
                    }

                    var exponential = Quad<TLanes>.Exp2(exponent);
                    if (default(TTerm) is IRowsTerm)
                    {
                        // The largest is 1, and beside it the others of a confident voxel would lose their digits.
                        exponential = Quad<TLanes>.SelectEqual(distance, none, Quad<TLanes>.Of(1), exponential);
                        partialOthers += Quad<TLanes>.SelectEqual(distance, none, Quad<TLanes>.Of(0), exponential);
                        ties += Quad<TLanes>.SelectEqual(distance, none, Quad<TLanes>.Of(1), Quad<TLanes>.Of(0));
                    }

                    if (default(TTerm) is IKeepsRest)
                        partialOthers += Quad<TLanes>.SelectEqual(labels, label, Quad<TLanes>.Of(0), exponential);
                    partialSum += exponential;
                    exponential.Store(row);
                    if (typeof(TWide) == typeof(No))
                        Quad<TLanes>.Prefetch(source + ahead);
                    label += one;
                    source += logits.ClassBytes;
                    row += rowBytes;
                    if (default(TTarget) is not IIndices)
                    {
                        Quad<TLanes>.PrefetchTarget<TTarget>(target + targetAhead);
                        target += targets.ClassBytes;
                    }
                }

                sum += partialSum;
                others += partialOthers;
            }

            if (typeof(TWide) == typeof(No))
            {
                squares = Quad<TLanes>.AddSquares(largest, squares);
                if (default(TTerm) is IHasTerm)
                    squares = Quad<TLanes>.AddSquares(own, squares);
            }

            var scale = Quad<TLanes>.Reciprocal(sum);
            if (typeof(TMasked) == typeof(Yes))
            {
                scale = Quad<TLanes>.SelectEqual(weight, none, Quad<TLanes>.Of(0), scale);
                sum = Quad<TLanes>.SelectEqual(weight, none, Quad<TLanes>.Of(1), sum);
            }

            scale.Store(block.Scale + at);
            if (default(TTerm) is IProductTerm)
            {
                product->Add(sum, own);
            }
            else if (default(TTerm) is IRowsTerm)
            {
                largest.Store(block.Term + at);
                (others + ties).Store(block.Factor + at);
            }
            else if (default(TTerm) is IVoxelwiseTerm)
            {
                sum.Store(block.Term + at);
                own.Store(block.Own + at);
                if (default(TTerm) is not IEqualTerm)
                    factor.Store(block.Factor + at);
            }

            if (default(TTerm) is IKeepsRest)
                (others * scale).Store(block.Rest + at);
        }

        // What is not a number is not small either.
        if (typeof(TWide) == typeof(No) && TLanes.Sum(TLanes.SelectLess(squares, TLanes.Of(MostSquares), none, one)) != 0)
        {
            if (default(TTerm) is IProductTerm)
                *product = before;
            return false;
        }

        if (default(TTerm) is IProductTerm)
            product->EndBlock();
        return true;
    }
}
