using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;

namespace GpuLoss.Kernels.Host;

/// <summary>
/// What Reduce and Spread share: the softmax of one quad of voxels over all classes, before its division. It lies in scratch memory that
/// stays in the level-1 cache, and each of its steps is a method of its own: the compiler stops inlining where a method grows too long.
/// </summary>
/// <remarks>
/// The methods of this and of the two kernels are compiled optimised at once. In .NET's first tier no operator is inlined, and the first
/// thirty calls of a training would take several times as long.
/// </remarks>
/// <typeparam name="TLanes">The register type.</typeparam>
internal readonly unsafe struct SoftmaxQuad<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    private readonly float* exponentials;
    private readonly Quad<TLanes>* parts;

    /// <summary>Takes its memory from <paramref name="scratch"/>.</summary>
    public SoftmaxQuad(ScratchMemory scratch, int classes)
    {
        exponentials = scratch.Take<float>((long)classes * Quad<TLanes>.Count);
        parts = scratch.Take<Quad<TLanes>>(4);
    }

    /// <summary>The scratch bytes of a quad.</summary>
    public static long ScratchSize(int classes) =>
        ScratchMemory.SizeOf<float>((long)classes * Quad<TLanes>.Count) + ScratchMemory.SizeOf<Quad<TLanes>>(4);

    /// <summary>The labels, -1 in the voxels that do not count.</summary>
    public ref Quad<TLanes> Labels => ref parts[0];

    /// <summary>The mask of the voxels that count.</summary>
    public ref Quad<TLanes> Counted => ref parts[1];

    /// <summary>What was added to x_c · log2(e) before the exponential: minus its largest value over the classes.</summary>
    public ref Quad<TLanes> Offset => ref parts[2];

    /// <summary>Σ_c 2^(x_c · log2(e) + offset).</summary>
    public ref Quad<TLanes> Sum => ref parts[3];

    /// <summary>The exponentials of one class.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Quad<TLanes> Exponential(int @class) => Quad<TLanes>.Load(exponentials + (nint)@class * Quad<TLanes>.Count);

    /// <summary>Loads the labels at <paramref name="voxel"/>.</summary>
    /// <returns>Whether all of them count, or some may be left out.</returns>
    /// <typeparam name="TLabels">The element type of the labels.</typeparam>
    /// <typeparam name="TMasked">Whether voxels may be left out.</typeparam>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryLoadLabels<TLabels, TMasked>(in HostTile tile, int voxel)
        where TLabels : struct, IHostLabels
        where TMasked : struct, IPolicy
    {
        var labels = TLabels.Load<TLanes>(tile.Labels, voxel);
        var counted = Quad<TLanes>.LabelsBelow(labels, tile.Classes);
        if (tile.IgnoresAClass)
        {
            var ignored = Quad<TLanes>.LabelsEqual(labels, TLanes.BroadcastLabel(tile.IgnoreIndex));
            counted = Quad<TLanes>.Select(ignored, Quad<TLanes>.Broadcast(0f), counted);
        }

        if (TMasked.Holds)
        {
            Labels = Quad<TLanes>.Select(counted, labels, Quad<TLanes>.Broadcast(TLanes.BroadcastLabel(-1)));
            Counted = counted;
            return true;
        }

        Labels = labels;
        return Quad<TLanes>.CountSet(counted) == Quad<TLanes>.Count;
    }

    /// <summary>Computes the exponentials and their sum. The logits of voxels that do not count are read as 0.</summary>
    /// <typeparam name="TMasked">Whether voxels may be left out.</typeparam>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public void Exponentiate<TMasked>(float* logits, nint stride, int classes)
        where TMasked : struct, IPolicy
    {
        var largest = Quad<TLanes>.Load(logits);
        for (var c = 1; c < classes; c++)
            largest = Quad<TLanes>.Max(largest, Quad<TLanes>.Load(logits + c * stride));
        if (TMasked.Holds)
            largest &= Counted;

        var log2OfE = Quad<TLanes>.Broadcast(LaneMath.Log2OfE);
        var offset = Quad<TLanes>.Broadcast(0f) - largest * log2OfE;
        var sum = Quad<TLanes>.Broadcast(0f);
        for (var c = 0; c < classes; c++)
        {
            var logit = Quad<TLanes>.Load(logits + c * stride);
            if (TMasked.Holds)
                logit &= Counted;
            var exponential = Quad<TLanes>.Exp2(Quad<TLanes>.MultiplyAdd(logit, log2OfE, offset));
            sum += exponential;
            exponential.Store(exponentials + (nint)c * Quad<TLanes>.Count);
        }

        Offset = offset;
        Sum = sum;
    }

    /// <summary>
    /// The mask of the voxels of a class. Compared again for every use: a mask that is used twice is moved to a vector register, which
    /// costs more than the comparison.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Quad<TLanes> Own(Quad<TLanes> labels, int @class) =>
        Quad<TLanes>.LabelsEqual(labels, TLanes.BroadcastLabel(@class));
}
