using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;
using GpuLoss.Kernels.Tests;
using GpuLoss.Kernels.Tests.Device;

namespace GpuLoss.PtxMachine.Tests;

/// <summary>
/// What the kernels move and execute. The machine counts exactly, so that these are no measurements of time: they fail where a kernel
/// begins to read twice, or to end its blocks more slowly. The GPU is a small one, so that few voxels keep its blocks busy for many turns.
/// </summary>
public class CostTests
{
    private const int SectorBytes = 32;

    /// <summary>Bytes in sectors over the bytes that have to move: a single read of logits and labels, and in Spread a single
    /// write.</summary>
    [Theory]
    [InlineData(2, 16384, LogitsType.BFloat16)]
    [InlineData(4, 16384, LogitsType.Float32)]
    [InlineData(14, 8192, LogitsType.Float32)]
    [InlineData(32, 8192, LogitsType.Float32)]
    [InlineData(40, 8192, LogitsType.Float32)]
    [InlineData(105, 4096, LogitsType.Float32)]
    [InlineData(133, 4096, LogitsType.Float32)]
    [InlineData(133, 4096, LogitsType.BFloat16)]
    public void Everything_is_read_and_written_once(int classes, int voxels, Enum typeOf)
    {
        var type = (LogitsType)typeOf;
        var data = new SegmentationCase(samples: 1, classes, voxels);
        var engine = new EngineOnMachine(new MachineOptions { Multiprocessors = 1 });
        MachineRuns.Run(engine, new DeviceCase(data, Width: 1, type, LabelType.UInt8), DiceCEDefinition.LossOf(data));
        var (reduce, spread) = (engine.Driver.Launches[0].Counters, engine.Driver.Launches[3].Counters);
        var logits = ElementTypes.SizeOf(type) * classes;
        Assert.InRange((double)SectorBytes * reduce.SectorsLoaded / voxels / (logits + 1), 1, 1.1);
        Assert.InRange((double)SectorBytes * (spread.SectorsLoaded + spread.SectorsStored) / voxels / (2 * logits + 1), 1, 1.1);
    }

    /// <summary>Likewise of one sum with a target of numbers, voxel weights, label smoothing and the sigmoid, and of the values of
    /// voxels, which Reduce leaves and Spread reads their derivatives of.</summary>
    [Theory]
    [InlineData(4, 8192, Activation.Sigmoid, TargetKind.UInt8, MaskKind.None, false)]
    [InlineData(4, 8192, Activation.Softmax, TargetKind.Float32, MaskKind.Float32, false)]
    [InlineData(4, 8192, Activation.Softmax, TargetKind.Labels, MaskKind.None, true)]
    [InlineData(30, 2048, Activation.Softmax, TargetKind.Labels, MaskKind.UInt8, false)]
    [InlineData(133, 1024, Activation.Softmax, TargetKind.Labels, MaskKind.None, false)]
    public void Everything_is_read_and_written_once_whatever_the_target_is(
        int classes, int voxels, Enum activationOf, Enum targetOf, Enum maskOf, bool hasValues)
    {
        var (target, mask) = ((TargetKind)targetOf, (MaskKind)maskOf);
        var sum = new SumDefinition
        {
            Activation = (Activation)activationOf,
            Overlap = OverlapSums.Product,
            HasVoxelTerm = 1,
            LabelSmoothing = 0.125,
        };
        double[] ones = [.. Enumerable.Repeat(1.0, classes)];
        var @case = new DevicePlanCase(
            classes, voxels, LogitsType.Float32, target, LabelType.Int16, mask, [new PlanSum(sum, ones, ones)],
            hasValues ? 0 : DeviceVolume.NoValues);
        var engine = new EngineOnMachine(new MachineOptions { Multiprocessors = 1 });
        MachineRuns.Run(engine, @case);
        var (reduce, spread) = (engine.Driver.Launches[0].Counters, engine.Driver.Launches[^1].Counters);
        var logits = sizeof(float) * classes;
        var others = (target == TargetKind.Labels ? sizeof(short) : classes * ElementTypes.SizeOf(target))
            + ElementTypes.SizeOf(mask) + (hasValues ? sizeof(float) : 0);
        var samples = @case.Data.Samples;
        var loaded = reduce.SectorsLoaded + (hasValues ? reduce.SectorsStored : 0);
        Assert.InRange((double)SectorBytes * loaded / voxels / samples / (logits + others), 1, 1.1);
        Assert.InRange((double)SectorBytes * (spread.SectorsLoaded + spread.SectorsStored) / voxels / samples / (2 * logits + others), 1,
            1.1);
    }

    /// <summary>
    /// What a thread executes besides its voxels, most of it to add up what the threads of a block have. With five shuffles for each class
    /// it was 3,300 for 14 classes and 7,000 for 32.
    /// </summary>
    [Theory]
    [InlineData(4, 256, 4, 450)]
    [InlineData(14, 128, 2, 750)]
    [InlineData(32, 128, 1, 1250)]
    public void Blocks_of_Reduce_begin_and_end_in_few_instructions(int classes, int threads, int width, int most)
    {
        var ends = 2 * InstructionsOfThread(turns: 1) - InstructionsOfThread(turns: 2);
        Assert.InRange(ends, 1, most);

        double InstructionsOfThread(int turns)
        {
            const int blocks = 8;
            var data = new SegmentationCase(samples: 1, classes, blocks * threads * width * turns);
            var engine = new EngineOnMachine(new MachineOptions { Multiprocessors = 1 });
            MachineRuns.Run(engine, new DeviceCase(data, Width: 1, LogitsType.Float32, LabelType.UInt8), DiceCEDefinition.LossOf(data));
            var reduce = engine.Driver.Launches[0];
            Assert.Equal((blocks, threads), (reduce.Grid.X, reduce.Threads));
            return (double)reduce.Counters.ThreadInstructions / (blocks * threads);
        }
    }

    /// <summary>A grid has as many blocks as the GPU's own multiprocessors hold at a time, four of each here.</summary>
    [Theory]
    [InlineData(4, 16)]
    [InlineData(8, 32)]
    public void A_grid_fills_the_multiprocessors_of_the_device(int multiprocessors, int blocks)
    {
        var data = new SegmentationCase(samples: 1, classes: 4, voxels: 1 << 16);
        var engine = new EngineOnMachine(new MachineOptions { Multiprocessors = multiprocessors });
        MachineRuns.Run(engine, new DeviceCase(data, Width: 1, LogitsType.Float32, LabelType.UInt8), DiceCEDefinition.LossOf(data));
        Assert.Equal((blocks, blocks), (engine.Driver.Launches[0].Grid.X, engine.Driver.Launches[3].Grid.X));
    }
}
