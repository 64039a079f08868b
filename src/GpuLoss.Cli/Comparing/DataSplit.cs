using GpuLoss.Cli.Volumes;

namespace GpuLoss.Cli.Comparing;

/// <summary>What a comparison trains on and what it is judged by. No voxel is in both.</summary>
/// <param name="Training">The volumes, or parts of volumes, trained on.</param>
/// <param name="Validation">Those the measures are taken on.</param>
/// <param name="MirrorAxis">The axis of [Z, Y, X] along which training patches are mirrored at random, or null where none are.</param>
/// <param name="Description">How the data were divided, for the reader of a report.</param>
internal sealed record DataSplit(
    IReadOnlyList<LabelledVolume> Training, IReadOnlyList<LabelledVolume> Validation, int? MirrorAxis, string Description)
{
    private const int VolumesPerValidationVolume = 4;

    /// <summary>The names of the classes.</summary>
    public IReadOnlyList<string> ClassNames => Training[0].ClassNames;

    /// <summary>The number of voxels of every class in some volumes.</summary>
    public static long[] VoxelsPerClass(IReadOnlyList<LabelledVolume> volumes) =>
        [.. Enumerable.Range(0, volumes[0].Classes).Select(c => volumes.Sum(volume => volume.VoxelsPerClass()[c]))];

    /// <summary>Whether a validation volume has a class.</summary>
    public bool Validates(int c) => Validation.Any(volume => volume.Labels.AsSpan().Contains((byte)c));

    /// <summary>Whole volumes: the last quarter of them, at least one, validates.</summary>
    /// <exception cref="InputException">There is one volume only, their classes differ, or no training volume has one of them.</exception>
    public static DataSplit ByVolume(IReadOnlyList<LabelledVolume> volumes)
    {
        if (volumes.Count < 2)
            throw new InputException("--split volume takes several volumes: repeat --image and --labels.");
        CheckClasses(volumes);
        var validation = Math.Max(1, volumes.Count / VolumesPerValidationVolume);
        var training = volumes.Count - validation;
        RequireClasses([.. volumes.Take(training)], $"the first {training} of {volumes.Count}, which train");
        var split = new DataSplit(
            [.. volumes.Take(training)], [.. volumes.Skip(training)], MirrorAxis: null,
            $"by volume: the first {training} train, the last {validation} validate");
        var unjudged = Enumerable.Range(1, split.ClassNames.Count - 1).Where(c => !split.Validates(c)).Select(c => split.ClassNames[c])
            .ToList();
        return unjudged.Count == 0
            ? split
            : split with
            {
                Description =
                $"{split.Description}; none of these has {string.Join(", ", unjudged)}, "
                + "whose Dice is 0 where it is predicted and not defined elsewhere"
            };
    }

    /// <summary>
    /// Every volume is cut in two along one axis; the lower part trains, the upper one validates. Of all cuts, it is the one that leaves
    /// the scarcest class of either side the largest part of its voxels. Training patches are mirrored at random along that axis, so that
    /// the two halves of a symmetric body look alike.
    /// </summary>
    /// <exception cref="InputException">No cut leaves voxels of every class on both sides, or the classes of the volumes
    /// differ.</exception>
    public static DataSplit ByRegion(IReadOnlyList<LabelledVolume> volumes)
    {
        CheckClasses(volumes);
        var parts = volumes.Select(volume => (Volume: volume, Cut: BestCut(volume))).ToList();
        var first = parts[0].Cut;
        return new DataSplit(
            [.. parts.Select(part => part.Volume.Part(part.Cut.Axis, 0, part.Cut.At))],
            [.. parts.Select(part => part.Volume.Part(part.Cut.Axis, part.Cut.At, part.Volume.Size.Along(part.Cut.Axis)))],
            MirrorAxis: volumes.Count == 1 ? 2 - (int)first.Axis : null,
            $"by region: {string.Join("; ", parts.Select(part => $"{part.Cut.Axis} < {part.Cut.At} trains, the rest validates"))}");
    }

    private static (Axis Axis, int At) BestCut(LabelledVolume volume)
    {
        var totals = volume.VoxelsPerClass();
        var best = (Axis: Axis.X, At: 0, Score: 0.0);
        foreach (var axis in Enum.GetValues<Axis>())
        {
            var below = new long[volume.Classes];
            var layers = volume.VoxelsPerLayer(axis);
            for (var at = 1; at < layers.Length; at++)
            {
                for (var c = 0; c < below.Length; c++)
                    below[c] += layers[at - 1][c];
                var score = Enumerable.Range(1, volume.Classes - 1).Where(c => totals[c] > 0).DefaultIfEmpty(0)
                    .Min(c => Math.Min(below[c], totals[c] - below[c]) / (double)totals[c]);
                if (score > best.Score)
                    best = (axis, at, score);
            }
        }

        return best.Score > 0
            ? (best.Axis, best.At)
            : throw new InputException(
                $"{volume.Source}: no cut leaves voxels of every class on both sides; give several volumes instead.");
    }

    /// <summary>A class may be absent from a volume, as a lesion is from a healthy brain, but not from all that train.</summary>
    private static void RequireClasses(IReadOnlyList<LabelledVolume> volumes, string which)
    {
        var absent = Array.FindIndex(VoxelsPerClass(volumes), 1, count => count == 0);
        if (absent > 0)
            throw new InputException(
                $"no volume has the class \"{volumes[0].ClassNames[absent]}\" of {which}: give the volumes in another order.");
    }

    private static void CheckClasses(IReadOnlyList<LabelledVolume> volumes)
    {
        var other = volumes.FirstOrDefault(volume => !volume.ClassNames.SequenceEqual(volumes[0].ClassNames));
        if (other != null)
            throw new InputException(
                $"{other.Source} has other classes than {volumes[0].Source}: say with --classes which labels make a class.");
    }
}
