namespace GpuLoss.Cli.Volumes;

/// <summary>The number of voxels along each axis. Voxel (x, y, z) lies at index (z · Y + y) · X + x: a torch tensor [Z, Y, X].</summary>
internal readonly record struct GridSize(int X, int Y, int Z)
{
    /// <summary>The number of voxels.</summary>
    public long Voxels => (long)X * Y * Z;

    public override string ToString() => $"{X}×{Y}×{Z}";
}

/// <summary>An image with a class for every voxel, ready to be trained on.</summary>
/// <param name="Source">What it is, for the reader of a report: file names, or which built-in data.</param>
/// <param name="Size">The grid.</param>
/// <param name="Spacing">The edge of a voxel in mm.</param>
/// <param name="Image">Intensities, mean 0 and standard deviation 1 over the non-zero voxels of the original.</param>
/// <param name="Labels">The class of every voxel, 0 is background.</param>
/// <param name="ClassNames">The names of the classes, "background" first.</param>
internal sealed record LabelledVolume(
    string Source, GridSize Size, double Spacing, float[] Image, byte[] Labels, IReadOnlyList<string> ClassNames)
{
    /// <summary>The number of classes, background included.</summary>
    public int Classes => ClassNames.Count;

    /// <summary>The number of voxels of every class.</summary>
    public long[] VoxelsPerClass()
    {
        var counts = new long[Classes];
        foreach (var label in Labels)
            counts[label]++;
        return counts;
    }
}

/// <summary>What the user asked to train on.</summary>
/// <param name="ImagePath">A NIfTI-1 image, or null for the built-in data.</param>
/// <param name="LabelsPath">Its labels on the same grid; null if and only if <paramref name="ImagePath"/> is.</param>
/// <param name="Classes">"name=1,2,3;name=4", the path of a JSON file, or null for one class per label.</param>
/// <param name="Spacing">The voxel edge to resample to in mm, or null for the default: 2 mm for the built-in data, the file's own else.</param>
/// <param name="Seed">The seed of the built-in phantom.</param>
internal sealed record VolumeRequest(string? ImagePath, string? LabelsPath, string? Classes, double? Spacing, int Seed);
