using System.Runtime.InteropServices;
using GpuLoss.Interop.Cuda;
using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Interop.Tests.Cuda;

/// <summary>Which types and layouts the engine of CUDA tensors reads in place, and how it tells the kernels.</summary>
public class CudaTypesAndLayoutsTests
{
    private const int Classes = 4;
    private const int Voxels = 64;

    private static readonly LossProblem Problem = new(
        new LossDefinition { CrossEntropyScale = 1 }, new LogitsShape(2, Classes, Voxels), LogitsType.BFloat16, LabelType.UInt8, Layout: null,
        IgnoreIndex: 255, HasClassWeights: false);

    private readonly RecordingDriver driver = new();

    [Fact]
    public void All_types_but_float64_are_read_in_place()
    {
        var engine = new CudaLossEngine(new CudaDevice(driver, 0, PtxCompiler.Shared.Compile));
        foreach (var logits in Enum.GetValues<LogitsType>())
        {
            foreach (var target in Enum.GetValues<LabelType>())
                Assert.Equal(logits != LogitsType.Float64, engine.Takes(Problem with { Logits = logits, Target = target }));
        }
    }

    [Fact]
    public void Channels_last_logits_are_read_in_place_and_permuted_axes_are_not()
    {
        var engine = new CudaLossEngine(new CudaDevice(driver, 0, PtxCompiler.Shared.Compile));
        var last = new TensorStrides(Classes * Voxels, 1, [4 * Classes, Classes]);
        var labels = new TensorStrides(Voxels, 0, [4, 1]);
        var channelsLast = Problem with { Layout = VolumeLayout.Of([16, 4], last, labels, last) };
        Assert.True(engine.Takes(channelsLast));
        var permuted = new TensorStrides(Classes * Voxels, Voxels, [1, 16]);
        Assert.False(engine.Takes(Problem with { Layout = VolumeLayout.Of([16, 4], permuted, labels, permuted) }));

        engine.Forward(channelsLast, 0x10000, 0x20000, 0x30000, 0x40000, 0x50000, 0x60000);
        var volume = MemoryMarshal.Cast<byte, long>(driver.Launches[0].Arguments)[7..];
        Assert.Equal([Voxels, Classes * Voxels, 1, Classes, Voxels, 0, 1, Classes * Voxels, 1, Classes, 255], volume[..^1].ToArray());
    }

    [Fact]
    public void Contiguous_halves_are_read_eight_at_a_time()
    {
        var engine = new CudaLossEngine(new CudaDevice(driver, 0, PtxCompiler.Shared.Compile));
        engine.Forward(Problem, 0x10000, 0x20000, 0x30000, 0x40000, 0x50000, 0x60000);
        Assert.Equal(Voxels / 8, MemoryMarshal.Cast<byte, long>(driver.Launches[0].Arguments)[7]);
    }
}
