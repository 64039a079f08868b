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

    private static IEnumerable<DeviceKernel> OfType(LogitsType type) =>
        from form in Enum.GetValues<DeviceForm>()
        from classes in ClassesOf(form)
        from width in DeviceKernelTable.WidthsOf(form, classes, type)
        from kernel in (DeviceKernel[])
        [
            new(DeviceStep.Reduce, form, classes, width, type), new(DeviceStep.Reduce, form, classes, width, type, Squared: true),
            new(DeviceStep.Spread, form, classes, width, type),
        ]
        where form == DeviceForm.Labels || !kernel.Squared
        select kernel;

    private static IEnumerable<int> ClassesOf(DeviceForm form) => form switch
    {
        DeviceForm.Labels => Enumerable.Range(1, DeviceKernelTable.MostExactClasses).Concat(DeviceKernelTable.PaddedClasses),
        DeviceForm.Loop => [DeviceKernel.AnyClasses],
        _ => DeviceKernelTable.SumClasses,
    };
}
