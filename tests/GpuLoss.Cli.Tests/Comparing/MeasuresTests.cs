using GpuLoss.Cli.Comparing.Measures;
using GpuLoss.Cli.Volumes;

namespace GpuLoss.Cli.Tests.Comparing;

/// <summary>The measures against definitions written out here.</summary>
public class MeasuresTests
{
    private static readonly GridSize Size = new(7, 5, 6);

    [Fact]
    public void Voxels_are_counted_as_the_definitions_say()
    {
        var random = new Random(3);
        var volumes = Enumerable.Range(0, 2).Select(_ => Volume(Labels(random))).ToList();
        var predictions = volumes.Select(_ => Labels(random)).ToList();
        var measures = ClassMeasures.Mean([.. volumes.Zip(predictions, (volume, predicted) => ClassMeasures.Of(volume, predicted, 2))]);
        var sets = volumes.Zip(predictions, (volume, predicted) => (Truth: Set(volume.Labels, 2), Predicted: Set(predicted, 2))).ToList();
        double Both((HashSet<int> Truth, HashSet<int> Predicted) pair) => pair.Truth.Intersect(pair.Predicted).Count();
        Assert.Equal(sets.Average(pair => 2 * Both(pair) / (pair.Truth.Count + pair.Predicted.Count)), measures.Dice, 12);
        Assert.Equal(sets.Average(pair => Both(pair) / pair.Truth.Count), measures.Sensitivity!.Value, 12);
        Assert.Equal(sets.Average(pair => Both(pair) / pair.Predicted.Count), measures.Precision!.Value, 12);
        Assert.Equal(sets.Average(pair => (double)pair.Predicted.Count / pair.Truth.Count - 1), measures.VolumeError!.Value, 12);
    }

    [Fact]
    public void An_empty_prediction_has_no_precision_and_no_distance()
    {
        var volume = Volume(Labels(new Random(1)));
        Assert.Equal(new ClassMeasures(0, 0, null, -1, null), ClassMeasures.Of(volume, new byte[Size.Voxels], 1));
    }

    [Fact]
    public void A_class_that_is_not_there_counts_only_where_it_is_predicted()
    {
        var (absent, labels) = (Volume(new byte[Size.Voxels]), Labels(new Random(1)));
        var nothing = ClassMeasures.Of(absent, new byte[Size.Voxels], 1);
        Assert.Equal(new ClassMeasures(double.NaN, null, null, null, null), nothing);
        Assert.Equal(new ClassMeasures(0, null, 0, null, null), ClassMeasures.Of(absent, labels, 1));
        Assert.Equal(new ClassMeasures(1, 1, 1, 0, 0), ClassMeasures.Mean([nothing, ClassMeasures.Of(Volume(labels), labels, 1)]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_Hausdorff_distance_is_that_of_all_pairs_of_surface_voxels(int seed)
    {
        const double Spacing = 1.5;
        var random = new Random(seed);
        var (first, second) = (Blob(random), Blob(random));
        double Directed(List<(int X, int Y, int Z)> from, List<(int X, int Y, int Z)> to)
        {
            var nearest = from.Select(a =>
                to.Min(b => Math.Sqrt((a.X - b.X) * (a.X - b.X) + (a.Y - b.Y) * (a.Y - b.Y) + (a.Z - b.Z) * (a.Z - b.Z))))
                .Order().ToList();
            var position = 0.95 * (nearest.Count - 1);
            var (low, high) = (nearest[(int)Math.Floor(position)], nearest[(int)Math.Ceiling(position)]);
            return low + (position - Math.Floor(position)) * (high - low);
        }

        var (a, b) = (Surface(first), Surface(second));
        Assert.Equal(Spacing * Math.Max(Directed(a, b), Directed(b, a)),
            SurfaceDistance.Hausdorff95(Size, Spacing, first, second, 1)!.Value, 10);
        Assert.Equal(0, SurfaceDistance.Hausdorff95(Size, Spacing, first, first, 1));
    }

    [Fact]
    public void Of_three_seeds_two_sides_of_the_t_distribution_are_taken()
    {
        // With two degrees of freedom the distribution has a closed form: p = 1 - t / √(2 + t²); with one, p = 1 - 2/π·atan(t).
        double[] three = [0.1, 0.2, 0.4];
        var t = three.Average() / (Math.Sqrt(three.Sum(x => (x - three.Average()) * (x - three.Average())) / 2) / Math.Sqrt(3));
        Assert.Equal(1 - t / Math.Sqrt(2 + t * t), PairedComparison.Of(three).PValue!.Value, 10);
        var (two, mean) = (PairedComparison.Of([-0.3, -0.1]), 0.2);
        Assert.Equal(1 - 2 / Math.PI * Math.Atan(mean / (Math.Sqrt(0.02) / Math.Sqrt(2))), two.PValue!.Value, 10);
        Assert.Equal("p = 0.295", StudentTest.Show(two.PValue.Value));
        Assert.Equal("p < 0.001", StudentTest.Show(PairedComparison.Of([0.74, 0.741, 0.742]).PValue!.Value));
        Assert.Null(PairedComparison.Of([0.1]).PValue);
        Assert.Null(PairedComparison.Of([0.1 + 0.2, 0.3, 0.3]).PValue); // they differ by rounding

        // The interval of three ends where p is 0.05: t² = 2·0.95² / (1 - 0.95²).
        var (spread, half) = (PairedComparison.Of(three).Difference, Math.Sqrt(2 * 0.95 * 0.95 / (1 - 0.95 * 0.95)));
        Assert.Equal(spread.Mean - half * spread.Deviation / Math.Sqrt(3), spread.Interval!.Value.Low, 9);
        Assert.Equal(spread.Mean + half * spread.Deviation / Math.Sqrt(3), spread.Interval!.Value.High, 9);
        Assert.Null(Spread.Of([1]).Interval);
    }

    [Fact]
    public void What_is_not_defined_is_counted_and_left_out()
    {
        Assert.Equal(new Spread(2, Math.Sqrt(2), 2, 1), Spread.Of([1, null, 3]));
        Assert.Equal(1, Spread.Of([null]).Missing);
        Assert.True(double.IsNaN(Spread.Of([null]).Mean));
        Assert.Equal(new Spread(2, Math.Sqrt(2), 2, 2), Spread.Of([1, null, double.NaN, 3]));
    }

    private static LabelledVolume Volume(byte[] labels) => new("test", Size, 2, new float[Size.Voxels], labels, ["background", "a", "b"]);

    private static byte[] Labels(Random random) => [.. Enumerable.Range(0, (int)Size.Voxels).Select(_ => (byte)random.Next(3))];

    private static HashSet<int> Set(byte[] labels, byte @class) => [.. Enumerable.Range(0, labels.Length).Where(i => labels[i] == @class)];

    /// <summary>A box with some voxels knocked out.</summary>
    private static byte[] Blob(Random random)
    {
        var (x0, y0, z0) = (random.Next(4), random.Next(3), random.Next(3));
        return [.. Coordinates().Select(voxel => (byte)(voxel.X >= x0 && voxel.Y >= y0 && voxel.Z >= z0 && random.Next(10) > 0 ? 1 : 0))];
    }

    private static List<(int X, int Y, int Z)> Surface(byte[] labels)
    {
        var set = Coordinates().Where(voxel => labels[(voxel.Z * Size.Y + voxel.Y) * Size.X + voxel.X] == 1).ToHashSet();
        return [.. set.Where(v => new[] { (1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1) }
            .Any(step => !set.Contains((v.X + step.Item1, v.Y + step.Item2, v.Z + step.Item3))))];
    }

    private static IEnumerable<(int X, int Y, int Z)> Coordinates() =>
        from z in Enumerable.Range(0, Size.Z) from y in Enumerable.Range(0, Size.Y) from x in Enumerable.Range(0, Size.X) select (x, y, z);
}
