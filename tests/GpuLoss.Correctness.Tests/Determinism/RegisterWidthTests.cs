using System.Globalization;
using GpuLoss.Kernels.Host;

namespace GpuLossTests;

/// <summary>
/// Registers of another width add the terms of a sum in another order, and those without fused multiply-add round once more: the bits
/// differ, and this says by how much. Every width writes its numbers to a file in a process of its own.
/// </summary>
public class RegisterWidthTests
{
    /// <summary>Set in the processes that write numbers: where to.</summary>
    internal const string Variable = "GPULOSS_TEST_WIDTHS_FILE";

    /// <summary>The largest difference between two widths: of values relative to themselves, of gradients to their largest entry.</summary>
    private const double Tolerance = 5e-7;

    [Fact]
    public async Task Widths_agree_within_the_documented_tolerance()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { } file)
        {
            await File.WriteAllLinesAsync(file, Numbers(), TestContext.Current.CancellationToken);
            return;
        }

        var widest = Numbers();
        foreach (var instructions in RegisterWidths.Without.Keys)
            Compare(widest, await RegisterWidths.LinesOf(Variable, instructions, line => line), instructions);
    }

    private static void Compare(string[] widest, IReadOnlyList<string> narrow, string instructions)
    {
        Assert.Equal(widest.Length, narrow.Count);
        for (var i = 0; i < widest.Length; i++)
        {
            var (one, other) = (Parse(widest[i]), Parse(narrow[i]));
            var largest = one.Max(Math.Abs);
            var difference = one.Zip(other, (a, b) => Math.Abs(a - b)).Max();
            Assert.True(difference <= Tolerance * largest, $"{instructions}, line {i}: {difference / largest:E2}");
        }
    }

    /// <summary>For every loss a line with its value and one with its gradient.</summary>
    private static string[] Numbers()
    {
        Assert.Equal(HostPath.Expected, HostEngine.WidestRegisters);
        using var scope = NewDisposeScope();
        var volume = new VolumeCase(
            2, 5, [19, 21, 23], ScalarType.Float32, Layout.Contiguous, 2, (ScalarType.Byte, Layout.Contiguous, false), Seed: 5);
        var (logits, target) = (volume.Logits(), volume.Labels(LossOptions.Unused));
        return
        [
            .. LossCatalogue.All.SelectMany<CataloguedLoss, string>(loss =>
            {
                var run = LossRun.Fused(loss, new() { WeightSeed = 4, Ignore = LossOptions.Unused }, logits, target);
                return [Text([run.Value]), Text(run.Gradient.data<double>().ToArray())];
            }),
        ];
    }

    private static string Text(double[] numbers) =>
        string.Join(' ', numbers.Select(number => number.ToString("R", CultureInfo.InvariantCulture)));

    private static double[] Parse(string line) => [.. line.Split(' ').Select(number => double.Parse(number, CultureInfo.InvariantCulture))];
}
