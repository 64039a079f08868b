using GpuLoss.Kernels.Device;

namespace GpuLoss.Kernels.Tests.Device;

/// <summary>Kernels of the catalogue for those who have no time for all.</summary>
internal static class ChosenKernels
{
    /// <summary>Those in which any two properties meet that choose instructions; the number of classes repeats them.</summary>
    public static IReadOnlyList<DeviceKernel> OfEveryKind { get; } = PairwiseCover.Of(DeviceKernelCatalogue.All, kernel =>
        [(kernel.Form, kernel.Step), kernel.Width, kernel.Logits, kernel.Term, (kernel.Squared, kernel.Transformed)]);

    /// <summary>And one of each form and number of classes, another step and type each time.</summary>
    public static IEnumerable<DeviceKernel> OfEveryKindAndSize => OfEveryKind.Union(DeviceKernelCatalogue.All
        .GroupBy(kernel => (kernel.Form, kernel.Classes)).Select((like, i) => like.ElementAt(7 * i % like.Count())));
}
