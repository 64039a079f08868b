using System.Globalization;
using GpuLoss.Kernels.Host;

namespace GpuLossTests;

/// <summary>How far a loss is from float64.</summary>
/// <param name="Loss">The loss.</param>
/// <param name="Type">The type of the logits.</param>
/// <param name="Registers">What it was computed on.</param>
/// <param name="Value">The error of the value, relative to the value; the largest of several volumes.</param>
/// <param name="Gradient">The largest error of a gradient, relative to its largest entry.</param>
internal sealed record AccuracyRow(string Loss, ScalarType Type, HostRegisters Registers, double Value, double Gradient)
{
    private const char Separator = '\t';

    private static readonly ScalarType[] Types = [ScalarType.Float64, ScalarType.Float32, ScalarType.BFloat16, ScalarType.Float16];

    private static readonly (long[] Space, double Spread)[] Volumes = [([2500], 0.5), ([14, 15, 16], 3), ([50, 40], 10)];

    /// <summary>Measures every loss and type on the registers that this process uses.</summary>
    public static IReadOnlyList<AccuracyRow> Measure()
    {
        Assert.Equal(HostPath.Expected, HostEngine.WidestRegisters);
        return [.. LossCatalogue.All.SelectMany(loss => Types.Select(type => Measure(loss, type)))];
    }

    /// <summary>What a row is as a line of a file between two processes.</summary>
    public string ToLine() => string.Join(Separator, Loss, Type, Registers, Text(Value), Text(Gradient));

    /// <summary>The row of a line.</summary>
    public static AccuracyRow Parse(string line)
    {
        var parts = line.Split(Separator);
        return new(
            parts[0], Enum.Parse<ScalarType>(parts[1]), Enum.Parse<HostRegisters>(parts[2]),
            double.Parse(parts[3], CultureInfo.InvariantCulture),
            double.Parse(parts[4], CultureInfo.InvariantCulture));
    }

    private static AccuracyRow Measure(CataloguedLoss loss, ScalarType type)
    {
        var (ofValue, ofGradient) = (0.0, 0.0);
        foreach (var (space, spread) in Volumes)
        {
            using var scope = NewDisposeScope();
            var volume = new VolumeCase(
                2, 5, [.. space.Select(size => (int)size)], type, Layout.Contiguous, spread, (ScalarType.Byte, Layout.Contiguous, false),
                Seed: 9);
            var options = loss.Restrict(new() { WeightSeed = 4, Ignore = LossOptions.Unused });
            var (logits, target) = (volume.Logits(), volume.Labels(options.Ignore));
            var expected = LossRun.Reference(loss, options, logits, target);
            var largest = LossRun.Largest(expected.Gradient);
            using var criterion = loss.Make(options, volume.Classes);
            var value = criterion.forward(logits, target);
            ofValue = Math.Max(ofValue, Math.Abs(value.to_type(ScalarType.Float64).item<double>() / expected.Value - 1));

            // Scaled as in 16-bit training, or most of a gradient in float16 would be below its smallest number.
            var scale = Math.ScaleB(1, -Math.ILogB(largest));
            var gradient = LossRun.Of(value * scale, logits).Gradient / scale;
            ofGradient = Math.Max(ofGradient, LossRun.Largest(gradient - expected.Gradient) / largest);
        }

        return new(loss.Name, type, HostEngine.WidestRegisters, ofValue, ofGradient);
    }

    private static string Text(double number) => number.ToString("R", CultureInfo.InvariantCulture);
}
