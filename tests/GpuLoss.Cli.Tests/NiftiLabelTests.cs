using GpuLoss.Cli.Volumes;

namespace GpuLoss.Cli.Tests;

/// <summary>Labels are whole numbers and stay those of the file.</summary>
public sealed class NiftiLabelTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("gpuloss-labels-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(8, false)]
    [InlineData(8, true)]
    [InlineData(1024, false)]
    [InlineData(1024, true)]
    [InlineData(1280, true)]
    public void Labels_that_float32_cannot_tell_apart_are_two_classes(short type, bool isBigEndian)
    {
        long[] expected = [0, 16777216, 16777217, 614454277, 0, 16777217, 16777216, 2147483647];
        var path = Save(type, [.. expected.Cast<object>()], isBigEndian);
        Assert.Equal(expected, NiftiFile.Read(path).ToLabels(nanIsZero: false, []));
        var volume = VolumeSource.Load(new VolumeRequest(Image(), path, null, null, 1));
        Assert.Equal(["background", "label 16777216", "label 16777217", "label 614454277", "label 2147483647"], volume.ClassNames);
        Assert.Equal([0, 1, 2, 3, 0, 2, 1, 4], volume.Labels.Select(label => (int)label));
        var grouped = VolumeSource.Load(new VolumeRequest(Image(), path, "id=614454277;rest=16777216,16777217", null, 1));
        Assert.Equal([0, 2, 2, 1, 0, 2, 2, 0], grouped.Labels.Select(label => (int)label));
    }

    [Fact]
    public void The_largest_integers_of_64_bits_are_labels()
    {
        long[] expected = [0, long.MaxValue, long.MaxValue - 1, 1, 0, 0, 1, 1];
        Assert.Equal(expected, NiftiFile.Read(Save(1024, [.. expected.Cast<object>()])).ToLabels(nanIsZero: false, []));
        Assert.Contains("voxel (1, 0, 0) is 18446744073709551615", Refused(Save(1280, [0, ulong.MaxValue, 0, 0, 0, 0, 0, 0])),
            StringComparison.Ordinal);
        Assert.Contains("voxel (0, 1, 1) is -614454277", Refused(Save(1024, [0, 0, 0, 0, 0, 0, -614454277, 0])), StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_are_rounded_within_a_thousandth_and_that_is_said()
    {
        // 2.9999999, as a slope leaves it.
        var path = Save(4, [0, 3, 3, 6, 0, 0, 3, 3], slope: 2.9999999 / 3, version: 2);
        var notes = new List<string>();
        Assert.Equal([0, 3, 3, 6, 0, 0, 3, 3], NiftiFile.Read(path).ToLabels(nanIsZero: false, notes));
        Assert.Equal($"{path}: 5 labels were rounded, by 2E-07 at most", Assert.Single(notes));

        Assert.Equal([0, 1, 1, 2, 0, 0, 0, 0],
            NiftiFile.Read(Save(64, [0, 1.00099, 0.99901, 2, 0, 0, 0, 0])).ToLabels(nanIsZero: false, notes));
        Assert.Contains("voxel (1, 0, 0) is 1.0011", Refused(Save(64, [0, 1.0011, 1, 2, 0, 0, 0, 0])), StringComparison.Ordinal);
        Assert.Contains("voxel (0, 1, 0) is 0.5", Refused(Save(64, [0, 1, 0.5, 2, 0, 0, 0, 0])), StringComparison.Ordinal);
        Assert.Contains("is -1", Refused(Save(64, [0, 1, -1, 2, 0, 0, 0, 0])), StringComparison.Ordinal);
        Assert.Contains("is NaN", Refused(Save(64, [0, 1, double.NaN, 2, 0, 0, 0, 0])), StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_saved_as_fractions_end_where_whole_numbers_fall_together()
    {
        Assert.Equal(16777215, NiftiFile.Read(Save(16, [0, 16777215, 1, 1, 1, 1, 1, 1])).ToLabels(nanIsZero: false, [])[1]);
        Assert.Contains("16777216 up fall together in float32", Refused(Save(16, [0, 16777216, 1, 1, 1, 1, 1, 1])),
            StringComparison.Ordinal);
        Assert.Equal(614454277, NiftiFile.Read(Save(64, [0, 614454277, 1, 1, 1, 1, 1, 1])).ToLabels(nanIsZero: false, [])[1]);
    }

    [Fact]
    public void Labels_of_nothing_but_0_are_called_so()
    {
        var path = Save(4, [0, 0, 0, 0, 0, 0, 0, 0]);
        var message = Assert.Throws<InputException>(() => VolumeSource.Load(new VolumeRequest(Image(), path, null, null, 1))).Message;
        Assert.StartsWith($"{path}: all labels are 0", message, StringComparison.Ordinal);
    }

    private static string Refused(string path) =>
        Assert.Throws<InputException>(() => NiftiFile.Read(path).ToLabels(nanIsZero: false, [])).Message;

    private string Image() => new NiftiMaker { Type = 4, Size = [2, 2, 2], Voxels = [1, 2, 3, 4, 5, 6, 7, 9] }.Save(folder, "image.nii");

    private string Save(short type, object[] voxels, bool isBigEndian = false, double slope = 1, int version = 1) => new NiftiMaker
    {
        Type = type,
        Size = [2, 2, 2],
        Voxels = voxels,
        IsBigEndian = isBigEndian,
        Slope = slope,
        Version = version,
    }.Save(folder, Path.GetRandomFileName() + ".nii");
}
