using GpuLoss.Cli.Reporting;
using GpuLoss.Cli.Tests.Training;
using GpuLoss.Cli.Training;
using GpuLoss.Cli.Volumes;
using TorchSharp;

namespace GpuLoss.Cli.Tests;

/// <summary>Classes, resampling, the built-in data, and what is measured on it.</summary>
[Collection(TorchsRandomNumbers.Name)]
public class VolumeTests
{
    private const string Templates = "/usr/share/mricron/templates";

    [Theory]
    [InlineData("a", "not of the form")]
    [InlineData("a=", "not a label")]
    [InlineData("a=1,x", "\"x\" is not a label")]
    [InlineData("a=1;a=2", "there twice")]
    [InlineData("=1", "empty")]
    [InlineData("background=1", "there twice")]
    [InlineData("a=1;b=1", "two classes")]
    [InlineData("", "names no class")]
    [InlineData("missing.json", "missing.json")]
    public void A_mistake_in_the_classes_is_named(string text, string reason) =>
        Assert.Contains(reason, Assert.Throws<InputException>(() => ClassMap.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Classes_are_read_from_text_and_from_json()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".json");
        File.WriteAllText(path, """{ "grey": [3, 7], "white": [2] }""");
        try
        {
            foreach (var map in new[] { ClassMap.Parse(path), ClassMap.Parse("grey = 3, 7; white=2") })
            {
                Assert.Equal(["background", "grey", "white"], map.Names);
                Assert.Equal([0, 0, 2, 1, 0, 0, 0, 1, 0], Enumerable.Range(0, 9).Select(label => (int)map[label]));
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Halving_the_grid_takes_means_and_majorities()
    {
        float[] image = [1, 3, 5, 7, 0, 0, 10, 20];
        byte[] labels = [1, 1, 0, 2, 2, 2, 2, 2];
        var (small, classes) = Resampling.To(new GridSize(2, 1, 1), 2, new GridSize(4, 2, 1), new VoxelSpacing(1, 1, 2), image, labels, 3);
        Assert.Equal([1, 10.5f], small);
        Assert.Equal([1, 2], classes.Select(label => (int)label));
        var (same, sameClasses) =
            Resampling.To(new GridSize(8, 4, 1), 0.5, new GridSize(4, 2, 1), new VoxelSpacing(1, 1, 0.5), image, labels, 3);
        Assert.Equal([1, 1, 3, 3, 5, 5, 7, 7], same[..8]);
        Assert.Equal([1, 1, 1, 1, 0, 0, 2, 2], sameClasses[..8].Select(label => (int)label));
    }

    [Fact]
    public void Without_a_scan_there_is_the_phantom()
    {
        var request = new VolumeRequest(null, null, null, null, Seed: 4);
        var volume = VolumeSource.Load(request, "/nonexistent");
        Assert.Contains("phantom", volume.Source, StringComparison.Ordinal);
        Assert.All(volume.VoxelsPerClass(), count => Assert.True(count > 300));
        Assert.Equal(volume.Image, VolumeSource.Load(request, "/nonexistent").Image);
        Assert.NotEqual(volume.Image, VolumeSource.Load(request with { Seed = 5 }, "/nonexistent").Image);
        var coarse = VolumeSource.Load(request with { Spacing = 4 }, "/nonexistent");
        Assert.Equal(new GridSize(40, 48, 40), coarse.Size);
    }

    [Fact]
    public void Colin_27_has_the_regions_of_its_atlas()
    {
        Assert.SkipUnless(File.Exists(Path.Combine(Templates, "ch2.nii.gz")), "Debian's mricron-data is not installed.");
        var volume = VolumeSource.Load(new VolumeRequest(null, null, null, null, 1));
        Assert.Contains("Colin 27", volume.Source, StringComparison.Ordinal);
        Assert.Equal(new GridSize(90, 108, 90), volume.Size);
        var counts = volume.VoxelsPerClass();
        Assert.InRange((double)counts[0] / volume.Size.Voxels, 0.78, 0.80);

        // The atlas itself, counted by its labels: 1 mm³ voxels against 8 mm³ ones. Ties go to the background, so that thin regions lose
        // up to a tenth; a region taken for another would be off by far more.
        var atlas = NiftiFile.Read(Path.Combine(Templates, "aal.nii.gz")).ToLabels(nanIsZero: false, []);
        (int Class, Func<long, bool> Holds)[] regions =
        [
            (2, label => label is >= 91 and <= 116), (3, label => label is >= 71 and <= 78), (4, label => label is 37 or 38 or 41 or 42),
        ];
        Assert.All(regions, region => Assert.Equal(1, counts[region.Class] * 8.0 / atlas.Count(region.Holds), 0.1));
    }

    [Fact]
    public void A_picture_shows_the_front_of_the_head_at_the_top_and_the_left_on_the_left()
    {
        // Of RAS: x runs to the right, y to the front. One bright voxel, in front on the left, in the second of three axial slices.
        var image = new float[4 * 5 * 3];
        image[(1 * 5 + 4) * 4] = 9;
        var volume = new LabelledVolume("made", new GridSize(4, 5, 3), new VoxelSpacing(1, 3, 1), image, new byte[60], ["background", "a"]);
        using var picture = SkiaSharp.SKBitmap.Decode(SlicePicture.Encode(volume, new Slice(Plane.Axial, 1), null));
        Assert.Equal((4, 5), (picture.Width, picture.Height));
        var bright = Enumerable.Range(0, 20).Where(i => picture.GetPixel(i % 4, i / 4).Red > 200).ToList();
        Assert.Equal(0, Assert.Single(bright));

        // In the report's pictures voxels are as long as they are: 3 mm by 1.
        Assert.Equal(3, new Slice(Plane.Axial, 1).Aspect(volume));
        Assert.Equal(1.0 / 3, new Slice(Plane.Sagittal, 1).Aspect(volume), 12);
        Assert.Equal(4.0 / 15, new Slice(Plane.Axial, 1).Shape(volume), 12);
    }

    [Fact]
    public void Dice_counts_voxels()
    {
        double[] expected = [2.0 * 2 / 5, 2.0 * 1 / 5, 0, 1];
        Assert.Equal(expected, VolumeEvaluation.Dice([0, 0, 1, 1, 2, 0], [0, 0, 1, 2, 1, 1], 4));
    }

    [Fact]
    public void The_network_gives_logits_of_the_size_of_its_input()
    {
        using var network = new UNet3d(5);
        using var output = network.forward(torch.zeros([2, 1, 16, 20, 24]));
        Assert.Equal([2, 5, 16, 20, 24], output.shape);
    }
}
