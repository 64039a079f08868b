namespace GpuLoss.Cli.Volumes;

/// <summary>A 3-D NIfTI-1 image in memory.</summary>
/// <param name="Path">Where it came from.</param>
/// <param name="Size">The grid.</param>
/// <param name="Spacing">The edges of a voxel along x, y and z in the file's unit, mm as a rule.</param>
/// <param name="Values">The intensities after scl_slope and scl_inter.</param>
internal sealed record NiftiImage(string Path, GridSize Size, (double X, double Y, double Z) Spacing, float[] Values)
{
    /// <summary>The values as labels.</summary>
    /// <exception cref="InputException">A value is not a whole number from 0 up.</exception>
    public int[] ToLabels()
    {
        var labels = new int[Values.Length];
        for (var i = 0; i < labels.Length; i++)
        {
            var value = Values[i];
            if (!(value >= 0 && value <= 1 << 24 && value == MathF.Floor(value)))
                throw new InputException($"{Path}: labels must be whole numbers from 0 up; voxel {i} is {value}.");
            labels[i] = (int)value;
        }

        return labels;
    }
}
