using GpuLoss.Kernels.Host;
using GpuLoss.Kernels.Shape;

namespace GpuLoss.Kernels.Tests.Shape;

/// <summary>Volumes of more than 2^31 voxels sort wide entries: they have to say the same as the narrow ones.</summary>
public unsafe class LovaszEntryTests
{
    private const int Samples = 2;
    private const int Classes = 3;
    private const int Voxels = 40_000;

    [Fact]
    public void Wide_and_narrow_entries_give_the_same_bits()
    {
        var random = new Random(4);

        // Numbers whose errors float32 holds.
        float[] predictions = [.. Enumerable.Range(0, Samples * Classes * Voxels).Select(_ => random.Next(1, 8192) / 8192f)];
        int[] labels = [.. Enumerable.Range(0, Samples * Voxels).Select(_ => random.Next(-1, Classes))];
        foreach (var form in new LovaszForm[] { new(false, false, true), new(true, true, false) })
        {
            var narrow = Run<NarrowEntry>(predictions, labels, form);
            var wide = Run<WideEntry>(predictions, labels, form);
            Assert.Equal(narrow.Values, wide.Values);
            Assert.Equal(narrow.Slopes, wide.Slopes);
            Assert.All(narrow.Values, value => Assert.InRange(value, 0.01, 2));
            Assert.Contains(narrow.Slopes, slope => slope < 0);
            Assert.Contains(narrow.Slopes, slope => slope > 0);
        }
    }

    [Fact]
    public void An_offset_of_more_than_32_bits_is_kept()
    {
        var entry = WideEntry.Of(0.5, (1L << 40) + 3, isOfClass: true);
        Assert.Equal((0.5, (1L << 40) + 3, 1), (entry.Error, entry.Offset, entry.OfClass));
        var last = NarrowEntry.Of(0.5f, int.MaxValue, isOfClass: false);
        Assert.Equal((0.5, (long)int.MaxValue, 0), (last.Error, last.Offset, last.OfClass));
        Assert.True(NarrowEntry.Of(0.75, 0, true).Digit(NarrowEntry.Digits - 1) <= last.Digit(NarrowEntry.Digits - 1));
    }

    private static (double[] Values, float[] Slopes) Run<TEntry>(float[] predictions, int[] labels, LovaszForm form)
        where TEntry : unmanaged, ISortEntry<TEntry>
    {
        var values = new double[(form.PerSample ? Samples : 1) * Classes];
        var slopes = new float[predictions.Length];
        byte[] counted = [.. labels.Select(label => label < 0 ? (byte)0 : (byte)1)];
        fixed (float* p = predictions, s = slopes)
        fixed (int* l = labels)
        fixed (byte* c = counted)
        {
            var tensors = new ShapeTensors<float>
            {
                Samples = Samples,
                Classes = Classes,
                Voxels = Voxels,
                FirstClass = 0,
                Predictions = p,
                Labels = l,
                Numbers = null,
                Counted = c,
            };
            LovaszKernel.Compute<float, TEntry>(
                tensors, form, Enumerable.Repeat(true, Classes).ToArray(), values, new double[values.Length], s, new ThreadPoolTeam(3));
        }

        return (values, slopes);
    }
}
