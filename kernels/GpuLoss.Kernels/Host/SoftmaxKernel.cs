using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;

namespace GpuLoss.Kernels.Host;

/// <summary>
/// The first half of both passes: the softmax of a block before its division, and what cross-entropy needs of each voxel. The exponentials go to the
/// rows of the block; <c>p = exponential · scale</c>.
/// </summary>
/// <remarks>
/// The methods of the kernels are compiled optimised at once. In .NET's first tier no operator is inlined, and the first thirty calls of a training
/// would take several times as long. They take pointers, since a struct of pointers that is passed by value is copied in pieces and read back whole,
/// which stalls.
/// </remarks>
/// <typeparam name="TLanes">The register type.</typeparam>
/// <typeparam name="TMasked">Whether some voxels do not count; their logits are read as 0.</typeparam>
/// <typeparam name="TCrossEntropy">What is summed of the cross-entropy.</typeparam>
internal static unsafe class SoftmaxKernel<TLanes, TMasked, TCrossEntropy>
    where TLanes : unmanaged, ILanes<TLanes>
    where TMasked : struct, IPolicy
    where TCrossEntropy : struct, ICrossEntropyPolicy
{
    /// <summary>
    /// The exponentials of so many classes are added up before their sum is: one float32 sum over a thousand classes would be off by 3e-6.
    /// </summary>
    private const int ClassesPerSum = 32;

    /// <summary>
    /// The squares of the largest logits and of those of the voxels' own classes, added up lane by lane, must stay below this: an exponent is rounded at
    /// the size of the largest logit, and what that takes away, the same of all classes, is in their exponentials. Of 1e10 it would be 2^512.
    /// </summary>
    private const double MostSquares = 1 << 30;

    /// <summary>Computes the softmax of <paramref name="voxels"/>, a whole number of quads.</summary>
    /// <param name="block">The block.</param>
    /// <param name="logits">Their logits; may be the rows of the block.</param>
    /// <param name="voxels">The number of voxels.</param>
    /// <param name="crossEntropy">The running cross-entropy, where it is summed without weights.</param>
    /// <returns>Whether the logits were small enough. If not, nothing was added and the block is <see cref="WideSoftmaxKernel{TLanes}"/>'s to compute; its
    /// rows are overwritten.</returns>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static bool Run(in VoxelBlock<TLanes> block, ClassRows logits, int voxels, CrossEntropySums<TLanes>* crossEntropy)
    {
        var classes = block.Classes;
        var rowBytes = block.Rows.ClassBytes;

        // The next block's logits are fetched while this one is computed: its rows begin elsewhere for every class, which no prefetcher foresees.
        var ahead = (nint)voxels * TLanes.ScalarSize;
        var notCounted = TLanes.Broadcast(-1);
        var one = TLanes.Broadcast(1);
        var squares = TLanes.Broadcast(0);
        var before = TCrossEntropy.Sum == CrossEntropySum.Unweighted ? *crossEntropy : default;
        var log2OfE = Quad<TLanes>.Broadcast(LaneMath.Log2OfE);
        for (nint at = 0; at < (nint)voxels * TLanes.ScalarSize; at += sizeof(Quad<TLanes>))
        {
            var labels = Quad<TLanes>.Load(block.Labels.Lanes + at);
            var source = logits.First + at;
            var largest = Quad<TLanes>.Load(source);
            for (var c = 1; c < classes; c++)
            {
                source += logits.ClassBytes;
                largest = Quad<TLanes>.Max(largest, source);
            }

            if (TMasked.Holds)
                largest = Quad<TLanes>.SelectEqual(labels, notCounted, Quad<TLanes>.Broadcast(0), largest);

            var offset = Quad<TLanes>.Broadcast(0) - largest * log2OfE;
            var sum = Quad<TLanes>.Broadcast(0);
            var own = Quad<TLanes>.Broadcast(0);
            var label = TLanes.Broadcast(0);
            source = logits.First + at;
            var row = block.Rows.First + at;
            for (var first = 0; first < classes; first += ClassesPerSum)
            {
                var partialSum = Quad<TLanes>.Broadcast(0);
                for (var c = first; c < Math.Min(first + ClassesPerSum, classes); c++)
                {
                    var logit = Quad<TLanes>.Load(source);
                    if (TMasked.Holds)
                        logit = Quad<TLanes>.SelectEqual(labels, notCounted, Quad<TLanes>.Broadcast(0), logit);

                    // What is rounded before the largest logit is taken off would stay in the exponent at the size of the logits.
                    var exponent = TLanes.Fuses ? Quad<TLanes>.MultiplyAdd(logit, log2OfE, offset) : (logit - largest) * log2OfE;
                    if (TCrossEntropy.Sum != CrossEntropySum.None)
                        own = Quad<TLanes>.SelectEqual(labels, label, exponent, own);
                    var exponential = Quad<TLanes>.Exp2(exponent);
                    partialSum += exponential;
                    exponential.Store(row);
                    Quad<TLanes>.Prefetch(source + ahead);
                    label += one;
                    source += logits.ClassBytes;
                    row += rowBytes;
                }

                sum += partialSum;
            }

            squares = Quad<TLanes>.AddSquares(largest, squares);
            if (TCrossEntropy.Sum != CrossEntropySum.None)
                squares = Quad<TLanes>.AddSquares(own, squares);
            var scale = Quad<TLanes>.Reciprocal(sum);
            if (TMasked.Holds)
            {
                scale = Quad<TLanes>.SelectEqual(labels, notCounted, Quad<TLanes>.Broadcast(0), scale);
                sum = Quad<TLanes>.SelectEqual(labels, notCounted, Quad<TLanes>.Broadcast(1), sum);
            }

            scale.Store(block.Scale + at);
            if (TCrossEntropy.Sum == CrossEntropySum.Unweighted)
                crossEntropy->Add(sum, own);
            else if (TCrossEntropy.Sum == CrossEntropySum.Weighted)
                (Quad<TLanes>.Log2(sum) - own).Store(block.CrossEntropy + at);
        }

        // What is not a number is not small either.
        if (TLanes.Sum(TLanes.SelectLess(squares, TLanes.Broadcast(MostSquares), TLanes.Broadcast(0), one)) != 0)
        {
            if (TCrossEntropy.Sum == CrossEntropySum.Unweighted)
                *crossEntropy = before;
            return false;
        }

        if (TCrossEntropy.Sum == CrossEntropySum.Unweighted)
            crossEntropy->EndBlock();
        return true;
    }
}
