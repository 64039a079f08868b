using System.Globalization;

namespace GpuLoss.Cli.Volumes;

/// <summary>
/// Brings an image and its labels to voxels of another size. An output voxel covers a box of input voxels: its intensity is their mean,
/// weighted by how much of each lies in the box, and its class the one with the most volume in it (the lowest of several). Where the output
/// is finer than the input, the box lies in one input voxel or across neighbours, and the same rule holds.
/// </summary>
internal static class Resampling
{
    /// <summary>The grid that covers the same space with voxels of <paramref name="spacing"/>.</summary>
    /// <param name="size">The grid there is.</param>
    /// <param name="from">Its voxels.</param>
    /// <param name="spacing">The voxels wanted.</param>
    /// <param name="classes">How many classes will be told apart: a network gives every voxel a number for each.</param>
    /// <param name="source">What is resampled, for messages.</param>
    /// <exception cref="InputException">The grid would not fit into memory.</exception>
    public static GridSize SizeAt(GridSize size, VoxelSpacing from, VoxelSpacing spacing, int classes, string source)
    {
        var (x, y, z) = (Length(size.X, from.X, spacing.X), Length(size.Y, from.Y, spacing.Y), Length(size.Z, from.Z, spacing.Z));
        var what = string.Create(
            CultureInfo.InvariantCulture, $"{source}: {size} voxels of {from} mm become {x}×{y}×{z} of {spacing} mm, which");
        AvailableMemory.RequireForTraining(x * y * z, classes, what, "give a larger --spacing");
        return new GridSize((int)x, (int)y, (int)z);
    }

    /// <summary>Resamples intensities and classes together.</summary>
    public static (float[] Image, byte[] Labels) To(
        GridSize target, VoxelSpacing spacing, GridSize size, VoxelSpacing from, float[] image, byte[] labels, int classes)
    {
        var (alongX, alongY, alongZ) = (
            Overlaps(target.X, size.X, spacing.X / from.X), Overlaps(target.Y, size.Y, spacing.Y / from.Y),
            Overlaps(target.Z, size.Z, spacing.Z / from.Z));
        var newImage = new float[target.Voxels];
        var newLabels = new byte[target.Voxels];
        Parallel.For(0, target.Z, z =>
        {
            var volumes = new double[classes];
            for (var y = 0; y < target.Y; y++)
            {
                for (var x = 0; x < target.X; x++)
                {
                    Array.Clear(volumes);
                    double sum = 0, total = 0;
                    foreach (var (iz, wz) in alongZ[z])
                    {
                        foreach (var (iy, wy) in alongY[y])
                        {
                            var row = ((long)iz * size.Y + iy) * size.X;
                            foreach (var (ix, wx) in alongX[x])
                            {
                                var weight = wx * wy * wz;
                                sum += weight * image[row + ix];
                                total += weight;
                                volumes[labels[row + ix]] += weight;
                            }
                        }
                    }

                    var voxel = ((long)z * target.Y + y) * target.X + x;
                    newImage[voxel] = (float)(sum / total);
                    newLabels[voxel] = (byte)Array.IndexOf(volumes, volumes.Max());
                }
            }
        });
        return (newImage, newLabels);
    }

    private static double Length(int voxels, double from, double to) => Math.Max(1, Math.Round(voxels * from / to));

    /// <summary>For every output voxel along an axis, the input voxels it overlaps and by how much.</summary>
    private static (int Index, double Weight)[][] Overlaps(int target, int source, double ratio)
    {
        var result = new (int, double)[target][];
        for (var i = 0; i < target; i++)
        {
            // The last box may reach past the end by a rounding of the size; it then shrinks to what there is.
            var begin = Math.Min(i * ratio, source - 0.5);
            var end = Math.Min((i + 1) * ratio, source);
            var parts = new List<(int, double)>();
            for (var j = (int)begin; j < source && j < end; j++)
                parts.Add((j, Math.Min(j + 1, end) - Math.Max(j, begin)));
            result[i] = [.. parts];
        }

        return result;
    }
}
