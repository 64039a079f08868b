using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>
/// One worker's block of neighbouring voxels: rows in scratch memory that stays in the caches while the kernels go over it several times.
/// Logits, numbers of the target and gradient are used where they are, if their rows are contiguous lanes and end with a whole quad; else
/// they go through the block's own rows.
/// </summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal unsafe struct VoxelBlock<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    private const int MostVoxels = 256;
    private const int RowsBytes = 32 << 10;

    private readonly LabelBlock<TLanes> labels;
    private readonly ClassRows halves;
    private readonly ClassRows ownLogits;
    private readonly ClassRows ownTarget;
    private readonly HostArguments arguments;
    private readonly HostVolumes volumes;
    private readonly bool clearsLogits;
    private VoxelRange range;

    /// <summary>A row per class: exp(x - largest x of the voxel), later the gradient where it has no place of its own.</summary>
    public readonly ClassRows Rows;

    /// <summary>A row per class: dL/dp, in Spread.</summary>
    public readonly ClassRows Slopes;

    /// <summary>A row per class: the factors of -ln p, where these are computed apart.</summary>
    public readonly ClassRows Terms;

    /// <summary>1 / Σ exp of each voxel; 0 where it does not count.</summary>
    public readonly byte* Scale;

    /// <summary>
    /// The voxel term of each voxel before its factor, times <see cref="ReduceSums{TLanes}.TermScale"/>, or what else
    /// <see cref="TermForm"/> says.
    /// </summary>
    public readonly byte* Term;

    /// <summary>The factor of the voxel term of each voxel, or what else <see cref="TermForm"/> says.</summary>
    public readonly byte* Factor;

    /// <summary>What the logits of each voxel's own class add to its voxel term, before it is computed.</summary>
    public readonly byte* Own;

    /// <summary>1 - p of each voxel's own class, where it is asked for.</summary>
    public readonly byte* Rest;

    /// <summary>The weight of each voxel, where not all of them are 1; 0 where it does not count.</summary>
    public readonly byte* Weight;

    /// <summary>The number of classes.</summary>
    public readonly int Classes;

    /// <summary>Takes its memory from <paramref name="scratch"/>.</summary>
    /// <param name="scratch">The memory.</param>
    /// <param name="arguments">The call.</param>
    /// <param name="volumes">Where its tensors lie.</param>
    public VoxelBlock(ScratchMemory scratch, in HostArguments arguments, in HostVolumes volumes)
    {
        (this.arguments, this.volumes) = (arguments, volumes);
        Classes = arguments.Shape.Classes;
        var voxels = VoxelsFor(Classes);
        labels = new LabelBlock<TLanes>(scratch, voxels);
        Rows = LaneRows(scratch, Classes, voxels);
        Slopes = LaneRows(scratch, Classes, voxels);
        halves = new ClassRows(scratch.Take<byte>((long)Classes * voxels * sizeof(ushort)), (nint)voxels * sizeof(ushort));
        Scale = LaneRows(scratch, 1, voxels).First;
        Term = LaneRows(scratch, 1, voxels).First;
        Factor = LaneRows(scratch, 1, voxels).First;
        Own = LaneRows(scratch, 1, voxels).First;
        Rest = LaneRows(scratch, 1, voxels).First;
        Weight = LaneRows(scratch, 1, voxels).First;
        foreach (var sum in arguments.Sums)
            clearsLogits |= sum.Definition.Activation != Activation.Softmax;
        var keepsLogits = KeepsLogits(arguments);
        ownLogits = keepsLogits ? LaneRows(scratch, Classes, voxels) : Rows;
        Terms = keepsLogits ? LaneRows(scratch, Classes, voxels) : Rows;
        ownTarget = arguments.TargetKind == TargetKind.Labels ? default : LaneRows(scratch, Classes, voxels);
    }

    /// <summary>The logits: a row per class, where they are or in the block.</summary>
    public ClassRows Logits { get; private set; }

    /// <summary>The target: a row of labels, -1 in the voxels that do not count; or a row of numbers per class, bytes where it holds
    /// these.</summary>
    public ClassRows Target { get; private set; }

    /// <summary>The number of voxels, up to a whole number of quads. Those that are only there for that do not count.</summary>
    public int Voxels { get; private set; }

    /// <summary>Which voxels count.</summary>
    public Selection Selection { get; private set; }

    /// <summary>Whether some voxels have no weight: what is there in the logits may be no number.</summary>
    public bool HasZeros { get; private set; }

    /// <summary>
    /// The voxels of a block: as many as keep the rows in the level-1 cache beside what streams through it, but no fewer than a quad.
    /// </summary>
    public static int VoxelsFor(int classes)
    {
        var voxels = MostVoxels;
        while (voxels > Quad<TLanes>.Count && voxels * classes * TLanes.ScalarSize > RowsBytes)
            voxels /= 2;
        return voxels;
    }

    /// <summary>The scratch bytes of a block.</summary>
    public static long ScratchSize(in HostArguments arguments)
    {
        var classes = arguments.Shape.Classes;
        var voxels = VoxelsFor(classes);
        var rows = ScratchMemory.SizeOf<byte>((long)classes * voxels * TLanes.ScalarSize);
        var sets = 2 + (KeepsLogits(arguments) ? 2 : 0) + (arguments.TargetKind == TargetKind.Labels ? 0 : 1);
        return LabelBlock<TLanes>.ScratchSize(voxels) + sets * rows
            + ScratchMemory.SizeOf<byte>((long)classes * voxels * sizeof(ushort))
            + 6 * ScratchMemory.SizeOf<byte>((long)voxels * TLanes.ScalarSize);
    }

    /// <summary>The lane that stands for a class in a row of labels. Where there is one class its voxels are labelled 1, and the others
    /// 0.</summary>
    public readonly int LabelOf(int @class) => Classes == 1 ? 1 : @class;

    /// <summary>Rows of lanes.</summary>
    public static ClassRows LaneRows(ScratchMemory scratch, int count, int voxels) =>
        new(scratch.Take<byte>((long)count * voxels * TLanes.ScalarSize), (nint)voxels * TLanes.ScalarSize);

    /// <summary>Brings some voxels into reach.</summary>
    /// <param name="voxels">The voxels.</param>
    /// <returns>How many labels, weights and numbers of the target are invalid.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Load(VoxelRange voxels)
    {
        range = voxels;
        Voxels = (range.Count + Quad<TLanes>.Count - 1) / Quad<TLanes>.Count * Quad<TLanes>.Count;
        var invalid = 0;
        var (hasWeights, isWeighted, hasZeros) = (false, false, false);
        if (arguments.Mask != null)
        {
            ReadRows(volumes.Mask, ElementReader.KindOf(arguments.MaskKind), new ClassRows(Weight, 0), classes: 1);
            invalid = VoxelWeights<TLanes>.Check(Weight, range.Count, Voxels, out hasWeights, out isWeighted, out hasZeros);
        }

        var isIndices = arguments.TargetKind == TargetKind.Labels;
        if (isIndices)
        {
            invalid += labels.Load(arguments, volumes.Target, range, Voxels, hasWeights ? Weight : null, hasZeros, out var allCount);
            Target = new ClassRows(labels.Lanes, 0);
            if (!allCount && !hasWeights)
                labels.WriteWeights(Weight, Voxels);
            hasWeights |= !allCount;
            hasZeros |= !allCount;
        }
        else if (range.Count < Voxels && !hasWeights)
        {
            VoxelWeights<TLanes>.Fill(Weight, range.Count, Voxels);
            hasWeights = hasZeros = true;
        }

        HasZeros = hasZeros;
        Selection = isWeighted ? Selection.Weighted : hasWeights ? Selection.Masked : Selection.All;
        if (!isIndices)
        {
            Target = arguments.TargetKind == TargetKind.UInt8
                ? TakeBytes(volumes.Target, ownTarget)
                : Take(volumes.Target, arguments.TargetKind, ownTarget, clears: hasWeights);
            if (arguments.ChecksTarget)
                invalid += CountOutside(hasWeights ? Weight : null);
        }

        ReloadLogits();
        return invalid;
    }

    /// <summary>Brings the logits of the voxels into reach again, where a kernel has written over them.</summary>
    public void ReloadLogits() =>
        Logits = Take(volumes.Logits, ElementReader.KindOf(arguments.LogitsType), ownLogits,
            clears: clearsLogits && Selection != Selection.All);

    /// <summary>Puts rows of the block in the place of the logits.</summary>
    public void TakeAsLogits(ClassRows rows) => Logits = rows;

    /// <summary>Adds the voxels to the counts.</summary>
    public readonly void Count(ref VoxelCounts counts)
    {
        if (arguments.TargetKind == TargetKind.Labels && Selection != Selection.Weighted)
            labels.Count(Voxels, Math.Max(Classes, 2), counts.Labels);
        else
            counts.Weights += Selection == Selection.All ? Voxels : VoxelWeights<TLanes>.Sum(Weight, Voxels);
    }

    /// <summary>Where a kernel may write the gradient of the voxels: in its place, or in <see cref="Rows"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly ClassRows Gradient()
    {
        var inPlace = InPlace(volumes.Gradient, out var isRow);
        return volumes.Gradient.ElementSize == TLanes.ScalarSize && isRow && Voxels == range.Count ? inPlace : Rows;
    }

    /// <summary>Makes 0 of all elements of some rows.</summary>
    public readonly void Clear(ClassRows rows)
    {
        for (var c = 0; c < Classes; c++)
            new Span<byte>(rows[c], Voxels * TLanes.ScalarSize).Clear();
    }

    /// <summary>Takes a gradient from rows of the block to its place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public readonly void StoreGradient(ClassRows rows)
    {
        var gradient = volumes.Gradient;
        if (gradient.ElementSize == TLanes.ScalarSize)
        {
            StridedCopy.Scatter(gradient, range, Classes, rows);
            return;
        }

        var inPlace = InPlace(gradient, out var isRow);
        var destination = isRow ? inPlace : halves;
        for (var c = 0; c < Classes; c++)
            HalfConversion.Narrow(arguments.LogitsType, (float*)rows[c], destination[c], range.Count);
        if (!isRow)
            StridedCopy.Scatter(gradient, range, Classes, halves);
    }

    /// <summary>Rows of lanes with the elements of a tensor: where these are, or in rows of the block.</summary>
    private readonly ClassRows Take(in HostVolume volume, TargetKind kind, ClassRows own, bool clears)
    {
        if (ElementTypes.SizeOf(kind) == TLanes.ScalarSize && Voxels == range.Count && !clears)
        {
            var inPlace = InPlace(volume, out var isRow);
            if (isRow)
                return inPlace;
        }

        ReadRows(volume, kind, own, Classes);
        for (var c = 0; c < Classes; c++)
        {
            new Span<byte>(own[c] + range.Count * TLanes.ScalarSize, (Voxels - range.Count) * TLanes.ScalarSize).Clear();
            if (clears)
                VoxelWeights<TLanes>.ClearWhereNone(own[c], Weight, Voxels);
        }

        return own;
    }

    /// <summary>Rows of bytes likewise. In voxels that do not count they are whatever they are: no byte harms.</summary>
    private readonly ClassRows TakeBytes(in HostVolume volume, ClassRows own)
    {
        var inPlace = InPlace(volume, out var isRow);
        if (isRow && Voxels == range.Count)
            return inPlace;
        StridedCopy.Gather(volume, range, Classes, own);
        for (var c = 0; c < Classes; c++)
            new Span<byte>(own[c] + range.Count, Voxels - range.Count).Clear();
        return own;
    }

    private readonly int CountOutside(byte* weights) => arguments.TargetKind == TargetKind.UInt8
        ? TargetCheck<TLanes>.CountBytesOutside(Target, Classes, range.Count, Voxels, weights)
        : TargetCheck<TLanes>.CountOutside(Target, Classes, range.Count, Voxels);

    private readonly void ReadRows(in HostVolume volume, TargetKind kind, ClassRows rows, int classes)
    {
        var source = InPlace(volume, out var isRow);
        if (!isRow)
        {
            source = ElementTypes.SizeOf(kind) == TLanes.ScalarSize ? rows : halves;
            StridedCopy.Gather(volume, range, classes, source);
            if (source.First == rows.First)
                return;
        }

        for (var c = 0; c < classes; c++)
            ElementReader.Read<TLanes>(kind, source[c], range.Count, rows[c]);
    }

    private readonly ClassRows InPlace(in HostVolume volume, out bool isRow)
    {
        var first = volume.Locate(range.Sample, range.Voxel, out var row);
        isRow = volume.VoxelBytes == volume.ElementSize && row >= range.Count;
        return new ClassRows(first, (nint)volume.ClassBytes);
    }

    /// <summary>Whether a kernel reads the logits after the exponentials have been written.</summary>
    private static bool KeepsLogits(in HostArguments arguments) => arguments.Sums.Length > 1 || TermChoice.TakesRows(arguments);
}
