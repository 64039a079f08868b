using System.Globalization;

namespace GpuLoss.Cli.Volumes;

/// <summary>What this machine, or the container the program is in, can hold.</summary>
internal static class AvailableMemory
{
    private const double BytesPerVoxel = 24, BytesPerVoxelAndClass = 4;

    /// <summary>The memory of the process, in bytes.</summary>
    public static double Bytes => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>
    /// Refuses a volume that cannot be trained on: an array and a tensor of intensities and classes, and a network's number for every class
    /// of every voxel.
    /// </summary>
    /// <param name="voxels">How many voxels, in floating point: the product may exceed any integer.</param>
    /// <param name="classes">How many classes.</param>
    /// <param name="what">What they are, ending in "which".</param>
    /// <param name="advice">What to do.</param>
    /// <exception cref="InputException">They do not fit into an array, or into memory.</exception>
    public static void RequireForTraining(double voxels, int classes, string what, string advice)
    {
        if (voxels > Array.MaxLength)
            throw new InputException($"{what} are too many; {advice}.");
        Require(voxels * (BytesPerVoxel + BytesPerVoxelAndClass * classes), what, $"; {advice}");
    }

    /// <summary>Refuses what takes more than there is.</summary>
    /// <exception cref="InputException">It does; the message names <paramref name="what"/> and both sizes.</exception>
    public static void Require(double bytes, string what, string advice = "")
    {
        if (bytes > Bytes)
        {
            throw new InputException(string.Create(
                CultureInfo.InvariantCulture, $"{what} take about {bytes / 1e9:N1} GB; this machine has {Bytes / 1e9:N1} GB{advice}."));
        }
    }
}
