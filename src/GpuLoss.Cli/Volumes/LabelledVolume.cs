namespace GpuLoss.Cli.Volumes;

/// <summary>An axis of a volume.</summary>
internal enum Axis
{
    X,
    Y,
    Z,
}

/// <summary>The number of voxels along each axis. Voxel (x, y, z) lies at index (z · Y + y) · X + x: a torch tensor [Z, Y, X].</summary>
internal readonly record struct GridSize(int X, int Y, int Z)
{
    /// <summary>The number of voxels.</summary>
    public long Voxels => (long)X * Y * Z;

    /// <summary>The number of voxels along one axis.</summary>
    public int Along(Axis axis) => axis switch
    {
        Axis.X => X,
        Axis.Y => Y,
        _ => Z,
    };

    public override string ToString() => $"{X}×{Y}×{Z}";
}

/// <summary>An image with a class for every voxel, its axes to the right, the front and the head (RAS), ready to be trained on.</summary>
/// <param name="Source">What it is, for the reader of a report: file names, or which built-in data.</param>
/// <param name="Size">The grid.</param>
/// <param name="Spacing">The edges of a voxel in mm.</param>
/// <param name="Image">Intensities, mean 0 and standard deviation 1 over the non-zero voxels of the original.</param>
/// <param name="Labels">The class of every voxel, 0 is background.</param>
/// <param name="ClassNames">The names of the classes, "background" first.</param>
internal sealed record LabelledVolume(
    string Source, GridSize Size, VoxelSpacing Spacing, float[] Image, byte[] Labels, IReadOnlyList<string> ClassNames)
{
    /// <summary>Where its voxels lie in the space of the scan, in mm. Without word of it the first is at 0.</summary>
    public Affine Affine { get; init; } = Affine.OfEdges(Spacing);

    /// <summary>What was done to the files, for their user.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

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

    /// <summary>For every layer across an axis, the number of voxels of every class.</summary>
    public long[][] VoxelsPerLayer(Axis axis)
    {
        var layers = new long[Size.Along(axis)][];
        for (var layer = 0; layer < layers.Length; layer++)
            layers[layer] = Part(axis, layer, layer + 1).VoxelsPerClass();
        return layers;
    }

    /// <summary>The layers from <paramref name="begin"/> to before <paramref name="end"/> across an axis.</summary>
    public LabelledVolume Part(Axis axis, int begin, int end)
    {
        var size = axis switch
        {
            Axis.X => Size with { X = end - begin },
            Axis.Y => Size with { Y = end - begin },
            _ => Size with { Z = end - begin },
        };
        var (x, y, z) = axis switch
        {
            Axis.X => (begin, 0, 0),
            Axis.Y => (0, begin, 0),
            _ => (0, 0, begin),
        };
        var (image, labels) = (new float[size.Voxels], new byte[size.Voxels]);
        for (var row = 0; row < size.Z * size.Y; row++)
        {
            var from = ((z + row / size.Y) * Size.Y + y + row % size.Y) * Size.X + x;
            Image.AsSpan(from, size.X).CopyTo(image.AsSpan(row * size.X));
            Labels.AsSpan(from, size.X).CopyTo(labels.AsSpan(row * size.X));
        }

        return this with { Size = size, Image = image, Labels = labels, Affine = Affine.From(x, y, z) };
    }
}

/// <summary>What the user asked to train on.</summary>
/// <param name="ImagePath">A NIfTI image, or null for the built-in data.</param>
/// <param name="LabelsPath">Its labels on the same grid; null if and only if <paramref name="ImagePath"/> is.</param>
/// <param name="Classes">"name=1,2,3;name=4", the path of a JSON file, or null for one class per label.</param>
/// <param name="Spacing">The voxels to resample to in mm, or null for the default: 2 mm for the built-in data, the median of the files
/// else.</param>
/// <param name="Seed">The seed of the built-in phantom.</param>
/// <param name="NanIsZero">Whether NaN in a file is read as 0.</param>
internal sealed record VolumeRequest(
    string? ImagePath, string? LabelsPath, string? Classes, VoxelSpacing? Spacing, int Seed, bool NanIsZero = false);
