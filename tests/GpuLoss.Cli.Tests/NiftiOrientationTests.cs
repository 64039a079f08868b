using GpuLoss.Cli.Reporting;
using GpuLoss.Cli.Volumes;

namespace GpuLoss.Cli.Tests;

/// <summary>Where the voxels lie: the same head, stored in every way a scanner or a program may, gives the same training data.</summary>
public sealed class NiftiOrientationTests : IDisposable
{
    /// <summary>The grid to come out, in RAS, and the place of its first voxel.</summary>
    private static readonly int[] Ras = [5, 6, 7];
    private static readonly double[] Edges = [0.9, 1.1, 3];
    private static readonly double[] Origin = [-20.5, 13.25, 7];

    private readonly string folder = Directory.CreateTempSubdirectory("gpuloss-ras-").FullName;

    public static TheoryData<int, int> Permutations =>
        new(Enumerable.Range(0, 6).SelectMany(p => Enumerable.Range(0, 8).Select(f => (p, f))));

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [MemberData(nameof(Permutations))]
    public void All_48_orders_of_the_axes_give_the_same_training_data(int permutation, int flips)
    {
        var (straight, turned) = (Stored(0, 0), Stored(permutation, flips));
        var expected = Load(straight, straight);
        Assert.Equal(new GridSize(Ras[0], Ras[1], Ras[2]), expected.Size);
        foreach (var (image, labels) in new[] { (turned, turned), (straight, turned), (turned, straight) })
        {
            var volume = Load(image, labels);
            Assert.Equal(expected.Size, volume.Size);
            Assert.Equal(expected.Spacing, volume.Spacing);
            Assert.Equal(expected.Image.Select(BitConverter.SingleToInt32Bits), volume.Image.Select(BitConverter.SingleToInt32Bits));
            Assert.Equal(expected.Labels, volume.Labels);
            AssertSamePlace(expected, volume);
        }

        // And where the voxels are resampled.
        var (fine, alike) = (Load(straight, straight, 1.7), Load(turned, straight, 1.7));
        Assert.Equal(fine.Image, alike.Image);
        AssertSamePlace(fine, alike);

        // Whose slices lie where the file says.
        static void AssertSamePlace(LabelledVolume a, LabelledVolume b)
        {
            Assert.InRange(a.Affine.DistanceInVoxels(b.Affine, a.Size), 0, 1e-6);
            Assert.All(Enum.GetValues<Plane>(), plane => Assert.Equal(new Slice(plane, 2).Title(a), new Slice(plane, 2).Title(b)));
        }
    }

    [Fact]
    public void Voxels_lie_where_the_affine_says()
    {
        // Axes to the left, the back and the head: the first voxel of RAS is the last along x and y of the file.
        var file = Stored(0, 0b011);
        var volume = Load(file, file);
        Assert.Equal("LPS", Orientation.NearestTo(NiftiFile.ReadHeader(Path.Combine(folder, "image.nii")).Geometry.Affine).ToString());
        var expected = Enumerable.Range(0, volume.Labels.Length).Select(i =>
            Math.Min(5, Label(i % Ras[0], i / Ras[0] % Ras[1], i / Ras[0] / Ras[1])));
        Assert.Equal(expected, volume.Labels.Select(label => (int)label));
        Assert.Contains("image LPS, labels LPS, same space: reoriented to RAS", volume.Notes);
    }

    [Fact]
    public void Different_orders_of_image_and_labels_are_said()
    {
        Assert.Contains("image RAS, labels LPS, same space: reoriented", Load(Stored(0, 0), Stored(0, 0b011)).Notes);
        Assert.Empty(Load(Stored(0, 0), Stored(0, 0)).Notes);
    }

    [Theory]
    [InlineData(30, "shifted by (30, 0, 0) mm")]
    [InlineData(0.0089, null)] // a hundredth of a voxel is 0.009 mm
    [InlineData(0.0091, "shifted by (0.009, 0, 0) mm")]
    public void Labels_that_lie_elsewhere_are_refused(double shift, string? reason)
    {
        var image = Stored(0, 0) with { Version = 2 };
        var sform = (double[,])image.Sform.Clone();
        sform[0, 3] += shift;
        AssertRefused(reason, image, image with { Sform = sform });
    }

    [Fact]
    public void Labels_with_the_affine_of_the_image_and_turned_voxels_are_told_from_those_with_their_own()
    {
        // The affine is that of axes to the left; the image's voxels are at other places than the labels'.
        var (image, mirrored) = (Stored(0, 0), Stored(0, 1));
        var sform = (double[,])mirrored.Sform.Clone();
        sform[0, 3] = Origin[0];
        AssertRefused("(image RAS by sform, labels LAS by sform)", image, mirrored with { Sform = sform });
    }

    [Fact]
    public void Another_size_another_spacing_and_a_turn_are_refused_with_what_differs()
    {
        var image = Stored(0, 0);
        AssertRefused("the labels have 5×6×6 voxels, the image 5×6×7", image,
            image with { Size = [5, 6, 6], Voxels = [.. image.Voxels.Take(180)] });
        var wider = (double[,])image.Sform.Clone();
        wider[2, 2] *= 1.5;
        AssertRefused("the labels have voxels of 0.9×1.1×4.5 mm, the image of 0.9×1.1×3 mm", image, image with { Sform = wider });
        AssertRefused("turned against the image", image, image with { Sform = Turned(image.Sform, 3) });
    }

    [Fact]
    public void An_oblique_scan_keeps_its_voxels()
    {
        var image = Stored(0, 0b110);
        var oblique = image with { Sform = Turned(image.Sform, 20), Version = 2 };
        var volume = Load(oblique, oblique);
        var straight = Load(image, image);
        Assert.Equal(straight.Image, volume.Image);
        Assert.True(straight.Spacing.IsNear(volume.Spacing));
        Assert.Contains(volume.Notes, note => note.Contains("oblique, by up to 20°", StringComparison.Ordinal));
    }

    [Fact]
    public void Near_45_degrees_image_and_labels_are_turned_alike()
    {
        // By themselves, the two would be nearest to different axes of the patient.
        var cube = Stored(0, 0) with { Version = 2, Size = [6, 6, 6], Voxels = [.. Enumerable.Range(0, 216).Select(i => (object)(i % 6))] };
        var sform = new double[,] { { 1, 0, 0, 0 }, { 0, 1, 0, 0 }, { 0, 0, 1, 0 } };
        var volume = Load(cube with { Sform = Turned(sform, 44.999) }, cube with { Sform = Turned(sform, 45.001) });
        Assert.Equal(new GridSize(6, 6, 6), volume.Size);
        Assert.Equal(cube.Voxels.Select(voxel => (int)voxel), volume.Labels.Select(label => (int)label));
    }

    [Fact]
    public void The_sform_goes_before_the_qform_and_a_difference_is_said()
    {
        var both = Stored(0, 0) with { QformCode = 1, Quaternion = [0, 0, 1], QOffset = [.. Origin] }; // half a turn about z: LPS
        var volume = Load(both, both);
        Assert.Equal(Load(Stored(0, 0), Stored(0, 0)).Labels, volume.Labels);
        Assert.Contains(volume.Notes, note =>
            note.Contains("sform (RAS) and qform (LPS) differ: the sform is taken", StringComparison.Ordinal));
        var agreeing = Stored(0, 0) with { QformCode = 1, QOffset = [.. Origin] };
        Assert.Empty(Load(agreeing, agreeing).Notes);
    }

    [Theory]
    [InlineData(0, 0, 0, 1, "RAS")]
    [InlineData(0, 0, 1, 1, "LPS")]
    [InlineData(0, 1, 0, 1, "LAI")]
    [InlineData(1, 0, 0, 1, "RPI")]
    [InlineData(0, 0, 0, -1, "RAI")]
    [InlineData(0.5, 0.5, 0.5, 1, "ASR")] // a third of a turn about (1, 1, 1): x goes to y, y to z, z to x
    public void A_qform_turns_as_its_quaternion_does(double b, double c, double d, double factor, string orientation)
    {
        var file = Stored(0, 0) with { SformCode = 0, QformCode = 1, Quaternion = [b, c, d], QFactor = factor, QOffset = [1, 2, 3] };
        var geometry = NiftiFile.ReadHeader(file.Save(folder, "q.nii")).Geometry;
        Assert.Equal(("qform", orientation), (geometry.TakenFrom, Orientation.NearestTo(geometry.Affine).ToString()));
        Assert.Equal(new Point(1, 2, 3), geometry.Affine.Origin);
        Assert.True(geometry.Affine.Spacing.IsNear(new VoxelSpacing(Edges[0], Edges[1], Edges[2])));
    }

    [Fact]
    public void Without_sform_and_qform_pixdim_counts_and_that_is_said()
    {
        var bare = Stored(0, 0) with { SformCode = 0 };
        var volume = Load(bare, bare);
        Assert.Contains(volume.Notes, note => note.Contains("neither sform nor qform", StringComparison.Ordinal));
        Assert.True(volume.Spacing.IsNear(new VoxelSpacing(Edges[0], Edges[1], Edges[2])));
        AssertRefused("labels RAS by pixdim alone", Stored(0, 0), bare);
        var broken = Stored(0, 0) with { Sform = new double[3, 4] };
        Assert.Contains(Load(broken, broken).Notes, note => note.Contains("the sform is singular", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1e-3)]
    [InlineData(2, 1)]
    [InlineData(3, 1e3)]
    [InlineData(3 + 8, 1e3)] // and seconds
    public void The_unit_of_length_is_honoured(byte units, double perMm)
    {
        var file = Stored(0, 0) with { Version = 2 };
        var scaled = file with { Units = units, Sform = Scaled(file.Sform, perMm), Pixdim = [.. file.Pixdim.Select(edge => edge * perMm)] };
        Assert.True(Load(file, file).Spacing.IsNear(Load(scaled, scaled).Spacing));
        Assert.True(Load(file, file).Spacing.IsNear(Load(scaled with { SformCode = 0 }, scaled with { SformCode = 0 }).Spacing));
        Assert.True(Load(file, scaled).Spacing.IsNear(new VoxelSpacing(Edges[0], Edges[1], Edges[2])));
    }

    private static int Label(int x, int y, int z) => (x + 2 * y + 3 * z) % 7;

    /// <summary>The head stored with its axes in another order and, where a bit of <paramref name="flips"/> is set, turned
    /// around.</summary>
    private static NiftiMaker Stored(int permutation, int flips)
    {
        int[][] orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        var order = orders[permutation]; // axis j of the file runs along axis order[j] of RAS
        int[] size = [.. order.Select(axis => Ras[axis])];
        var sform = new double[3, 4];
        for (var axis = 0; axis < 3; axis++)
            sform[axis, 3] = Origin[axis];
        for (var j = 0; j < 3; j++)
        {
            var isFlipped = (flips >> j & 1) == 1;
            sform[order[j], j] = isFlipped ? -Edges[order[j]] : Edges[order[j]];
            if (isFlipped)
                sform[order[j], 3] += (size[j] - 1) * Edges[order[j]];
        }

        var voxels = new object[size[0] * size[1] * size[2]];
        for (var i = 0; i < voxels.Length; i++)
        {
            int[] inFile = [i % size[0], i / size[0] % size[1], i / size[0] / size[1]];
            var inRas = new int[3];
            for (var j = 0; j < 3; j++)
                inRas[order[j]] = (flips >> j & 1) == 1 ? size[j] - 1 - inFile[j] : inFile[j];
            voxels[i] = Label(inRas[0], inRas[1], inRas[2]);
        }

        return new NiftiMaker
        {
            Size = size,
            Voxels = voxels,
            Sform = sform,
            SformCode = 1,
            Pixdim = [.. order.Select(axis => Edges[axis])]
        };
    }

    /// <summary>An affine turned about the patient's axis from foot to head.</summary>
    private static double[,] Turned(double[,] sform, double degrees)
    {
        var (sine, cosine) = Math.SinCos(degrees * Math.PI / 180);
        var result = (double[,])sform.Clone();
        for (var column = 0; column < 4; column++)
        {
            result[0, column] = cosine * sform[0, column] - sine * sform[1, column];
            result[1, column] = sine * sform[0, column] + cosine * sform[1, column];
        }

        return result;
    }

    private static double[,] Scaled(double[,] sform, double factor)
    {
        var result = (double[,])sform.Clone();
        for (var i = 0; i < 12; i++)
            result[i / 4, i % 4] *= factor;
        return result;
    }

    private LabelledVolume Load(NiftiMaker image, NiftiMaker labels, double? spacing = null) => VolumeSource.Load(new VolumeRequest(
        image.Save(folder, "image.nii"), labels.Save(folder, "labels.nii"), "a=1;b=2;c=3;d=4;e=5,6", spacing is { } edge ? edge : null, 1));

    /// <summary>One line that names both files and the reason, or, where there is none, no refusal.</summary>
    private void AssertRefused(string? reason, NiftiMaker image, NiftiMaker labels)
    {
        var exception = Record.Exception(() => Load(image, labels));
        if (reason is null)
        {
            Assert.Null(exception);
            return;
        }

        var message = Assert.IsType<InputException>(exception).Message;
        Assert.Contains(reason, message, StringComparison.Ordinal);
        Assert.Contains("image.nii", message, StringComparison.Ordinal);
        Assert.Contains("labels.nii", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }
}
