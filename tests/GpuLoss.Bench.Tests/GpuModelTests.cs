using System.Text.Json;
using GpuLoss.Bench.Gpu;
using GpuLoss.Bench.Prediction;
using GpuLoss.Cli.Benchmarking;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Bench.Tests;

/// <summary>What is predicted from counts, and what becomes of it beside measurements: made-up numbers whose results are known.</summary>
public sealed class GpuModelTests
{
    private const string Date = "2026-01-02";

    private static readonly LaunchCost Launch = new(
        Blocks: 264, BlocksRun: 264, Threads: 256, BytesAsked: 50_000_000, BytesMoved: 30_000_000, Instructions: 0, Special: 0, Double: 0,
        Integer: 0, Wavefronts: 0, Agreement: 1);

    /// <summary>
    /// Two blocks on each of 132 multiprocessors. 17,550 instructions of a block are 35,100 of a multiprocessor, which issues four in each
    /// of 1,755 clocks of a µs: 5 µs. A warp keeps 16 lanes busy for two clocks, 64 for half a clock.
    /// </summary>
    [Fact]
    public void Times_are_those_that_counts_take_on_an_h100()
    {
        const double perBlock = 264 * 17_550.0;
        var launch = Launch with
        {
            Instructions = perBlock,
            Special = perBlock / 10,
            Double = perBlock / 20,
            Integer = perBlock / 2,
            Wavefronts = perBlock / 15,
        };
        var times = GpuModel.H100.Of([launch], neededBytes: 27_000_000);
        Assert.Equal(("H100 SXM", 9.0, 10.0), (times.Gpu, times.FloorUs, times.MemoryUs));
        Near(5, times.IssueUs);
        Near(4, times.SpecialUs);
        Near(0.5, times.DoubleUs);
        Near(5, times.IntegerUs);
        Near(4 / 3.0, times.SharedUs);
        Near(0.9, times.LaunchesUs);
        Assert.Equal((10.0, "memory"), (times.PredictedUs, times.Limit));
        Near(10 / 9.0, times.Ratio);
    }

    [Fact]
    public void Memory_of_an_h200_is_faster_and_the_rest_is_the_same()
    {
        var launch = Launch with { Instructions = 264 * 17_550.0 * 1.6 };
        var (h100, h200) = (GpuModel.H100.Of([launch], 30_000_000), GpuModel.H200.Of([launch], 30_000_000));
        Near(30e6 / 4.3e12 * 1e6, h200.MemoryUs);
        Assert.Equal(h100.IssueUs, h200.IssueUs);
        Assert.Equal(("memory", "issue"), (h100.Limit, h200.Limit));
        Near(8 / 6.976744186, h200.Ratio);
    }

    /// <summary>One block has a multiprocessor to itself and the others wait; one more than there are takes as long as two each.</summary>
    [Theory]
    [InlineData(1, 10)]
    [InlineData(132, 10)]
    [InlineData(133, 20)]
    [InlineData(264, 20)]
    public void The_busiest_multiprocessor_counts(int blocks, double expected)
    {
        var launch = Launch with { Blocks = blocks, Instructions = blocks * 4 * 17_550.0 };
        Near(expected, GpuModel.H100.Of([launch], 1).IssueUs);
    }

    [Fact]
    public void Launches_of_a_pass_follow_each_other()
    {
        var other = Launch with { Blocks = 1, BytesMoved = 3_000_000, Instructions = 4 * 1755 };
        var idle = Launch with { BytesMoved = 3 };
        var times = GpuModel.H100.Of([Launch, other], 30_000_000);
        Near(11, times.MemoryUs);
        Near(1, times.IssueUs);
        Near(1.8, times.LaunchesUs);
        Assert.Equal((1.8, "launches"), (GpuModel.H100.Of([idle, idle], 1).PredictedUs, GpuModel.H100.Of([idle, idle], 1).Limit));
    }

    [Theory]
    [InlineData("NVIDIA H100 80GB HBM3, 132 multiprocessors", "H100 SXM")]
    [InlineData("NVIDIA H200, 132 multiprocessors", "H200")]
    [InlineData("NVIDIA A100-SXM4-40GB", null)]
    public void A_gpu_is_known_by_the_name_of_its_driver(string name, string? model) => Assert.Equal(model, GpuModel.Find(name)?.Name);

    [Fact]
    public void A_table_shows_where_the_floor_is_missed_and_what_was_scaled()
    {
        var pass = Pass(PassPrediction.Forward, LogitsType.Float32, Launch with { BlocksRun = 12, Instructions = 264 * 35_100.0 * 1.2 });
        var half = Pass(PassPrediction.Backward, LogitsType.BFloat16, Launch with { Instructions = 264 * 35_100.0 * 1.2 });
        var table = PredictionTable.Of(new Predictions("an assembler", "0.1.0", Date, [pass, half]));

        // 2^21 voxels of 264 x 42,120 instructions of warps are 170 of a thread each; 12 µs over 10 are above 1.1 and below 1.25.
        Assert.Contains(
            "| dice-ce | 4x128 | Float32 | int64 | forward | 12 of 264 | 1.67 | 1.00 | 170 | 10.0 | 10.0 | 12.0 "
            + "| 0.0 | 0.0 | 0.0 | 0.0 | 0.9 | 12.0 | issue | **1.20** | 12.0 | issue | **1.72** |",
            table, StringComparison.Ordinal);
        Assert.Contains("| BFloat16 | int64 | backward | all | 1.67 |", table, StringComparison.Ordinal);
        Assert.Contains("| 12.0 | issue | 1.20 |", table, StringComparison.Ordinal);
    }

    [Fact]
    public void Measured_times_stand_beside_what_was_predicted_for_the_gpu()
    {
        var predictions = new Predictions(
            "an assembler", "0.1.0", Date,
            [
                Pass(PassPrediction.Forward, LogitsType.Float32, Launch),
                Pass(PassPrediction.Backward, LogitsType.Float32, Launch with { Instructions = 264 * 35_100.0 * 2 }),
                Pass(PassPrediction.Forward, LogitsType.BFloat16, Launch),
            ]);
        var read = JsonSerializer.Deserialize<Predictions>(JsonSerializer.Serialize(predictions, GpuSteps.Json), GpuSteps.Json)!;
        var results = new GpuResults(new("NVIDIA H100 80GB HBM3", "13.0", "a processor", "0.1.0", "10.0.0", "2.11.0", Date))
        {
            Times = new(
                new(Copy: 3000, [Time(4, LogitsType.Float32), Time(4, LogitsType.BFloat16), Time(5, LogitsType.Float32)]), Failure: null),
        };

        // 10 µs of memory, and backward 20 µs of instructions. What was not predicted whole has no line.
        var compared = Assert.Single(ComparedTime.Of(read, results));
        Assert.Equal((new LogitsCase(4, 128), LogitsType.Float32), (compared.Case, compared.Logits));
        Assert.Equal(new ComparedPass(10, "memory", 15), compared.Forward);
        Assert.Equal((30.0, "memory, issue", 60.0), (compared.Both.PredictedUs, compared.Both.Limit, compared.Both.MeasuredUs));
        Assert.Equal((1.5, 2.0), (compared.Forward.Ratio, compared.Both.Ratio));
        Assert.Contains(
            "| 4x128 | Float32 | 10.0 | memory | 15.0 | 1.50 | 30.0 | memory, issue | 60.0 | 2.00 |",
            GpuTables.Of(results with { Predicted = [compared] }), StringComparison.Ordinal);

        Assert.Empty(ComparedTime.Of(null, results));
        Assert.Empty(ComparedTime.Of(read, results with { Machine = results.Machine with { Gpu = "NVIDIA A100" } }));
        Assert.Empty(ComparedTime.Of(read, results with { Times = null }));
    }

    [Fact]
    public void The_newest_predictions_are_read()
    {
        var folder = Directory.CreateTempSubdirectory("gpuloss-predictions-").FullName;
        try
        {
            Assert.Null(PredictionFiles.Newest(folder));
            foreach (var date in (string[])["2026-02-01", "2026-11-30", "2026-10-30"])
            {
                File.WriteAllText(
                    Path.Combine(folder, $"ptx-run-sm90-{date}.json"),
                    JsonSerializer.Serialize(new Predictions("", "", date, []), GpuSteps.Json));
            }

            Assert.Equal("2026-11-30", PredictionFiles.Newest(folder)!.Date);
            Assert.Null(PredictionFiles.Newest(Path.Combine(folder, "nowhere")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Near(double expected, double actual) => Assert.Equal(expected, actual, expected * 1e-9);

    private static PassPrediction Pass(string pass, LogitsType logits, LaunchCost launch) => new(
        PredictedCase.OfGpuCommand(new LogitsCase(4, 128), logits), pass, NeededBytes: 30_000_000, [launch],
        [.. GpuModel.All.Select(gpu => gpu.Of([launch], 30_000_000))]);

    private static GpuTime Time(int classes, LogitsType logits) => new(
        new LogitsCase(classes, 128), logits, Bytes: 1, ExtraBytes: 1, new EventTime(0.015, 0.01, 9), new EventTime(0.06, 0.05, 30),
        new EventTime(0.02, 0.02, 2));
}
