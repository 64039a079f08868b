using System.Globalization;

namespace GpuLoss.Cli.Volumes;

/// <summary>What this machine, or the container it is, can hold.</summary>
internal static class AvailableMemory
{
    /// <summary>The memory of the process, in bytes.</summary>
    public static double Bytes => GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

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
