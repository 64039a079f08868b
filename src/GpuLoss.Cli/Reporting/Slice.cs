using System.Globalization;
using GpuLoss.Cli.Volumes;

namespace GpuLoss.Cli.Reporting;

/// <summary>The three planes of anatomy.</summary>
internal enum Plane
{
    Axial,
    Coronal,
    Sagittal,
}

/// <summary>
/// One slice of a volume whose x runs from the left to the right of the patient, y from the back to the front, and z upwards. A picture of
/// it has the front or the top of the head above, and the left of the patient on the left.
/// </summary>
/// <param name="Plane">Its plane.</param>
/// <param name="Index">Its place along the axis across the plane.</param>
internal readonly record struct Slice(Plane Plane, int Index)
{
    /// <summary>The directions of the left and right edge of a picture.</summary>
    public (string Left, string Right) Edges => Plane == Plane.Sagittal ? ("P", "A") : ("L", "R");

    /// <summary>The directions of its upper and lower edge.</summary>
    public (string Top, string Bottom) Ends => Plane == Plane.Axial ? ("A", "P") : ("S", "I");

    /// <summary>The axis across the plane.</summary>
    public Axis Across => Plane switch
    {
        Plane.Axial => Axis.Z,
        Plane.Coronal => Axis.Y,
        _ => Axis.X,
    };

    /// <summary>The slice in which the rarest class of the slice has the most voxels.</summary>
    public static Slice MostVaried(LabelledVolume volume, Plane plane)
    {
        var layers = volume.VoxelsPerLayer(new Slice(plane, 0).Across);
        return new Slice(plane, Enumerable.Range(0, layers.Length).MaxBy(index =>
            (layers[index].Count(count => count > 0), layers[index].Where(count => count > 0).DefaultIfEmpty(0).Min())));
    }

    /// <summary>Plane and position, as "axial, z = 34.0 mm": that of the middle of the slice in the space of the scan.</summary>
    public string Title(LabelledVolume volume) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Plane.ToString().ToLowerInvariant()}, {Across.ToString().ToLowerInvariant()} = {Position(volume):F1} mm");

    /// <summary>The width and height of a picture in voxels.</summary>
    public (int Width, int Height) Size(LabelledVolume volume)
    {
        var (horizontal, vertical) = Axes;
        return (volume.Size.Along(horizontal), volume.Size.Along(vertical));
    }

    /// <summary>How much taller than wide a voxel is in a picture.</summary>
    public double Aspect(LabelledVolume volume)
    {
        var (horizontal, vertical) = Axes;
        return Edge(volume, vertical) / Edge(volume, horizontal);
    }

    /// <summary>How much wider than tall a picture is, with voxels as long as they are.</summary>
    public double Shape(LabelledVolume volume)
    {
        var (width, height) = Size(volume);
        return width / (height * Aspect(volume));
    }

    /// <summary>The voxel at a pixel, whose first row is the top.</summary>
    public int Voxel(LabelledVolume volume, int column, int row)
    {
        var up = Size(volume).Height - 1 - row;
        var (x, y, z) = Plane switch
        {
            Plane.Axial => (column, up, Index),
            Plane.Coronal => (column, Index, up),
            _ => (Index, column, up),
        };
        return (z * volume.Size.Y + y) * volume.Size.X + x;
    }

    private double Position(LabelledVolume volume)
    {
        var (across, index) = (Across, Index);
        double Along(Axis axis) => axis == across ? index : (volume.Size.Along(axis) - 1) / 2.0;

        // To a nanometre first: no rounding of the affine decides which way a half of the last digit goes. -0 becomes 0.
        var position = Math.Round(volume.Affine.At(Along(Axis.X), Along(Axis.Y), Along(Axis.Z)).Along(across), 6);
        return Math.Round(position, 1, MidpointRounding.AwayFromZero) + 0.0;
    }

    private (Axis Horizontal, Axis Vertical) Axes => Plane switch
    {
        Plane.Axial => (Axis.X, Axis.Y),
        Plane.Coronal => (Axis.X, Axis.Z),
        _ => (Axis.Y, Axis.Z),
    };

    /// <summary>The edge of a voxel along an axis, in mm.</summary>
    private static double Edge(LabelledVolume volume, Axis axis) => axis switch
    {
        Axis.X => volume.Spacing.X,
        Axis.Y => volume.Spacing.Y,
        _ => volume.Spacing.Z,
    };
}
