using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>The labels of one block of voxels, in the forms that the kernels compare and count them in.</summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal readonly unsafe struct LabelBlock<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    private readonly int* numbers;
    private readonly byte* packed;
    private readonly byte* gathered;

    /// <summary>The labels as lanes, -1 in the voxels that do not count.</summary>
    public readonly byte* Lanes;

    /// <summary>Takes its memory from <paramref name="scratch"/>.</summary>
    public LabelBlock(ScratchMemory scratch, int voxels)
    {
        numbers = scratch.Take<int>(voxels);
        packed = scratch.Take<byte>(voxels);
        gathered = scratch.Take<byte>((long)voxels * sizeof(long));
        Lanes = scratch.Take<byte>((long)voxels * TLanes.ScalarSize);
    }

    /// <summary>The scratch bytes of a block of voxels.</summary>
    public static long ScratchSize(int voxels) =>
        ScratchMemory.SizeOf<int>(voxels) + ScratchMemory.SizeOf<byte>(voxels) + ScratchMemory.SizeOf<byte>((long)voxels * sizeof(long))
        + ScratchMemory.SizeOf<byte>((long)voxels * TLanes.ScalarSize);

    /// <summary>Reads the labels of some voxels. Up to <paramref name="padded"/>, a whole number of quads, none counts.</summary>
    /// <param name="arguments">The call.</param>
    /// <param name="volume">Where its labels lie.</param>
    /// <param name="range">The voxels.</param>
    /// <param name="padded">The number of voxels of the block.</param>
    /// <param name="weights">Their weights, which become 0 where the label does not count, and where these are 0 the label does not; or
    /// null.</param>
    /// <param name="hasZeros">Whether any weight is 0.</param>
    /// <param name="allCount">Whether all voxels of the block count.</param>
    /// <returns>How many labels name no class and are not the ignored one, among voxels with a weight.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Load(in HostArguments arguments, in HostVolume volume, VoxelRange range, int padded, byte* weights, bool hasZeros,
        out bool allCount)
    {
        var source = volume.Locate(range.Sample, range.Voxel, out var row);
        if (volume.VoxelBytes != volume.ElementSize || row < range.Count)
        {
            source = gathered;
            StridedCopy.Gather(volume, range, classes: 1, new ClassRows(source, classBytes: 0));
        }

        // One class is yes or no, 0 or 1.
        var classes = Math.Max(arguments.Shape.Classes, 2);
        var findings = LabelReader.Read(arguments.LabelType, source, range.Count, classes, arguments.IgnoreIndex, numbers);
        new Span<int>(numbers + range.Count, padded - range.Count).Fill(-1);
        allCount = findings.AllCount && range.Count == padded;
        var invalid = weights != null && findings.Invalid > 0
            ? CountInvalid(arguments, source, range.Count, weights, classes)
            : findings.Invalid;
        if (weights != null && hasZeros)
            LeaveOut(weights, range.Count);
        var lanes = Lanes;
        for (var number = numbers; number < numbers + padded; number += TLanes.Count)
        {
            var label = TLanes.LoadLabels(number);
            TLanes.Store(label, lanes);
            if (weights != null && !allCount)
            {
                var weight = weights + (lanes - Lanes);
                TLanes.Store(TLanes.SelectEqual(label, TLanes.Of(-1), TLanes.Of(0), TLanes.Load(weight)), weight);
            }

            lanes += sizeof(TLanes);
        }

        return invalid;
    }

    /// <summary>Writes 1 where the label counts, else 0.</summary>
    public void WriteWeights(byte* weights, int padded)
    {
        for (nint at = 0; at < (nint)padded * TLanes.ScalarSize; at += sizeof(TLanes))
        {
            var counts = TLanes.SelectEqual(TLanes.Load(Lanes + at), TLanes.Of(-1), TLanes.Of(0), TLanes.Of(1));
            TLanes.Store(counts, weights + at);
        }
    }

    private static int CountInvalid(in HostArguments arguments, byte* source, int count, byte* weights, int classes)
    {
        var (invalid, size) = (0, ElementTypes.SizeOf(arguments.LabelType));
        var room = stackalloc int[Vector256<int>.Count];
        for (var i = 0; i < count; i++)
        {
            if (VoxelWeights<TLanes>.Read(weights, i) != 0)
                invalid += LabelReader.Read(arguments.LabelType, source + i * size, 1, classes, arguments.IgnoreIndex, room).Invalid;
        }

        return invalid;
    }

    private void LeaveOut(byte* weights, int count)
    {
        for (var i = 0; i < count; i++)
            numbers[i] = VoxelWeights<TLanes>.Read(weights, i) == 0 ? -1 : numbers[i];
    }

    /// <summary>Adds the number of voxels of each class to <paramref name="counts"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Count(int padded, int classes, long* counts)
    {
        // Counted in bytes, 32 at once. The value 255 stands for "does not count", so it must not be a class.
        if (classes > byte.MaxValue || padded % Vector256<byte>.Count != 0)
        {
            for (var i = 0; i < padded; i++)
            {
                if (numbers[i] >= 0)
                    counts[numbers[i]]++;
            }

            return;
        }

        for (var i = 0; i < padded; i += Vector256<byte>.Count)
        {
            Vector256.Narrow(
                Vector256.Narrow(Vector256.Load(numbers + i), Vector256.Load(numbers + i + 8)),
                Vector256.Narrow(Vector256.Load(numbers + i + 16), Vector256.Load(numbers + i + 24))).AsByte().Store(packed + i);
        }

        for (var c = 0; c < classes; c++)
        {
            // An equal byte is -1. There are at most a few registers in a block, far from a byte's 255.
            var label = Vector256.Create((byte)c);
            var equal = Vector256<byte>.Zero;
            for (var labels = packed; labels < packed + padded; labels += Vector256<byte>.Count)
                equal -= Vector256.Equals(Vector256.Load(labels), label);
            var (low, high) = Vector256.Widen(equal);
            counts[c] += Vector256.Sum(low + high);
        }
    }
}
