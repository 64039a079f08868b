using GpuLoss.Kernels.Shape;

namespace GpuLoss.Shape;

/// <summary>Which voxels are neighbours.</summary>
internal static class ComponentOptions
{
    /// <summary>The most spatial axes.</summary>
    public const int MostAxes = ConnectedComponents.MostAxes;

    /// <summary>Checks an option.</summary>
    /// <exception cref="ArgumentException">It is no number of axes.</exception>
    public static int? Known(int? connectivity) => connectivity is null or (>= 1 and <= MostAxes)
        ? connectivity
        : throw new ArgumentOutOfRangeException(nameof(connectivity), connectivity,
            $"connectivity must be a number of axes, 1 to {MostAxes}.");

    /// <summary>Along how many axes neighbours may differ at once: as many as there are where nothing else is asked for.</summary>
    public static int Of(int? connectivity, int axes) => Math.Min(connectivity ?? axes, axes);
}
