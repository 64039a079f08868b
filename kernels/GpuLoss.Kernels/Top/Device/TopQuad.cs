using System.Runtime.InteropServices;

namespace GpuLoss.Kernels.Top.Device;

/// <summary>Four neighbouring values, which a thread loads at once.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct TopQuad(float First, float Second, float Third, float Fourth)
{
    /// <summary>How many they are.</summary>
    public const int Values = 4;

    /// <summary>The sums of the values of two.</summary>
    public TopQuad Plus(TopQuad other) => new(First + other.First, Second + other.Second, Third + other.Third, Fourth + other.Fourth);
}
