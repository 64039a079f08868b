using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Tests.Device;

/// <summary>
/// The kernels of the catalogue on the PTX machine against float64, with every type of label, both layouts and ragged sizes: a pairwise
/// cover of them always, all of them when asked (<c>build.cake</c>'s target Nightly).
/// </summary>
public class DeviceCatalogueTests(DeviceOnMachine device) : IClassFixture<DeviceOnMachine>
{
    /// <summary>Chunks and a part of one.</summary>
    private const int ManyClasses = 150;

    /// <summary>Less than a warp, and a block and a bit: none ends where a block does.</summary>
    private static readonly int[] Sizes = [5, 67];

    private static readonly bool[] ContiguousOnly = [false];
    private static readonly bool[] BothLayouts = [false, true];

    public static TheoryData<int, int, Enum, Enum, bool, bool, int> Chosen => Rows(
        DeviceOnMachine.RunsAll
            ? Combinations()
            : PairwiseCover.Of(
                Combinations(),
                one => [one.Classes, one.IsWide, one.Type, one.Labels, one.Squared, one.ChannelsLast, one.Vectors]));

    [Theory]
    [MemberData(nameof(Chosen))]
    public void Kernels_agree_with_float64(
        int classes, int width, Enum typeOf, Enum labelsOf, bool squared, bool channelsLast, int vectors)
    {
        var type = (LogitsType)typeOf;
        var labels = (LabelType)labelsOf;
        var data = new SegmentationCase(samples: 2, classes, vectors * width, squared: squared);
        DeviceReference.AssertAgrees(device, new DeviceCase(data, width, type, labels, channelsLast).Rounded(), blocks: 1);
    }

    [Fact]
    public void A_pairwise_cover_has_every_pair()
    {
        (int, int, int)[] all =
            [.. from a in Enumerable.Range(0, 4) from b in Enumerable.Range(0, 3) from c in Enumerable.Range(0, 3) select (a, b, c)];
        var cover = PairwiseCover.Of(all, one => [one.Item1, one.Item2, one.Item3]);
        Assert.Equal(12, cover.Select(one => (one.Item1, one.Item2)).Distinct().Count());
        Assert.Equal(12, cover.Select(one => (one.Item1, one.Item3)).Distinct().Count());
        Assert.Equal(9, cover.Select(one => (one.Item2, one.Item3)).Distinct().Count());
        Assert.InRange(cover.Count, 12, 18);
    }

    private static List<Combination> Combinations() => [.. from kernel in DeviceKernelCatalogue.All
        where kernel.Step == DeviceStep.Reduce && kernel.Form is DeviceForm.Labels or DeviceForm.Loop
        from labels in Enum.GetValues<LabelType>()
        from channelsLast in kernel.Width == 1 ? BothLayouts : ContiguousOnly
        from vectors in Sizes
        let classes = kernel.Form == DeviceForm.Loop ? ManyClasses : kernel.IsPadded ? kernel.Classes - 1 : kernel.Classes
        where classes <= sbyte.MaxValue + 1 || labels != LabelType.Int8
        select new Combination(
            classes, kernel.Width, kernel.Logits, labels, kernel.Squared, channelsLast, vectors)];

    private static TheoryData<int, int, Enum, Enum, bool, bool, int> Rows(List<Combination> combinations)
    {
        var rows = new TheoryData<int, int, Enum, Enum, bool, bool, int>();
        foreach (var one in combinations)
            rows.Add(one.Classes, one.Width, one.Type, one.Labels, one.Squared, one.ChannelsLast, one.Vectors);
        return rows;
    }

    private sealed record Combination(
        int Classes, int Width, LogitsType Type, LabelType Labels, bool Squared, bool ChannelsLast, int Vectors)
    {
        public bool IsWide => Width > 1;
    }
}
