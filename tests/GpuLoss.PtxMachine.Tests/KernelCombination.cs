using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;
using GpuLoss.Kernels.Tests;
using GpuLoss.Kernels.Tests.Device;

namespace GpuLoss.PtxMachine.Tests;

/// <summary>One softmax of class indices, and what a GPU may do with it.</summary>
/// <param name="Classes">C.</param>
/// <param name="Type">The type of the logits.</param>
/// <param name="Labels">The type of the labels.</param>
/// <param name="Squared">Whether P = Σ p².</param>
/// <param name="ChannelsLast">Whether logits and gradient are [N, V, C] in memory.</param>
/// <param name="Voxels">V.</param>
/// <param name="Shift">Elements between the tensors' beginnings and the nearest addresses that allow wide loads.</param>
/// <param name="Error">How the hardware's approximations err.</param>
/// <param name="Fuses">Whether multiplications are fused with additions.</param>
internal sealed record KernelCombination(
    int Classes, LogitsType Type, LabelType Labels, bool Squared, bool ChannelsLast, int Voxels, int Shift, ApproximationError Error,
    bool Fuses)
{
    /// <summary>How many are made of each C, type of logits and type of labels in a build, to choose from.</summary>
    public const int Day = 4;

    /// <summary>How many at night.</summary>
    public const int Night = 16;

    private static readonly ApproximationError[] Errors =
        [ApproximationError.None, ApproximationError.Up, ApproximationError.Down, ApproximationError.Alternating];

    private static readonly int[] Sizes = [1, 60, 77];

    /// <summary>Of the hundred thousand combinations some to choose from: every C with every type, and everything else as it
    /// comes.</summary>
    /// <param name="candidates">How many are made of each C, type of logits and type of labels.</param>
    public static List<KernelCombination> Of(int candidates)
    {
        var random = new Random(5);
        T Any<T>(params ReadOnlySpan<T> values) => values[random.Next(values.Length)];
        return [.. from classes in (int[])[1, 2, 3, 4, 6, 9, 14, 16, 20, 31, 35, 63, 70, 105, 133, 150]
            from type in DeviceKernelCatalogue.LogitsTypes
            from labels in Enum.GetValues<LabelType>()
            where classes <= sbyte.MaxValue + 1 || labels != LabelType.Int8
            from _ in Enumerable.Range(0, candidates)
            select new KernelCombination(
                classes, type, labels, Any(false, true), Any(false, true), Any(Sizes), Any(0, 1), Any(Errors), Any(false, true))];
    }

    /// <summary>Its tensors. A class is ignored where there are more than two, and a label is invalid where one can be.</summary>
    public DeviceCase Case()
    {
        var data = new SegmentationCase(samples: 2, Classes, Voxels, ignoreIndex: Classes > 2 ? 1 : -100, Squared);
        if (Labels != LabelType.UInt8 && Voxels > 5)
            data.Labels[5] = -7;
        return new DeviceCase(data, Width: 1, Type, Labels, ChannelsLast).Rounded();
    }
}
