using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace GpuLoss.Cli.Tests;

/// <summary>The real command, as a process of its own, on the real volume where it is installed.</summary>
public sealed class CommandTests : IDisposable
{
    private const string Scan = "/usr/share/mricron/templates/ch2.nii.gz";
    private static readonly string[] Quick = ["train", "--steps", "3", "--spacing", "4", "--patch", "32"];
    private static readonly byte[] PngSignature = [0x89, (byte)'P', (byte)'N', (byte)'G'];

    private static readonly Lazy<(int ExitCode, string Output, string Error)> Doctor = new(() => Cli.Run(["doctor"]));

    private readonly string folder = Directory.CreateTempSubdirectory("gpuloss-cli-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Train_shows_what_it_does_and_writes_its_report()
    {
        var (exitCode, output, error) = Cli.Run([.. Quick, "--out", folder]);
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains(File.Exists(Scan) ? "Colin 27" : "phantom", output, StringComparison.Ordinal);
        Assert.Contains("hippocampus+amygdala", output, StringComparison.Ordinal);
        Assert.Contains("before", output, StringComparison.Ordinal);
        Assert.Contains("% of the time in the loss", output, StringComparison.Ordinal);
        foreach (var picture in new[] { "loss.png", "slices.png" })
        {
            var bytes = File.ReadAllBytes(Path.Combine(folder, picture));
            Assert.Equal(PngSignature, bytes[..4]);
            Assert.InRange(bytes.Length, 5_000, 5_000_000);
        }

        var rows = File.ReadAllLines(Path.Combine(folder, "metrics.csv"));
        Assert.Equal("step,loss,seconds,loss_seconds,learning_rate", rows[0]);
        Assert.Equal(4, rows.Length);
        using var summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "summary.json")));
        Assert.Equal(5, summary.RootElement.GetProperty("classes").GetArrayLength());
        Assert.InRange(summary.RootElement.GetProperty("share_of_time_in_loss").GetDouble(), 1e-6, 0.5);
    }

    [Fact]
    public void The_same_seed_gives_the_same_losses()
    {
        string[] Losses(int seed, string name)
        {
            var output = Path.Combine(folder, name);
            Assert.Equal(0, Cli.Run([.. Quick, "--loss", "gdl", "--seed", seed.ToString(CultureInfo.InvariantCulture), "--out", output])
                .ExitCode);
            return [.. File.ReadLines(Path.Combine(output, "metrics.csv")).Select(row => row.Split(',')[1])];
        }

        var first = Losses(7, "a");
        Assert.Equal(first, Losses(7, "b"));
        Assert.NotEqual(first, Losses(8, "c"));
    }

    [Theory]
    [InlineData("--loss", "nonsense", "nonsense")]
    [InlineData("--steps", "0", "--steps must be a whole number, 1 or more, not 0")]
    [InlineData("--patch", "30", "multiple of 4")]
    [InlineData("--spacing", "-1", "--spacing")]
    [InlineData("--image", "nowhere.nii", "--labels")]
    [InlineData("--classes", "a=1", "--image")]
    [InlineData("--steps", "abc", "--steps must be a whole number, 1 or more, not abc")]
    [InlineData("--patch", "32.5", "--patch must be a multiple of 4 from 16 to 512, not 32.5")]
    [InlineData("--seed", "99999999999", "--seed must be")]
    [InlineData("--spacing", "abc", "--spacing must be a number of mm")]
    [InlineData("--colour", "blue", "--colour")]
    public void A_bad_option_is_one_line_and_exit_code_2(string option, string value, string reason)
    {
        var (exitCode, _, error) = Cli.Run([.. With(option, value), "--out", folder]);
        Assert.Equal(2, exitCode);
        Assert.Contains(reason, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public void A_report_with_nowhere_to_go_is_refused_before_the_training()
    {
        var file = Path.Combine(folder, "a file");
        File.WriteAllText(file, "kept");
        var (exitCode, output, error) = Cli.Run([.. Quick, "--out", file]);
        Assert.Equal((2, ""), (exitCode, output));
        Assert.StartsWith($"--out {file}: the report cannot be written there.", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
        Assert.Equal("kept", File.ReadAllText(file));
    }

    [Fact]
    public void Cuda_without_a_gpu_says_what_is_missing()
    {
        Assert.SkipWhen(File.Exists("/dev/nvidia0"), "There is a GPU here.");
        var (exitCode, _, error) = Cli.Run([.. Quick, "--device", "cuda", "--out", folder]);
        Assert.Equal(2, exitCode);
        Assert.Contains("--device cuda: no NVIDIA driver is installed", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Ctrl_C_keeps_what_there_is()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Sends SIGINT.");
        using var process = Cli.Start([.. With("--steps", "100000"), "--out", folder]);
        while (process.StandardOutput.ReadLine() is { } line && !line.Contains("step ", StringComparison.Ordinal))
        {
        }

        Cli.Interrupt(process);
        var rest = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(60_000));
        Assert.Equal(130, process.ExitCode);
        Assert.Contains("Report:", rest, StringComparison.Ordinal);
        Assert.InRange(File.ReadLines(Path.Combine(folder, "metrics.csv")).Count(), 2, 99_999);
        Assert.True(File.Exists(Path.Combine(folder, "slices.png")));
    }

    [Fact]
    public void Doctor_tells_what_a_bug_report_needs()
    {
        var (exitCode, output, _) = Doctor.Value;
        Assert.Equal(0, exitCode);
        Assert.Matches("convolutions +(right: 24→8, 48→24, 32→24|WRONG: .*ONEDNN_MAX_CPU_ISA=AVX2)", output.ReplaceLineEndings(" "));
        foreach (var part in new[] { "GpuLoss", ".NET", "system", "processor", "SIMD", "0.107.0", "native library", "2.10.0",
            "torch threads", "CUDA" })
            Assert.Contains(part, output, StringComparison.Ordinal);
    }

    [Fact]
    public void Doctor_compiles_the_gpu_kernels_and_says_what_a_gpu_is_missing()
    {
        var (_, output, _) = Doctor.Value;
        var rows = output.Split('\n').Where(line => line.Contains("-classes-", StringComparison.Ordinal)).ToList();
        Assert.Equal(12, rows.Count);
        Assert.All(
            rows, row => Assert.Matches("(Reduce|Spread)-(Labels|Loop)-(any|(up-to-)?[0-9]+)-classes-Float32-[0-9]-wide +[0-9]+", row));
        Assert.Matches("The first kernel of a process takes ILGPU [0-9]+ ms, the following", output);
        Assert.SkipWhen(File.Exists("/dev/nvidia0"), "There is a GPU here.");
        Assert.Contains("libcuda.so.1) is not installed", output, StringComparison.Ordinal);
        Assert.Contains("there is no GPU here", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Bench_shows_the_fused_loss_beside_torchs_operations()
    {
        var (exitCode, output, error) = Cli.Run(["bench", "--classes", "3", "--side", "32"]);
        Assert.Equal((0, ""), (exitCode, error));
        var rows = output.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToList();
        Assert.Contains(rows, row => row is ["C", "side", "fused", "eager", "CE", "floor", ..]);
        var row = Assert.Single(rows, row => row is ["3", "32", ..]);
        Assert.Equal(13, row.Length); // four of them quartiles
        Assert.All(row, numbers => Assert.All(
            numbers.Trim('(', ')').Split('–'), number =>
                Assert.InRange(double.Parse(number, CultureInfo.InvariantCulture), 0.001, 10_000)));
    }

    [Fact]
    public void Bench_shows_a_loss_of_ones_own_too()
    {
        var (exitCode, output, error) = Cli.Run(["bench", "--loss", "dice+bce", "--target", "onehot", "--classes", "3", "--side", "16"]);
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains("dice + bce of the sigmoid", output, StringComparison.Ordinal);
        Assert.Contains("target: onehot", output, StringComparison.Ordinal);
        var row = Assert.Single(
            output.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)), row => row is ["3", "16", ..]);
        Assert.Equal(10, row.Length); // three of them quartiles
    }

    [Theory]
    [InlineData("--loss dice+fice", "--loss must be some of dice, dice-squared,")]
    [InlineData("--loss ce+bce", "--loss must be some of dice,")]
    [InlineData("--target soft", "--target goes with --loss:")]
    [InlineData("--loss dice --target hot", "--target must be one of indices, onehot, soft, not hot.")]
    [InlineData("--classes 1", "--classes must be a whole number from 2 to 1000, not 1.")]
    [InlineData("--side 7", "--side must be a whole number from 8 to 512, not 7.")]
    [InlineData("--side 9.5", "--side must be a whole number from 8 to 512, not 9.5.")]
    [InlineData("--classes 1000 --side 512", "--classes 1000 --side 512: torch's operations take up to 8589.9 GB")]
    public void A_bench_that_cannot_be_run_is_one_line_and_exit_code_2(string options, string reason)
    {
        var (exitCode, output, error) = Cli.Run(["bench", .. options.Split(' ')]);
        Assert.Equal((2, ""), (exitCode, output));
        Assert.StartsWith(reason, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    /// <summary>The quick training with one option set.</summary>
    private static string[] With(string option, string value)
    {
        var index = Array.IndexOf(Quick, option);
        return index < 0 ? [.. Quick, option, value] : [.. Quick[..(index + 1)], value, .. Quick[(index + 2)..]];
    }
}
