namespace GpuLoss.Kernels.Device;

/// <summary>What the device kernels share.</summary>
internal static class DeviceMath
{
    public const float Log2OfE = 1.44269504f;

    public const float LogOf2 = 0.693147181f;

    /// <summary>Where a maximum starts: the smallest finite number, so that logits of -infinity have a distance from it and become powers
    /// of 0.</summary>
    public const float SmallestLogit = float.MinValue;

    /// <summary>
    /// The part of each weight with which cross-entropy is added up in float32: a power of 2, so that no digit changes, and as many of the
    /// largest numbers as a warp adds up, 32 of each thread, are no infinity.
    /// </summary>
    public const float TermScale = 1f / 4096;
}
