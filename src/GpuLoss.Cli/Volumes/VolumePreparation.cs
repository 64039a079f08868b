namespace GpuLoss.Cli.Volumes;

/// <summary>Makes of a scan what is trained on: its labels become classes, its voxels those of one size, its intensities normal.</summary>
internal static class VolumePreparation
{
    /// <summary>A scan from files.</summary>
    public static LabelledVolume Prepare(LabelledScan scan, ClassMap map, VoxelSpacing spacing) =>
        Prepare(
            scan.Source, scan.Size, scan.Affine, scan.Image, Array.ConvertAll(scan.Labels, label => map[label]), map.Names, spacing) with
        {
            Notes = scan.Notes,
        };

    /// <summary>An image with a class for every voxel.</summary>
    /// <exception cref="InputException">The new voxels would be too many, or the image is the same everywhere.</exception>
    public static LabelledVolume Prepare(
        string source, GridSize size, Affine affine, float[] image, byte[] labels, IReadOnlyList<string> names, VoxelSpacing spacing)
    {
        var edges = affine.Spacing;
        var target = Resampling.SizeAt(size, edges, spacing, names.Count, source);
        if (!edges.IsNear(spacing))
        {
            (image, labels) = Resampling.To(target, spacing, size, edges, image, labels, names.Count);
            affine = affine.Coarser(spacing.X / edges.X, spacing.Y / edges.Y, spacing.Z / edges.Z);
        }

        return new LabelledVolume(source, target, spacing, Normalised(image, source), labels, names) { Affine = affine };
    }

    /// <summary>Mean 0 and standard deviation 1 over the voxels that are not 0.</summary>
    private static float[] Normalised(float[] image, string source)
    {
        double count = 0, sum = 0, squares = 0;
        foreach (var value in image.Where(value => value != 0))
            (count, sum, squares) = (count + 1, sum + value, squares + (double)value * value);
        var mean = sum / count;
        var deviation = Math.Sqrt(squares / count - mean * mean);
        return deviation > 0
            ? Array.ConvertAll(image, value => (float)((value - mean) / deviation))
            : throw new InputException($"{source}: the image is the same everywhere.");
    }
}
