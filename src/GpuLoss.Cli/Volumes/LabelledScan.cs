using System.Globalization;

namespace GpuLoss.Cli.Volumes;

/// <summary>An image and its labels as their files have them, brought to RAS: the axes run to the right, the front and the head.</summary>
/// <param name="Source">The files, for the reader of a report.</param>
/// <param name="Size">The grid.</param>
/// <param name="Affine">Where its voxels lie, in mm.</param>
/// <param name="Image">Intensities.</param>
/// <param name="Labels">Labels.</param>
/// <param name="Notes">What was done to them.</param>
internal sealed record LabelledScan(
    string Source, GridSize Size, Affine Affine, float[] Image, long[] Labels, IReadOnlyList<string> Notes)
{
    private const double LeastObliqueDegrees = 1;

    /// <summary>Reads both files.</summary>
    /// <exception cref="InputException">They cannot be read, or do not lie on one grid.</exception>
    public static LabelledScan Read(string source, string imagePath, string labelsPath, bool nanIsZero)
    {
        var (image, labels) = (NiftiFile.Read(imagePath), NiftiFile.Read(labelsPath));
        var notes = new List<string>();
        var orientation = Orientation.NearestTo(image.Geometry.Affine);
        var (size, affine) = (orientation.Apply(image.Size), orientation.Apply(image.Geometry.Affine, image.Size));
        var orientationOfLabels = OrientationOnto(affine, labels.Geometry.Affine);
        RequireSameGrid(image, labels, size, affine, orientationOfLabels);

        notes.AddRange(new[] { (image.Path, image.Geometry.Note), (labels.Path, labels.Geometry.Note) }
            .Where(pair => pair.Note != null).Select(pair => $"{pair.Path}: {pair.Note}").Distinct());
        var own = Orientation.NearestTo(labels.Geometry.Affine).ToString();
        if (orientation.ToString() != "RAS" || own != "RAS")
            notes.Add($"image {orientation}, labels {own}, same space: reoriented{(orientation.ToString() == own ? " to RAS" : "")}");
        if (Obliqueness(affine) is >= LeastObliqueDegrees and var degrees)
        {
            notes.Add(string.Create(
                CultureInfo.InvariantCulture,
                $"the grid is oblique, by up to {degrees:F0}°: its axes are taken for the nearest of the patient's"));
        }

        var (intensities, values) = (image.ToIntensities(nanIsZero, notes), labels.ToLabels(nanIsZero, notes));
        SwappedFiles.Refuse(imagePath, intensities, labelsPath, values);
        return new LabelledScan(
            source, size, affine, orientation.Apply(intensities, image.Size), orientationOfLabels.Apply(values, labels.Size),
            notes);
    }

    /// <summary>How the labels must be turned to lie as the image does. Taken from one to the other, since near 45° two nearly equal grids
    /// may be nearest to different axes of the patient.</summary>
    private static Orientation OrientationOnto(Affine image, Affine labels) => Orientation.NearestTo(
        new Affine(image.InVoxels(labels.X), image.InVoxels(labels.Y), image.InVoxels(labels.Z), default));

    private static void RequireSameGrid(NiftiImage image, NiftiImage labels, GridSize size, Affine affine, Orientation orientationOfLabels)
    {
        var (sizeOfLabels, affineOfLabels) =
            (orientationOfLabels.Apply(labels.Size), orientationOfLabels.Apply(labels.Geometry.Affine, labels.Size));
        var apart = size == sizeOfLabels ? affine.DistanceInVoxels(affineOfLabels, size) : double.NaN;
        if (apart <= NiftiGeometry.Tolerance)
            return;
        string Axes(NiftiImage file) => $"{Orientation.NearestTo(file.Geometry.Affine)} by {file.Geometry.TakenFrom}";
        throw new InputException(
            $"{labels.Path} and {image.Path} must be on the same grid: {Difference(size, affine, sizeOfLabels, affineOfLabels, apart)}"
            + $" (image {Axes(image)}, labels {Axes(labels)}).");
    }

    private static string Difference(GridSize size, Affine image, GridSize sizeOfLabels, Affine labels, double apart)
    {
        if (size != sizeOfLabels)
            return $"brought to RAS, the labels have {sizeOfLabels} voxels, the image {size}";
        if (!image.Spacing.IsNear(labels.Spacing))
            return $"the labels have voxels of {labels.Spacing} mm, the image of {image.Spacing} mm";
        var shift = labels.Origin - image.Origin;
        var isTurned = new[] { (image.X, labels.X), (image.Y, labels.Y), (image.Z, labels.Z) }
            .Any(pair => (pair.Item1 - pair.Item2).Length > NiftiGeometry.Tolerance * pair.Item1.Length);
        var how = isTurned
            ? "turned against the image"
            : string.Create(CultureInfo.InvariantCulture, $"shifted by ({shift.X:0.###}, {shift.Y:0.###}, {shift.Z:0.###}) mm");
        return string.Create(CultureInfo.InvariantCulture, $"the labels are {how}, {apart:0.##} voxels at the most");
    }

    /// <summary>The largest angle between an axis of a grid and that of the patient it is taken for, in degrees.</summary>
    private static double Obliqueness(Affine affine) => Enum.GetValues<Axis>().Max(axis =>
        Math.Acos(Math.Clamp(affine.Step(axis).Along(axis) / affine.Step(axis).Length, -1, 1)) * 180 / Math.PI);
}
