using System.Runtime.InteropServices;
using GpuLoss.Interop.Engines;
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
        var volume = MemoryMarshal.Cast<byte, long>(gpu.Driver.Launches[0].Arguments)[7..];
        Assert.Equal([Voxels, Classes * Voxels, 1, Classes, Voxels, 0, 1, Classes * Voxels, 1, Classes, 255], volume[..^1].ToArray());
    }

    [Fact]
    public void Contiguous_halves_are_read_eight_at_a_time()
    {
        gpu.Forward(Problem);
        Assert.Equal(Voxels / 8, MemoryMarshal.Cast<byte, long>(gpu.Driver.Launches[0].Arguments)[7]);
    }
}
