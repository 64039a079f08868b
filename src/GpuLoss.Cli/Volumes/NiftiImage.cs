namespace GpuLoss.Cli.Volumes;

/// <summary>A 3-D NIfTI image in memory, its voxels in the order of the file.</summary>
/// <param name="path">Where it came from.</param>
/// <param name="header">Its header.</param>
/// <param name="chunks">Its voxels as the file has them, in pieces of whole voxels.</param>
internal sealed class NiftiImage(string path, NiftiHeader header, IReadOnlyList<byte[]> chunks)
{
    public string Path => path;

    public GridSize Size => header.Size;

    public NiftiGeometry Geometry => header.Geometry;

    /// <summary>The edges of a voxel, in mm.</summary>
    public VoxelSpacing Spacing => Geometry.Affine.Spacing;

    /// <summary>The intensities after scl_slope and scl_inter, whatever they are.</summary>
    public float[] Values => ReadAll((voxel, _) => (float)Scaled(voxel));

    /// <summary>The intensities, which must be numbers.</summary>
    /// <param name="nanIsZero">Whether NaN is read as 0.</param>
    /// <param name="notes">Takes what was done.</param>
    /// <exception cref="InputException">Some are not finite.</exception>
    public float[] ToIntensities(bool nanIsZero, ICollection<string> notes)
    {
        var values = Values;
        var (nan, infinite, first) = (0L, 0L, -1);
        for (var i = 0; i < values.Length; i++)
        {
            if (float.IsFinite(values[i]))
                continue;
            var isZero = float.IsNaN(values[i]);
            (nan, infinite) = isZero ? (nan + 1, infinite) : (nan, infinite + 1);
            if (isZero && nanIsZero)
                values[i] = 0;
            else if (first < 0)
                first = i;
        }

        if (nan + infinite == 0)
            return values;
        if (first < 0)
            notes.Add($"{path}: {nan} of {values.Length} voxels are NaN and were taken as 0");
        else if (infinite > 0)
            throw Refused($"{nan + infinite} of {values.Length} voxels are not finite, the first at {Place(first)}; "
                + "intensities must be finite.");
        else
            throw Refused($"{nan} of {values.Length} voxels are NaN, the first at {Place(first)}; --nan zero takes them as 0.");
        return values;

        InputException Refused(string why) => new($"{path}: {why}");
    }

    /// <summary>The voxels as labels. Integers stay what they are, to 64 bits; other numbers are rounded where they are nearly
    /// whole.</summary>
    /// <param name="nanIsZero">Whether NaN is read as 0.</param>
    /// <param name="notes">Takes what was done.</param>
    /// <exception cref="InputException">A voxel is not a whole number from 0 up, or too large to be told from its neighbours.</exception>
    public long[] ToLabels(bool nanIsZero, ICollection<string> notes)
    {
        if (header is { IsInteger: true, Slope: 1, Intercept: 0 })
            return ReadAll(ToLabel);
        var reader = new RoundedLabels(this, header, nanIsZero);
        var labels = ReadAll((voxel, index) => reader.Label(Scaled(voxel), index));
        if (reader.Note is { } note)
            notes.Add(note);
        return labels;
    }

    /// <summary>The place of a voxel in the file, counted from 0.</summary>
    public string Place(int index) => $"voxel ({index % Size.X}, {index / Size.X % Size.Y}, {index / Size.X / Size.Y})";

    private double Scaled(ReadOnlySpan<byte> voxel) => NiftiVoxel.Read(header, voxel) * header.Slope + header.Intercept;

    private long ToLabel(ReadOnlySpan<byte> voxel, int index)
    {
        var label = NiftiVoxel.ReadInteger(header, voxel);
        return label >= 0 && label <= long.MaxValue
            ? (long)label
            : throw new InputException($"{path}: labels must be whole numbers from 0 to {long.MaxValue}; {Place(index)} is {label}.");
    }

    private T[] ReadAll<T>(Reading<T> read)
    {
        var values = new T[Size.Voxels];
        var index = 0;
        foreach (var chunk in chunks)
        {
            for (var i = 0; i < chunk.Length; i += header.BytesPerVoxel, index++)
                values[index] = read(chunk.AsSpan(i, header.BytesPerVoxel), index);
        }

        return values;
    }

    private delegate T Reading<T>(ReadOnlySpan<byte> voxel, int index);
}
