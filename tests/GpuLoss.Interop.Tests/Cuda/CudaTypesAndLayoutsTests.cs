using System.Runtime.InteropServices;
using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Interop.Tests.Cuda;

/// <summary>Which types and layouts the engine of CUDA tensors reads in place, and how it tells the kernels.</summary>
public sealed class CudaTypesAndLayoutsTests : IDisposable
{
    private const int Classes = 4;
    private const int Voxels = 64;

    private static readonly LossProblem Problem = new(
        new LogitsShape(2, Classes, Voxels), LogitsType.BFloat16, TargetKind.Labels, LabelType.UInt8, MaskKind.None, IgnoreIndex: 255,
        [new SumDefinition { HasVoxelTerm = 1 }]);

    private readonly EngineOnRecordingDriver gpu = new();

    public void Dispose() => gpu.Dispose();

    [Fact]
    public void All_types_but_float64_are_read_in_place()
    {
        foreach (var logits in Enum.GetValues<LogitsType>())
        {
            foreach (var target in Enum.GetValues<LabelType>())
                Assert.Equal(logits != LogitsType.Float64, gpu.Engine.Takes(Problem with { Logits = logits, Label = target }));
        }
    }

    [Fact]
    public void Channels_last_logits_are_read_in_place_and_permuted_axes_are_not()
    {
        var last = new TensorStrides(Classes * Voxels, 1, [4 * Classes, Classes]);
        var labels = new TensorStrides(Voxels, 0, [4, 1]);
        var channelsLast = Problem with { Layout = VolumeLayout.Of([16, 4], last, labels, last) };
        Assert.True(gpu.Engine.Takes(channelsLast));
        var permuted = new TensorStrides(Classes * Voxels, Voxels, [1, 16]);
        Assert.False(gpu.Engine.Takes(Problem with { Layout = VolumeLayout.Of([16, 4], permuted, labels, permuted) }));

        gpu.Forward(channelsLast);
        Assert.Equal(
            (Voxels, new DeviceStrides(Classes * Voxels, 1, Classes), new DeviceStrides(Voxels, 0, 1)),
            (Volume.Vectors, Volume.Logits, Volume.Target));
    }

    [Fact]
    public void Contiguous_halves_are_read_eight_at_a_time()
    {
        gpu.Forward(Problem);
        Assert.Equal(Voxels / 8, Volume.Vectors);
    }

    /// <summary>Numbers and weights too, of any type but float64 and at any distance from voxel to voxel.</summary>
    [Fact]
    public void Channels_last_targets_and_weights_are_read_in_place()
    {
        var last = new TensorStrides(Classes * Voxels, 1, [Classes]);
        var weights = new TensorStrides(2 * Voxels, 0, [2]);
        gpu.Forward(Problem with
        {
            Target = TargetKind.Float16,
            Mask = MaskKind.UInt8,
            Layout = VolumeLayout.Of([Voxels], last, last, last, weights),
        });
        Assert.Equal(
            (new DeviceStrides(Classes * Voxels, 1, Classes), new DeviceStrides(2 * Voxels, 0, 2)), (Volume.Target, Volume.Mask));
    }

    private DeviceVolume Volume =>
        MemoryMarshal.Read<DeviceVolume>(gpu.Driver.Launches[0].Arguments.AsSpan(^Marshal.SizeOf<DeviceVolume>()..));
}
