using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuLoss.Kernels.Host.Simd;

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

    /// <summary>Reads the labels of <paramref name="count"/> voxels. Up to <paramref name="padded"/>, a whole number of quads, none counts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public LabelFindings Load(in HostArguments arguments, in HostVolume volume, int sample, long voxel, int count, int padded)
    {
        var source = volume.Locate(sample, voxel, out var row);
        if (volume.VoxelBytes != volume.ElementSize || row < count)
        {
            source = gathered;
            StridedCopy.Gather(volume, sample, voxel, count, classes: 1, new ClassRows(source, classBytes: 0));
        }

        var findings = LabelReader.Read(arguments.LabelType, source, count, arguments.Shape.Classes, arguments.IgnoreIndex, numbers);
        new Span<int>(numbers + count, padded - count).Fill(-1);
        var lanes = Lanes;
        for (var number = numbers; number < numbers + padded; number += TLanes.Count)
        {
            TLanes.Store(TLanes.LoadLabels(number), lanes);
            lanes += sizeof(TLanes);
        }

        return findings with { AllCount = findings.AllCount && count == padded };
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
