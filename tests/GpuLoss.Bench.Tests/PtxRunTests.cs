using System.Text.Json;
using GpuLoss.Bench.Gpu;
using GpuLoss.Bench.Prediction;
using GpuLoss.Bench.Ptx;
using GpuLoss.Cli.Benchmarking;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Bench.Tests;

/// <summary>The losses on the PTX machine, counted in machine code.</summary>
public sealed class PtxRunTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("gpuloss-ptx-run-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Rows_of_the_table_are_losses_classes_types_and_volumes()
    {
        var all = PredictedCase.All([64, 128]);
        Assert.Equal(11 * 2 * 2 * 2 + 3 * 4 * 2 * 2, all.Count);
        Assert.Equal(all.Count, all.Select(one => one.Name).Distinct().Count());
        var one = new PredictedCase(PredictedCase.Soft, new LogitsCase(4, 8), LogitsType.BFloat16, "float32");
        Assert.Equal(("soft/4x8/bfloat16/float32", 4096L, 8192L), (one.Name, one.LogitsBytes, one.TargetBytes));
        Assert.Equal(512 * 8, PredictedCase.OfGpuCommand(new LogitsCase(4, 8), LogitsType.Float32).TargetBytes);
    }

    [Fact]
    public void The_command_writes_what_losses_take()
    {
        Assert.SkipUnless(CudaTools.WhyNot is null, CudaTools.WhyNot ?? "");
        var path = Path.Combine(folder, "new", "table.md");
        Assert.Equal(0, PtxCommand.Run(["--run", "--only", "/2x16/float32", "--sides", "16", "--out", path]));
        var passes = JsonSerializer.Deserialize<Predictions>(File.ReadAllText(Path.ChangeExtension(path, "json")), GpuSteps.Json)!.Passes;
        Assert.Equal(
            [
                "dice-ce/2x16/float32/uint8", "dice-ce/2x16/float32/int64", "dice-bce/2x16/float32/float32", "soft/2x16/float32/float32",
                "topk/2x16/float32/uint8",
            ],
            passes.Where(pass => pass.Pass == PassPrediction.Forward).Select(pass => pass.Case.Name));
        Assert.All(passes, pass =>
        {
            Assert.InRange(pass.Launches.Count, 1, 4);
            Assert.All(pass.Launches, launch => Assert.True(launch.IsWhole && launch.Instructions > 0));
            Assert.Equal(GpuModel.All.Select(gpu => gpu.Name), pass.Times.Select(time => time.Gpu));
            Assert.InRange(pass.Asked, pass.Moved, 10);
        });

        // What has to move is 2 x 4 bytes of logits and a label of 1 or 8: read forward; read again, and written, backward.
        var (forward, backward) = (passes[0], passes[1]);
        Assert.Equal((4096L * 9, 4096L * 17, 4096L * 16), (forward.NeededBytes, backward.NeededBytes, passes[2].NeededBytes));
        Assert.InRange(backward.Launches.Max(launch => launch.BytesMoved), backward.NeededBytes, 1.05 * backward.NeededBytes);
        Assert.InRange(passes[2].Launches.Max(launch => launch.BytesMoved), passes[2].NeededBytes, 1.25 * passes[2].NeededBytes);

        // The gradient of a softmax over two classes takes two exponentials and a reciprocal.
        var special = 32 * backward.Launches.MaxBy(launch => launch.Instructions)!.Special / 4096;
        Assert.InRange(special, 3, 3.5);
        Assert.Contains("| dice-ce | 2x16 | Float32 | uint8 | backward | all | 1.0", File.ReadAllText(path), StringComparison.Ordinal);
    }

    /// <summary>A part of a grid says what all of it does, to 5 %.</summary>
    [Fact]
    public void Scaled_counts_are_those_of_the_whole_grid()
    {
        Assert.SkipUnless(CudaTools.WhyNot is null, CudaTools.WhyNot ?? "");
        PredictedCase[] cases =
        [
            new(PredictedCase.DiceCE, new LogitsCase(3, 40), LogitsType.Float32, "uint8"),
            new(PredictedCase.TopK, new LogitsCase(4, 32), LogitsType.BFloat16, "uint8"),
        ];
        using var whole = new PredictionRun(instructions: long.MaxValue / 4);
        using var part = new PredictionRun(instructions: 30_000);
        foreach (var (expected, actual) in whole.Of(cases, _ => { }).Zip(part.Of(cases, _ => { })))
        {
            Assert.Equal(expected.Launches.Count, actual.Launches.Count);
            var (all, some) = (expected.Launches.MaxBy(launch => launch.Blocks)!, actual.Launches.MaxBy(launch => launch.Blocks)!);
            Assert.Equal((all.Blocks, all.Blocks), (all.BlocksRun, some.Blocks));
            Assert.InRange(some.BlocksRun, 5, all.Blocks / 2);
            Assert.All(
                ((double, double)[])
                [
                    (all.Instructions, some.Instructions), (all.Special, some.Special), (all.Integer, some.Integer),
                    (all.BytesAsked, some.BytesAsked), (all.BytesMoved, some.BytesMoved), (all.Wavefronts, some.Wavefronts),
                ],
                pair => Assert.InRange(pair.Item2, 0.95 * pair.Item1, 1.05 * pair.Item1));
        }
    }

    [Theory]
    [InlineData("--run", "--only", "no-such-loss")]
    [InlineData("--table", "file.md")]
    public void What_cannot_be_done_ends_with_2(params string[] arguments) => Assert.Equal(2, PtxCommand.Run(arguments));
}
