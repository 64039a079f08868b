using System.Reflection;

namespace GpuLoss.Kernels.Top.Device;

/// <summary>A kernel of the largest values. They compute without approximations.</summary>
/// <param name="Name">A name for files and messages.</param>
/// <param name="Method">What is compiled.</param>
internal sealed record TopKernel(string Name, MethodInfo Method)
{
    /// <summary>The threads of a block.</summary>
    public const int Threads = 512;

    /// <summary>Blocks that a multiprocessor holds at a time at least: 64 registers for each thread.</summary>
    public const int Blocks = 2;

    /// <summary>No counts.</summary>
    public static TopKernel Begin { get; } = Of(typeof(DeviceTopCounts), nameof(DeviceTopCounts.Begin));

    /// <summary>Counts of a digit.</summary>
    public static TopKernel Count { get; } = Of(typeof(DeviceTopCounts), nameof(DeviceTopCounts.Count));

    /// <summary>Sums of the larger values.</summary>
    public static TopKernel Sum { get; } = Of(typeof(DeviceTopMean), nameof(DeviceTopMean.Sum));

    /// <summary>The mean.</summary>
    public static TopKernel Finish { get; } = Of(typeof(DeviceTopMean), nameof(DeviceTopMean.Finish));

    /// <summary>Its derivatives.</summary>
    public static TopKernel Differentiate { get; } = Of(typeof(DeviceTopMean), nameof(DeviceTopMean.Differentiate));

    /// <summary>All of them.</summary>
    public static IReadOnlyList<TopKernel> All { get; } = [Begin, Count, Sum, Finish, Differentiate];

    private static TopKernel Of(Type type, string name) => new($"Top-{name}", type.GetMethod(name)!);
}
