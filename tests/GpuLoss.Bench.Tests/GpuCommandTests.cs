using System.Diagnostics;
using System.Text.Json;
using GpuLoss.Bench.Gpu;
using GpuLoss.Bench.Gpu.Comparison;
using GpuLoss.Cli.Benchmarking;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Bench.Tests;

/// <summary>The program for a GPU where there is none, and what it makes of results.</summary>
public sealed class GpuCommandTests : IDisposable
{
    private static readonly GpuMachine Machine =
        new("NVIDIA Test, 1 multiprocessor", "13.0", "a processor", "0.1.0", "10.0.0", "2.11.0", "2026-01-02");
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly byte[] PngSignature = [0x89, (byte)'P', (byte)'N', (byte)'G'];

    private readonly string folder = Directory.CreateTempSubdirectory("gpuloss-bench-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Without_a_gpu_it_says_so_and_exits_with_2()
    {
        Assert.SkipWhen(File.Exists("/dev/nvidia0"), "There is a GPU here.");
        var start = new ProcessStartInfo(
            "dotnet", ["exec", typeof(GpuCommand).Assembly.Location, "gpu", "--out", Path.Combine(folder, "results")])
        {
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        Assert.Matches("^No GPU: .*libcuda.* is not installed\\.\n$", process.StandardError.ReadToEnd());
        process.WaitForExit();
        Assert.Equal(2, process.ExitCode);
        Assert.False(Directory.Exists(Path.Combine(folder, "results")));
    }

    [Fact]
    public void A_child_is_heard_and_does_not_run_for_ever()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Runs sh.");
        var good = Child.Run("sh", ["-c", "echo out; echo \"$COLOUR\" >&2"], Limit, new Dictionary<string, string> { ["COLOUR"] = "blue" });
        Assert.Equal(("out\n", "blue\n", null), (good.Output, good.Error, good.Failure));
        Assert.Equal("exit code 3: second", Child.Run("sh", ["-c", "echo first >&2; echo second >&2; exit 3"], Limit).Failure);
        Assert.Equal("not done after 0 minutes", Child.Run("sh", ["-c", "sleep 60"], TimeSpan.FromMilliseconds(50)).Failure);
        Assert.StartsWith("/nowhere: ", Child.Run("/nowhere", [], Limit).Failure, StringComparison.Ordinal);
    }

    [Fact]
    public void Pytorch_is_found_where_python_has_it()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Makes an executable script.");
        Assert.Contains("No module named", FindWith("echo \"ModuleNotFoundError: No module named 'torch'\" >&2; exit 1").WhyNot,
            StringComparison.Ordinal);
        var (found, _) = FindWith("""echo '{"Version": "2.11.0", "Folders": ["/torch/lib", "/nvidia/cu13/lib"]}'""");
        Assert.Equal("2.11.0", found!.Version);
        Assert.StartsWith("/torch/lib:/nvidia/cu13/lib", found.LoaderPath()["LD_LIBRARY_PATH"], StringComparison.Ordinal);
    }

    [Fact]
    public void Results_become_a_table_a_file_and_a_chart()
    {
        var time = new GpuTime(
            new LogitsCase(4, 128), LogitsType.Float32, Bytes: 134_217_728, ExtraBytes: 2048, new EventTime(0.03, 0.03, 9),
            new EventTime(0.0671, 0.06, 30),
            new EventTime(0.02, 0.02, 2));
        var peers = JsonSerializer.Deserialize<PeerTimes>(
            """
            { "torch": "2.11.0", "cuda": "13.0", "device": "NVIDIA Test", "copy_gigabytes_per_second": 2500.0, "times": [
              { "case": "4x128", "logits": "float32", "contestant": "monai", "peak_bytes": 1, "median_ms": 1.342, "least_ms": 1.3 },
              { "case": "4x128", "logits": "float32", "contestant": "compiled", "failure": "no compiler" } ] }
            """, GpuSteps.Json)!;
        var results = new GpuResults(Machine)
        {
            Tests = new([new DeviceTestResult("Float32, Int64", 1e-7, 2e-7, 3e-7, null)], null),
            Compared = new(
                [new ComparedResult("one", 900, 1e-15, 4e-7, null), new ComparedResult("another", 100, 0, 5e-7, "T 0 is 3 and not 4")],
                "1 of 2 failed, the first is another: T 0 is 3 and not 4"),
            Torch = new(null, "exit code 1: undefined symbol"),
            Times = new(new GpuTimesResult(Copy: 2500, [time]), null),
            HostTimes = new(new Dictionary<string, double> { ["4x128"] = 0.1 }, null),
            Peers = new(peers, null),
            Sanitizer = new Dictionary<string, string> { ["memcheck"] = ComputeSanitizer.Clean, ["racecheck"] = "exit code 86: 1 error" },
        };
        Assert.Equal(
            [
                "machine: 1 of 2 failed, the first is another: T 0 is 3 and not 4", "torch: exit code 1: undefined symbol",
                "racecheck: exit code 86: 1 error",
            ],
            results.Failures());

        var path = GpuCommand.Write(folder, results);
        Assert.EndsWith("nvidia-test-2026-01-02", path, StringComparison.Ordinal);
        var table = File.ReadAllText(path + ".md");
        Assert.Contains("1 problems; largest errors of float32 logits: statistics 1.0E-007, loss 2.0E-007, gradient 3.0E-007", table,
            StringComparison.Ordinal);
        Assert.Contains("The same problems on the PTX machine: **1 of 2 failed, the first is another: T 0 is 3 and not 4**", table,
            StringComparison.Ordinal);
        var right = results with { Compared = results.Compared with { Failure = null } };
        Assert.Contains(
            "2 problems; 1000 numbers have the same bits; the largest difference of float64 is 1.0E-015 of 1E-012, of what is approximated "
            + "5.0E-007 of 2E-006", GpuTables.Of(right), StringComparison.Ordinal);
        Assert.Contains("**exit code 1: undefined symbol**", table, StringComparison.Ordinal);

        // 134.2 MB in 67.1 µs are 2000 GB/s, 80 % of the copy and 1.25 of the floor; eager takes 20 times as long.
        Assert.Contains("| 4x128 | Float32 | 0.030 | 0.067 | 2000 | 80 % | **1.25** | **30.00** | 2 | 20.00 |  |  |  |", table,
            StringComparison.Ordinal);
        var read = JsonSerializer.Deserialize<GpuResults>(File.ReadAllText(path + ".json"), GpuSteps.Json)!;
        Assert.Equal((Machine, time, 1.342), (read.Machine, read.Times!.Value!.Times[0], read.Peers!.Value!.Times[0].MedianMs));
        Assert.Equal(PngSignature, File.ReadAllBytes(path + ".png")[..4]);
    }

    private (PythonTorch? Found, string WhyNot) FindWith(string script)
    {
        var program = Path.Combine(folder, "python");
        File.WriteAllText(program, $"#!/bin/sh\n{script}\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
        return PythonTorch.Find(program);
    }
}
