using GpuLoss.Cli.Reporting;
using GpuLoss.Cli.Volumes;
using SkiaSharp;

namespace GpuLoss.Cli.Tests.Comparing;

/// <summary>Which voxel lies where in a picture, what the letters say, and the colours of errors.</summary>
public class SlicePictureTests
{
    private static readonly GridSize Size = new(4, 5, 6);

    /// <summary>The picture's upper left voxel: x runs to the right, y to the front, z upwards, and the top of a picture is the front or
    /// above.</summary>
    [Theory]
    [InlineData(0, 2, 0, 4, 2, "L", "R", "A", "P", "axial, z = 3.0 mm")]
    [InlineData(1, 3, 0, 3, 5, "L", "R", "S", "I", "coronal, y = 4.5 mm")]
    [InlineData(2, 1, 1, 0, 5, "P", "A", "S", "I", "sagittal, x = 1.5 mm")]
    public void Every_plane_is_the_right_way_up(
        int plane, int index, int x, int y, int z, string left, string right, string top, string bottom, string title)
    {
        var slice = new Slice((Plane)plane, index);
        var volume = Volume([]);
        Assert.Equal((z * Size.Y + y) * Size.X + x, slice.Voxel(volume, 0, 0));
        Assert.Equal((left, right), slice.Edges);
        Assert.Equal((top, bottom), slice.Ends);
        Assert.Equal(title, slice.Title(volume));
        var (width, height) = slice.Size(volume);
        Assert.Equal(width * height,
            Enumerable.Range(0, width * height).Select(pixel => slice.Voxel(volume, pixel % width, pixel / width)).Distinct().Count());
    }

    /// <summary>Where a file has its 0 and which way its axes run decides; not which part is shown, nor the voxels it was brought
    /// to.</summary>
    [Fact]
    public void Positions_are_those_of_the_scan()
    {
        // Voxel (i, j, k) of the file lies at (30 - 2i, -40 + 3j, 4k) mm: x is turned around. The second half of y is shown.
        var affine = Orientation.NearestTo(new Affine(new(-2, 0, 0), new(0, 3, 0), new(0, 0, 4), new(30, -40, 0)))
            .Apply(new Affine(new(-2, 0, 0), new(0, 3, 0), new(0, 0, 4), new(30, -40, 0)), Size);
        var volume = VolumePreparation.Prepare("test", Size, affine, Ramp, new byte[Size.Voxels], ["background", "a"], affine.Spacing);
        var part = volume.Part(Axis.Y, 2, 5);
        Assert.Equal("sagittal, x = 24.0 mm", new Slice(Plane.Sagittal, 0).Title(part)); // i = 3
        Assert.Equal("coronal, y = -31.0 mm", new Slice(Plane.Coronal, 1).Title(part)); // j = 3
        Assert.Equal("axial, z = 20.0 mm", new Slice(Plane.Axial, 5).Title(part));

        // Voxels of 1 mm: two in each of 2 mm, their middles half a mm to both sides of its own. 4 mm hold four.
        var fine = VolumePreparation.Prepare("test", Size, affine, Ramp, new byte[Size.Voxels], ["background", "a"], 1);
        Assert.Equal("sagittal, x = 23.5 mm", new Slice(Plane.Sagittal, 0).Title(fine));
        Assert.Equal("sagittal, x = 24.5 mm", new Slice(Plane.Sagittal, 1).Title(fine));
        Assert.Equal("coronal, y = -31.0 mm", new Slice(Plane.Coronal, 10).Title(fine));
        Assert.Equal("axial, z = 1.5 mm", new Slice(Plane.Axial, 3).Title(fine.Part(Axis.Z, 0, 4)));

        // Larger ones: the first of 6 mm has its middle where the third part of the way from voxel 0 to 3 is.
        var coarse = VolumePreparation.Prepare("test", Size, affine, Ramp, new byte[Size.Voxels], ["background", "a"], 6);
        Assert.Equal("sagittal, x = 26.0 mm", new Slice(Plane.Sagittal, 0).Title(coarse));
    }

    /// <summary>On an oblique grid the positions in a slice differ: it is that of its middle.</summary>
    [Fact]
    public void The_position_of_an_oblique_slice_is_that_of_its_middle()
    {
        var volume = Volume([]) with { Affine = new Affine(new(2, 0, 0), new(0, 1.8, 0.6), new(0, -0.6, 1.8), new(-10, 0, -5)) };
        Assert.Equal("axial, z = -0.2 mm", new Slice(Plane.Axial, 2).Title(volume)); // -5 + 2·0.6 + 2·1.8
        var other = volume with { Affine = volume.Affine with { Origin = new(0, 0, -1.22) } };
        Assert.Equal("axial, z = 0.0 mm", new Slice(Plane.Axial, 0).Title(other)); // -0.02
    }

    [Fact]
    public void Errors_are_of_three_kinds_and_what_is_right_is_left_grey()
    {
        var slice = new Slice(Plane.Axial, 0);
        var volume = Volume([1, 1, 0, 1]); // y = 0: the last row of the picture
        var predicted = new byte[Size.Voxels];
        (predicted[0], predicted[1], predicted[2], predicted[3]) = (1, 0, 2, 2);
        using var picture = SKBitmap.Decode(SlicePicture.EncodeErrors(volume, slice, predicted));
        var colours = Enumerable.Range(0, 4).Select(x => picture.GetPixel(x, Size.Y - 1)).ToList();
        Assert.True(colours[0].Red == colours[0].Green && colours[0].Green == colours[0].Blue);
        ScottPlot.Color[] kinds = [Palette.Missed, Palette.Added, Palette.Confused];
        Assert.Equal(kinds, colours.Skip(1).Select(colour => kinds.MinBy(hue => Math.Abs(Hue(colour) - Hue(new SKColor(hue.ARGB))))));
        static float Hue(SKColor colour)
        {
            colour.ToHsv(out var hue, out _, out _);
            return hue;
        }
    }

    [Fact]
    public void The_slice_of_the_most_classes_is_shown_and_a_volume_without_any_shows_one_too()
    {
        byte[] labels = [.. Enumerable.Range(0, (int)Size.Voxels).Select(voxel => (byte)(voxel / (Size.X * Size.Y) == 4 ? voxel % 3 : 0))];
        Assert.Equal(4, Slice.MostVaried(Volume(labels), Plane.Axial).Index);
        Assert.InRange(Slice.MostVaried(Volume([]), Plane.Coronal).Index, 0, 4);
    }

    [Fact]
    public void The_legend_lies_below_the_pictures()
    {
        var path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".png");
        var volume = Volume([1, 2]);
        SlicePicture.Save(path, volume, new byte[Size.Voxels]);
        using var picture = SKBitmap.Decode(path);
        File.Delete(path);
        var below = 3 * picture.Width / 4; // three rows of four panels
        Assert.True(picture.Height > below);
        Assert.Equal(new SKColor(Palette.OfClass(1).ARGB), picture.GetPixel(24 + 4, below + 4));
        var columns = Enumerable.Range(24 + 20, 150).Count(x => Enumerable.Range(below, 20).Any(y => picture.GetPixel(x, y).Red < 100));
        Assert.InRange(columns, 5, 100); // the name of the class
    }

    private static float[] Ramp => [.. Enumerable.Range(1, (int)Size.Voxels).Select(voxel => (float)voxel)];

    private static LabelledVolume Volume(byte[] labels) => new(
        "test", Size, 1.5, [.. Enumerable.Range(0, (int)Size.Voxels).Select(voxel => (float)voxel)],
        [.. labels, .. new byte[Size.Voxels - labels.Length]],
        ["background", "a", "b"]);
}
