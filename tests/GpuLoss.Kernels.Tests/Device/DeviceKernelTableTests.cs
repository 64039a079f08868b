using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Tests.Device;

/// <summary>Which kernel and which grid a problem gets.</summary>
public class DeviceKernelTableTests
{
    private const nint Aligned = 0x1000;
    private const int Multiprocessors = 132;

    [Fact]
    public void The_catalogue_lists_every_kernel_once()
    {
        Assert.Equal(DeviceKernelCatalogue.All.Count, DeviceKernelCatalogue.All.Distinct().Count());
        Assert.Equal(DeviceKernelCatalogue.All.Count, DeviceKernelCatalogue.All.Select(kernel => kernel.Name).Distinct().Count());
    }

    [Fact]
    public void Whatever_is_picked_is_in_the_catalogue()
    {
        var catalogue = DeviceKernelCatalogue.All.ToHashSet();
        foreach (var type in DeviceKernelCatalogue.LogitsTypes)
        {
            foreach (var classes in Enumerable.Range(1, 150).Append(1000))
            {
                foreach (var (voxels, address, sum) in new[]
                {
                    (64, 0x1000, default), (61, 0x1000, Squared), (64, 0x1004, Squared), (4, 0x1000, default),
                    (64, 0x1000, new SumDefinition { Activation = Activation.Sigmoid }), (64, 0x1000, new() { LabelSmoothing = 0.1 }),
                    (64, 0x1000, new() { Activation = Activation.None }),
                })
                {
                    foreach (var step in (DeviceStep[])[DeviceStep.Reduce, DeviceStep.Spread])
                    {
                        Assert.Contains(
                            DeviceKernelTable.Pick(step, Labels(classes, voxels), sum, type, address, address, address, values: 0),
                            catalogue);
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData(LogitsType.Float32, 4, 64, 0, 0, 4)]
    [InlineData(LogitsType.Float32, 4, 62, 0, 0, 1)]
    [InlineData(LogitsType.Float32, 4, 64, 8, 0, 1)]
    [InlineData(LogitsType.Float32, 4, 64, 0, 2, 1)]
    [InlineData(LogitsType.Float32, 4, 64, 16, 8, 4)]
    [InlineData(LogitsType.Float32, 8, 64, 0, 0, 4)]
    [InlineData(LogitsType.Float32, 9, 62, 8, 4, 2)]
    [InlineData(LogitsType.BFloat16, 4, 64, 0, 0, 8)]
    [InlineData(LogitsType.BFloat16, 4, 68, 0, 0, 1)]
    [InlineData(LogitsType.BFloat16, 4, 64, 8, 0, 1)]
    [InlineData(LogitsType.Float16, 6, 68, 8, 8, 4)]
    public void Vectors_are_as_wide_as_sizes_and_addresses_allow(
        Enum typeOf, int classes, int voxels, int logitsOffset, int labelsOffset, int width)
    {
        var type = (LogitsType)typeOf;
        var volume = Labels(classes, voxels);
        var reduce = DeviceKernelTable.Pick(
            DeviceStep.Reduce, volume, default, type, Aligned + logitsOffset, Aligned + labelsOffset, mask: 0, values: 0);
        var spread = DeviceKernelTable.Pick(
            DeviceStep.Spread, volume, default, type, Aligned + logitsOffset, Aligned + labelsOffset, mask: 0, values: 0);
        Assert.Equal((width, width), (reduce.Width, spread.Width));
    }

    [Fact]
    public void Vectors_need_neighbours_and_samples_that_begin_at_their_multiples()
    {
        const int classes = 4;
        const int voxels = 64;
        int Width(TensorStrides logits, TensorStrides labels)
        {
            var layout = VolumeLayout.Of([voxels], logits, labels, logits);
            var volume = Labels(classes, voxels, layout, LabelType.Int64);
            return DeviceKernelTable
                .Pick(DeviceStep.Spread, volume, default, LogitsType.Float32, Aligned, Aligned, Aligned, values: 0).Width;
        }

        var labels = new TensorStrides(voxels, 0, [1]);
        Assert.Equal(4, Width(new TensorStrides(classes * voxels, voxels, [1]), labels));
        Assert.Equal(4, Width(new TensorStrides(1000, 100, [1]), labels));
        Assert.Equal(1, Width(new TensorStrides(1001, 100, [1]), labels));
        Assert.Equal(1, Width(new TensorStrides(1000, 101, [1]), labels));
        Assert.Equal(1, Width(new TensorStrides(classes * voxels, 1, [classes]), labels));
        Assert.Equal(1, Width(new TensorStrides(classes * voxels, voxels, [1]), new TensorStrides(66, 0, [1])));
    }

    [Theory]
    [InlineData(1, 32, 512)]
    [InlineData(8, 32, 128)]
    [InlineData(64, 16, 64)]
    public void Partial_sums_take_less_than_a_megabyte_and_suffice_for_every_kernel(int samples, int classes, int side)
    {
        var shape = new LogitsShape(samples, classes, (long)side * side * side);
        foreach (var type in DeviceKernelCatalogue.LogitsTypes)
        {
            var volume = Labels(classes, voxels: 64);
            foreach (var sum in (SumDefinition[])[default, Squared, new() { Activation = Activation.Sigmoid }])
            {
                Assert.All(DeviceKernelTable.Candidates(DeviceStep.Reduce, volume, sum, type), kernel =>
                {
                    var blocks = DeviceKernelTable.BlocksFor(kernel, shape, sums: 1, Multiprocessors);
                    Assert.InRange((long)samples * blocks * new StatisticsLayout(classes).Stride * sizeof(double), 1, 1 << 20);
                });
            }
        }
    }

    /// <summary>Of voxels, whose logarithms have all digits; those of each class take the kernels of any plan.</summary>
    [Theory]
    [InlineData(0, false, DeviceForm.Softmax, 4)]
    [InlineData(4, false, DeviceForm.Softmax, 1)]
    [InlineData(0, true, DeviceForm.Loop, 1)]
    public void Values_have_a_form_and_are_as_wide_as_their_address_allows(int address, bool perClass, Enum form, int width)
    {
        var volume = Labels(4, 64) with { ValueSum = 0, ValuesPerClass = perClass ? 1 : 0 };
        foreach (var step in (DeviceStep[])[DeviceStep.Reduce, DeviceStep.Spread])
        {
            var sum = new SumDefinition { HasVoxelTerm = 1 };
            var kernel = DeviceKernelTable.Pick(step, volume, sum, LogitsType.Float32, Aligned, Aligned, mask: 0, Aligned + address);
            Assert.Equal(((DeviceForm)form, width), (kernel.Form, kernel.Width));
        }
    }

    private static SumDefinition Squared => new() { Overlap = OverlapSums.Squared };

    private static DeviceVolume Labels(int classes, int voxels, VolumeLayout? layout = null, LabelType type = LabelType.Int16) =>
        DeviceVolume.Of(new LogitsShape(2, classes, voxels), layout, TargetKind.Labels, type, -1, MaskKind.None);
}
