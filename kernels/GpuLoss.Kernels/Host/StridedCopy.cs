using System.Runtime.CompilerServices;
namespace GpuLoss.Kernels.Host;

/// <summary>Copies blocks of voxels between a tensor of any strides and rows that are contiguous, one per class. Elements are bytes
/// here.</summary>
internal static unsafe class StridedCopy
{
    /// <summary>Fills <paramref name="rows"/> from a tensor.</summary>
    /// <param name="volume">The tensor.</param>
    /// <param name="range">The voxels.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="rows">The rows.</param>
    public static void Gather(in HostVolume volume, VoxelRange range, int classes, ClassRows rows) =>
        Copy(volume, range, classes, rows, toRows: true);

    /// <summary>Writes <paramref name="rows"/> into a tensor.</summary>
    /// <inheritdoc cref="Gather"/>
    public static void Scatter(in HostVolume volume, VoxelRange range, int classes, ClassRows rows) =>
        Copy(volume, range, classes, rows, toRows: false);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Copy(in HostVolume volume, VoxelRange range, int classes, ClassRows rows, bool toRows)
    {
        var size = volume.ElementSize;
        for (var done = 0; done < range.Count;)
        {
            var tensor = volume.Locate(range.Sample, range.Voxel + done, out var left);
            var run = (int)Math.Min(left, range.Count - done);
            var row = new ClassRows(rows.First + (nint)done * size, rows.ClassBytes);
            switch (size)
            {
                case 1:
                    CopyRun<byte>(volume, tensor, row, run, classes, toRows);
                    break;
                case 2:
                    CopyRun<ushort>(volume, tensor, row, run, classes, toRows);
                    break;
                case 4:
                    CopyRun<uint>(volume, tensor, row, run, classes, toRows);
                    break;
                default:
                    CopyRun<ulong>(volume, tensor, row, run, classes, toRows);
                    break;
            }

            done += run;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyRun<T>(in HostVolume volume, byte* tensor, ClassRows rows, int run, int classes, bool toRows)
        where T : unmanaged
    {
        var (classStep, voxelStep) = ((nint)volume.ClassBytes, (nint)volume.VoxelBytes);
        if (voxelStep == sizeof(T))
        {
            for (var c = 0; c < classes; c++)
            {
                var inTensor = new Span<T>(tensor + c * classStep, run);
                var inRow = new Span<T>(rows[c], run);
                if (toRows)
                    inTensor.CopyTo(inRow);
                else
                    inRow.CopyTo(inTensor);
            }
        }
        else if (toRows)
        {
            // Voxels outside, classes inside: with the channels last, the tensor's memory is walked in its order.
            for (var v = 0; v < run; v++)
            {
                for (var c = 0; c < classes; c++)
                    *(T*)(rows[c] + v * sizeof(T)) = *(T*)(tensor + v * voxelStep + c * classStep);
            }
        }
        else
        {
            for (var v = 0; v < run; v++)
            {
                for (var c = 0; c < classes; c++)
                    *(T*)(tensor + v * voxelStep + c * classStep) = *(T*)(rows[c] + v * sizeof(T));
            }
        }
    }
}
