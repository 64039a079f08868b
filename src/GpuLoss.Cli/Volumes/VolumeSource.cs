namespace GpuLoss.Cli.Volumes;

/// <summary>Where the data of a training comes from: the user's files, Colin 27, or the phantom.</summary>
internal static class VolumeSource
{
    private const string MricronTemplates = "/usr/share/mricron/templates";
    private const double BuiltInSpacing = 2;

    /// <summary>Loads one volume, brought to RAS, resampled and normalised.</summary>
    /// <exception cref="InputException">The user's files or classes do not fit.</exception>
    public static LabelledVolume Load(VolumeRequest request) => Load([request])[0];

    /// <summary>Loads several volumes, to the same classes and the same voxels.</summary>
    /// <param name="requests">Which; they differ in their files only.</param>
    /// <exception cref="InputException">The user's files or classes do not fit.</exception>
    public static IReadOnlyList<LabelledVolume> Load(IReadOnlyList<VolumeRequest> requests)
    {
        foreach (var request in requests)
        {
            if (request.ImagePath is null != request.LabelsPath is null)
                throw new InputException("--image and --labels go together: give both or neither.");
            if (request is { Classes: not null, ImagePath: null })
                throw new InputException("--classes groups the labels of a file: give --image and --labels too.");
        }

        return requests[0].ImagePath is null ? [Load(requests[0], MricronTemplates)] : FromFiles(requests);
    }

    /// <summary>The built-in data.</summary>
    /// <param name="request">A request without files.</param>
    /// <param name="templates">The folder in which Debian's mricron-data keeps its images.</param>
    internal static LabelledVolume Load(VolumeRequest request, string templates)
    {
        var (scan, atlas, names) =
            (Path.Combine(templates, "ch2.nii.gz"), Path.Combine(templates, "aal.nii.gz"), Path.Combine(templates, "aal.nii.txt"));
        var spacing = request.Spacing ?? BuiltInSpacing;
        if (File.Exists(scan) && File.Exists(atlas) && File.Exists(names))
        {
            const string Colin = "Colin 27, a T1-weighted brain MRI with the AAL atlas (Debian's mricron-data)";
            var colin = LabelledScan.Read(Colin, scan, atlas, nanIsZero: false);
            return RequireClasses([VolumePreparation.Prepare(colin, BrainClasses.FromAtlasNames(names), spacing)])[0];
        }

        var (size, image, labels) = HeadPhantom.Create(request.Seed);
        return RequireClasses([VolumePreparation.Prepare(
            "the built-in phantom of a head (Debian's mricron-data, with a real scan, is not installed)", size,
            Affine.OfEdges(HeadPhantom.Spacing), image, labels,
            BrainClasses.Names, spacing)])[0];
    }

    /// <summary>The voxels that all volumes are brought to: those asked for, or else the median of the files.</summary>
    private static VoxelSpacing CommonSpacing(IReadOnlyList<VolumeRequest> requests) =>
        requests[0].Spacing ?? VoxelSpacing.Median([.. requests.Select(request =>
    {
        var affine = NiftiFile.ReadHeader(request.ImagePath!).Geometry.Affine;
        return Orientation.NearestTo(affine).Apply(affine, default).Spacing;
    })]);

    /// <summary>The classes asked for, or else one for every label of any volume; null where one volume tells by itself.</summary>
    private static ClassMap? CommonClasses(IReadOnlyList<VolumeRequest> requests)
    {
        if (requests[0].Classes is { } classes)
            return ClassMap.Parse(classes);
        return requests.Count == 1 ? null : ClassMap.OfLabels(
            requests.SelectMany(request => NiftiFile.Read(request.LabelsPath!).ToLabels(request.NanIsZero, []).Distinct()),
            string.Join(", ", requests.Select(request => request.LabelsPath)));
    }

    private static List<LabelledVolume> FromFiles(IReadOnlyList<VolumeRequest> requests)
    {
        var (spacing, map) = (CommonSpacing(requests), CommonClasses(requests));
        var volumes = requests.Select(request =>
        {
            var scan = LabelledScan.Read(
                $"{request.ImagePath} with labels {request.LabelsPath}", request.ImagePath!, request.LabelsPath!, request.NanIsZero);
            return VolumePreparation.Prepare(scan, map ?? ClassMap.OfLabels(scan.Labels, request.LabelsPath!), spacing);
        }).ToList();
        if (volumes.Count > 1 && requests[0].Spacing is null)
        {
            var note = $"all volumes are brought to voxels of {spacing} mm, the median of theirs (--spacing)";
            volumes[0] = volumes[0] with { Notes = [note, .. volumes[0].Notes] };
        }

        return RequireClasses(volumes);
    }

    /// <summary>Every class must have a voxel in one of the volumes.</summary>
    private static List<LabelledVolume> RequireClasses(List<LabelledVolume> volumes)
    {
        var counts = volumes.Select(volume => volume.VoxelsPerClass()).ToList();
        var absent = Enumerable.Range(1, volumes[0].Classes - 1).FirstOrDefault(c => counts.All(count => count[c] == 0));
        var where = volumes.Count == 1 ? volumes[0].Source : $"any of the {volumes.Count} volumes";
        return absent == 0
            ? volumes
            : throw new InputException(
                $"the class \"{volumes[0].ClassNames[absent]}\" has no voxel in {where} at {volumes[0].Spacing} mm.");
    }
}
