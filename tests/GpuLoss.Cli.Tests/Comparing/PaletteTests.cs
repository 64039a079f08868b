using GpuLoss.Cli.Reporting;
using GpuLoss.Cli.Training;

namespace GpuLoss.Cli.Tests.Comparing;

/// <summary>The colours as those see them who lack one kind of cones (Machado, Oliveira and Fernandes 2009, severity 1), by CIE 1976
/// ΔE.</summary>
public class PaletteTests
{
    private const double Distinct = 15;

    private static readonly Dictionary<string, double[]> Sights = new()
    {
        ["all cones"] = [1, 0, 0, 0, 1, 0, 0, 0, 1],
        ["protanopia"] = [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
        ["deuteranopia"] = [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881],
        ["tritanopia"] = [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.303900],
    };

    [Fact]
    public void The_former_colours_of_deep_grey_matter_and_hippocampus_were_one_to_a_deuteranope()
    {
        var former = new ScottPlot.Palettes.Category10();
        Assert.Equal(7.3, Difference(former.GetColor(2), former.GetColor(3), Sights["deuteranopia"]), 0.1);
    }

    [Fact]
    public void All_classes_are_told_apart_with_every_kind_of_sight()
    {
        foreach (var (sight, matrix) in Sights)
        {
            foreach (var (a, b) in Pairs(8))
                Assert.True(Difference(Palette.OfClass(a), Palette.OfClass(b), matrix) > Distinct, $"{sight}: classes {a} and {b}");
        }

        // The built-in data have four classes: those differ more.
        Assert.All(Sights.Values, matrix =>
            Assert.All(Pairs(4), pair => Assert.True(Difference(Palette.OfClass(pair.A + 1), Palette.OfClass(pair.B + 1), matrix) > 24)));
        Assert.All(Sights.Values, matrix => Assert.True(
            Math.Min(Difference(Palette.Missed, Palette.Added, matrix),
                Math.Min(Difference(Palette.Missed, Palette.Confused, matrix), Difference(Palette.Added, Palette.Confused, matrix))) > 24));
    }

    [Fact]
    public void All_losses_differ_in_their_marks_and_those_of_one_dash_in_their_colours_too()
    {
        foreach (var (a, b) in Pairs(SegmentationLosses.Names.Count))
        {
            Assert.NotEqual(Palette.Mark(a), Palette.Mark(b));
            Assert.All(Sights, sight => Assert.True(
                Difference(Palette.OfLoss(a), Palette.OfLoss(b), sight.Value) > Distinct || Math.Max(a, b) >= 8,
                $"{sight.Key}: losses {a} and {b}"));
        }

        Assert.NotEqual(Palette.Dashes(0), Palette.Dashes(1));
        Assert.NotEqual(Palette.Dashes(1), Palette.Dashes(2));
    }

    private static IEnumerable<(int A, int B)> Pairs(int count) =>
        from a in Enumerable.Range(0, count) from b in Enumerable.Range(0, a) select (a, b);

    private static double Difference(ScottPlot.Color a, ScottPlot.Color b, double[] sight) =>
        Math.Sqrt(Lab(a, sight).Zip(Lab(b, sight)).Sum(pair => (pair.First - pair.Second) * (pair.First - pair.Second)));

    private static double[] Lab(ScottPlot.Color colour, double[] sight)
    {
        double[] seen = Times(sight, [Linear(colour.R), Linear(colour.G), Linear(colour.B)]);
        double[] toXyz = [0.4124564, 0.3575761, 0.1804375, 0.2126729, 0.7151522, 0.0721750, 0.0193339, 0.1191920, 0.9503041];
        var xyz = Times(toXyz, Array.ConvertAll(seen, value => Math.Clamp(value, 0, 1)));
        var (x, y, z) = (Root(xyz[0] / 0.95047), Root(xyz[1]), Root(xyz[2] / 1.08883));
        return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
    }

    private static double[] Times(double[] matrix, double[] vector) =>
        [.. matrix.Chunk(3).Select(row => row.Zip(vector).Sum(pair => pair.First * pair.Second))];

    private static double Linear(byte value) =>
        value / 255.0 <= 0.04045 ? value / 255.0 / 12.92 : Math.Pow((value / 255.0 + 0.055) / 1.055, 2.4);

    private static double Root(double value) => value > 0.008856 ? Math.Cbrt(value) : 7.787 * value + 16.0 / 116;
}
