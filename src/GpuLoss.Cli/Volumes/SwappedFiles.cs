namespace GpuLoss.Cli.Volumes;

/// <summary>
/// Notices where image and labels were given for each other: the labels have more different numbers than the image, which are all whole,
/// and neighbours in the image are equal as a rule, as in regions, and those in the labels differ, as with noise.
/// </summary>
internal static class SwappedFiles
{
    /// <summary>Refuses two files that were exchanged.</summary>
    /// <exception cref="InputException">They look so.</exception>
    public static void Refuse(string imagePath, float[] image, string labelsPath, long[] labels)
    {
        if (!Array.TrueForAll(image, value => value >= 0 && value == MathF.Floor(value)))
            return;
        var (inImage, inLabels) = (image.Distinct().Count(), labels.Distinct().Count());
        if (inImage < inLabels && EqualNeighbours(image) > 0.5 && EqualNeighbours(labels) < 0.5)
        {
            throw new InputException(
                $"--image {imagePath} looks like labels ({inImage} whole numbers, each in regions)"
                + $" and --labels {labelsPath} like an image ({inLabels} numbers, mixed): exchange them.");
        }
    }

    /// <summary>Of the neighbours in memory of which one or both are not 0, the part that is equal.</summary>
    private static double EqualNeighbours<T>(T[] voxels)
        where T : struct, System.Numerics.INumber<T>
    {
        double equal = 0, counted = 0;
        for (var i = 1; i < voxels.Length; i++)
        {
            if (voxels[i] == T.Zero && voxels[i - 1] == T.Zero)
                continue;
            counted++;
            equal += voxels[i] == voxels[i - 1] ? 1 : 0;
        }

        return equal / counted;
    }
}
