using System.Text.Json;
using GpuLoss.Cli.Training;

namespace GpuLoss.Cli.Tests.Training;

/// <summary>What the real command does about a network that is computed wrongly, and about numbers that are not finite.</summary>
[Collection(TorchsRandomNumbers.Name)]
public sealed class FailureTests : IDisposable
{
    private static readonly string[] Quick = ["train", "--steps", "3", "--spacing", "6", "--patch", "16"];

    private readonly string folder = Directory.CreateTempSubdirectory("gpuloss-failure-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void A_network_that_is_wrong_until_onednn_is_kept_back_makes_the_program_start_again()
    {
        var (exitCode, output, error) = Cli.RunWithFaults("wrong-unless-avx2", [.. Quick, "--out", folder]);
        Assert.Equal(0, exitCode);
        var line = Assert.Single(error.TrimEnd().Split('\n'));
        Assert.Contains($"the convolution {StartupHook.FaultyLayer} of 16 to 8 channels is off by 2.0e-1 forward", line,
            StringComparison.Ordinal);
        Assert.EndsWith("Starting again with ONEDNN_MAX_CPU_ISA=AVX2.", line, StringComparison.Ordinal);
        Assert.Contains("Report:", output, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(folder, "summary.json")));
    }

    [Theory]
    [InlineData("train")]
    [InlineData("compare")]
    public void A_network_that_stays_wrong_is_not_trained(string command)
    {
        var (exitCode, output, error) = Cli.RunWithFaults("wrong", [command, .. Quick[1..], "--out", folder]);
        Assert.Equal(3, exitCode);
        var lines = error.TrimEnd().Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.Contains($"the convolution {StartupHook.FaultyLayer} of 16 to 8 channels", lines[1], StringComparison.Ordinal);
        Assert.EndsWith("Nothing was trained.", lines[1], StringComparison.Ordinal);
        Assert.DoesNotContain("step", output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder));
    }

    [Theory]
    [InlineData("", "nan-from-step-2", "0.008", 2, "loss is", "NaN")]
    [InlineData("", "infinite-gradient", "0.008", 1, "gradient is", "")]
    [InlineData("", "ce", "1e29", 2, "logits are", "NaN")]
    [InlineData("weights", "ce", "0.008", 2, "weights are", "")]
    public void What_is_not_finite_ends_the_training_and_is_reported(
        string fault, string loss, string rate, int step, string what, string value)
    {
        var (exitCode, _, error) = Cli.RunWithFaults(fault, [.. Quick, "--loss", loss, "--rate", rate, "--out", folder]);
        Assert.Equal(1, exitCode);
        var line = Assert.Single(error.TrimEnd().Split('\n'));
        Assert.StartsWith($"The training failed at step {step}: the {what} not finite (loss {loss} = {value}", line,
            StringComparison.Ordinal);
        Assert.Contains(", seed 1, learning rate ", line, StringComparison.Ordinal);

        Assert.Equal(step, File.ReadLines(Path.Combine(folder, "metrics.csv")).Count());
        using var summary = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "summary.json")));
        var first = summary.RootElement.EnumerateObject().First();
        Assert.Equal(("failed", line), (first.Name, first.Value.GetString()));
        Assert.Equal(step, summary.RootElement.GetProperty("failed_at_step").GetInt32());
        Assert.Equal(step - 1, summary.RootElement.GetProperty("steps_done").GetInt32());
        Assert.Equal(fault != "weights", File.Exists(Path.Combine(folder, "slices.png")));
    }

    [Theory]
    [InlineData(16)]
    [InlineData(24)]
    [InlineData(40)]
    public void A_right_network_raises_no_alarm(int side)
    {
        Assert.Null(NetworkCheck.WhatIsWrong(classes: 5, side));
    }

    [Fact]
    public void An_error_is_relative_and_what_is_not_finite_is_infinite()
    {
        var error = new PrecisionError(1e-7, double.PositiveInfinity, 2e-7);
        Assert.Equal(double.PositiveInfinity, error.Largest);
        Assert.Equal(
            "off by 1.0e-7 forward, numbers that are not finite in the input's gradient and 2.0e-7 in the weights'",
            error.ToString());
    }
}
