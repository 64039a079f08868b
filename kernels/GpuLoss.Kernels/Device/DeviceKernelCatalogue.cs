using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Device;

/// <summary>Every kernel that the library can pick. Whatever <see cref="DeviceKernelTable.Pick"/> returns is one of these.</summary>
internal static class DeviceKernelCatalogue
{
    /// <summary>The types of logits that the device kernels take.</summary>
    public static IReadOnlyList<LogitsType> LogitsTypes { get; } = [LogitsType.Float32, LogitsType.Float16, LogitsType.BFloat16];

    /// <summary>The kernels.</summary>
    public static IReadOnlyList<DeviceKernel> All { get; } = [.. Scores, .. LogitsTypes.SelectMany(OfType)];

    private static IEnumerable<DeviceKernel> Scores =>
        from transformed in (bool[])[false, true]
        from step in (DeviceStep[])[DeviceStep.ScoreLoss, DeviceStep.ScoreGradient]
        select DeviceKernel.Score(step, transformed);

    private static IEnumerable<DeviceKernel> OfType(LogitsType type)
    {
        var shapes = Enumerable.Range(1, DeviceKernelTable.MostExactClasses)
            .SelectMany(classes => new[] { (classes, 1), (classes, DeviceKernelTable.WideRow(type, classes).Width) })
            .Concat(DeviceKernelTable.PaddedClasses.Select(classes => (classes, 1)))
            .Append((DeviceKernel.AnyClasses, 1));
        foreach (var (classes, width) in shapes)
        {
            yield return new DeviceKernel(DeviceStep.Reduce, classes, width, type, Squared: false);
            yield return new DeviceKernel(DeviceStep.Reduce, classes, width, type, Squared: true);
            yield return new DeviceKernel(DeviceStep.Spread, classes, width, type, Squared: false);
        }

        foreach (var classes in DeviceKernelTable.SumClasses)
        {
            foreach (var isReduce in (bool[])[true, false])
            {
                yield return DeviceKernelTable.PickSum(isReduce, classes, type, sigmoid: false);
                yield return DeviceKernelTable.PickSum(isReduce, classes, type, sigmoid: true);
            }
        }

        yield return DeviceKernel.General(DeviceStep.GeneralReduce, type);
        yield return DeviceKernel.General(DeviceStep.GeneralSpread, type);
    }
}
