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

    private static IEnumerable<DeviceKernel> OfType(LogitsType type) => (
        from form in Enum.GetValues<DeviceForm>()
        from term in form is DeviceForm.Softmax or DeviceForm.Sigmoid ? Terms : [DeviceTerm.Told]
        from like in (DeviceKernel[])
        [
            new(DeviceStep.Reduce, form, DeviceKernel.AnyClasses, 1, type, term),
            new(DeviceStep.Reduce, form, DeviceKernel.AnyClasses, 1, type, term, Squared: true),
            new(DeviceStep.Spread, form, DeviceKernel.AnyClasses, 1, type, term),
        ]
        where form != DeviceForm.Loop || !like.Squared
        from classes in Enumerable.Range(1, DeviceKernelTable.MostClassesOf(form))
        from kernel in DeviceKernelTable.Candidates(like, classes)
        select kernel).Distinct();

    private static IEnumerable<DeviceTerm> Terms => [DeviceTerm.None, DeviceTerm.Logarithm, DeviceTerm.Square, DeviceTerm.Power];
}
