namespace GpuLoss.Cli.Volumes;

/// <summary>Where the data of a training comes from: the user's files, Colin 27, or the phantom.</summary>
internal static class VolumeSource
{
    private const string MricronTemplates = "/usr/share/mricron/templates";
    private const double BuiltInSpacing = 2;

    /// <summary>Loads what was asked for, resampled and normalised.</summary>
    /// <exception cref="InputException">The user's files or classes do not fit.</exception>
    public static LabelledVolume Load(VolumeRequest request) => Load(request, MricronTemplates);

    /// <summary>The same with the folder in which Debian's mricron-data keeps its images.</summary>
    internal static LabelledVolume Load(VolumeRequest request, string templates)
    {
        if (request.ImagePath is null != request.LabelsPath is null)
            throw new InputException("--image and --labels go together: give both or neither.");
        if (request is { ImagePath: { } image, LabelsPath: { } labels })
            return FromFiles($"{image} with labels {labels}", image, labels, request.Classes, request.Spacing);
        if (request.Classes != null)
            throw new InputException("--classes groups the labels of a file: give --image and --labels too.");

        var (scan, atlas, names) =
            (Path.Combine(templates, "ch2.nii.gz"), Path.Combine(templates, "aal.nii.gz"), Path.Combine(templates, "aal.nii.txt"));
        if (File.Exists(scan) && File.Exists(atlas) && File.Exists(names))
        {
            return Prepare(
                "Colin 27, a T1-weighted brain MRI with the AAL atlas (Debian's mricron-data)", NiftiFile.Read(scan), NiftiFile.Read(atlas),
                _ => BrainClasses.FromAtlasNames(names), request.Spacing ?? BuiltInSpacing);
        }

        var phantom = HeadPhantom.Create(request.Seed);
        var edge = (HeadPhantom.Spacing, HeadPhantom.Spacing, HeadPhantom.Spacing);
        return Finish(
            "the built-in phantom of a head (Debian's mricron-data, with a real scan, is not installed)", phantom.Size, edge, phantom.Image,
            phantom.Labels, BrainClasses.Names, request.Spacing ?? BuiltInSpacing);
    }

    private static LabelledVolume FromFiles(string source, string imagePath, string labelsPath, string? classes, double? spacing)
    {
        var image = NiftiFile.Read(imagePath);
        var labels = NiftiFile.Read(labelsPath);
        var (x, y, z) = image.Spacing;
        return Prepare(
            source, image, labels, values => classes is null ? ClassMap.OfLabels(values) : ClassMap.Parse(classes),
            spacing ?? Math.Min(x, Math.Min(y, z)));
    }

    private static LabelledVolume Prepare(
        string source, NiftiImage image, NiftiImage labelImage, Func<int[], ClassMap> mapOf, double spacing)
    {
        if (image.Size != labelImage.Size)
            throw new InputException($"{labelImage.Path} has {labelImage.Size} voxels, {image.Path} has {image.Size}: they must be on the same grid.");
        if (!IsNear(image.Spacing.X, labelImage.Spacing.X) || !IsNear(image.Spacing.Y, labelImage.Spacing.Y)
            || !IsNear(image.Spacing.Z, labelImage.Spacing.Z))
        {
            throw new InputException(
                $"{labelImage.Path} has voxels of {labelImage.Spacing} mm, {image.Path} of {image.Spacing} mm: they must be on the same grid.");
        }

        var labels = labelImage.ToLabels();
        var map = mapOf(labels);
        return Finish(source, image.Size, image.Spacing, image.Values, Array.ConvertAll(labels, label => map[label]), map.Names, spacing);
    }

    private static LabelledVolume Finish(
        string source, GridSize size, (double X, double Y, double Z) edge, float[] image, byte[] labels, IReadOnlyList<string> names,
        double spacing)
    {
        var target = Resampling.SizeAt(size, edge, spacing);
        if (!(IsNear(edge.X, spacing) && IsNear(edge.Y, spacing) && IsNear(edge.Z, spacing)))
            (image, labels) = Resampling.To(target, spacing, size, edge, image, labels, names.Count);
        var volume = new LabelledVolume(source, target, spacing, Normalised(image, source), labels, names);
        var counts = volume.VoxelsPerClass();
        var absent = Array.FindIndex(counts, 1, count => count == 0);
        return absent < 0
            ? volume
            : throw new InputException($"the class \"{names[absent]}\" has no voxel in {source} at {spacing} mm.");
    }

    private static bool IsNear(double a, double b) => Math.Abs(a - b) <= 1e-3 * b;

    /// <summary>Mean 0 and standard deviation 1 over the voxels that are not 0.</summary>
    private static float[] Normalised(float[] image, string source)
    {
        double count = 0, sum = 0, squares = 0;
        foreach (var value in image)
        {
            if (!float.IsFinite(value))
                throw new InputException($"{source}: the image holds {value}; intensities must be finite.");
            if (value != 0)
                (count, sum, squares) = (count + 1, sum + value, squares + (double)value * value);
        }

        var mean = sum / count;
        var deviation = Math.Sqrt(squares / count - mean * mean);
        return deviation > 0
            ? Array.ConvertAll(image, value => (float)((value - mean) / deviation))
            : throw new InputException($"{source}: the image is the same everywhere.");
    }
}
