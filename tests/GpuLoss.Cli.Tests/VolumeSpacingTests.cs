using System.Text.Json;
using GpuLoss.Cli.Comparing;
using GpuLoss.Cli.Comparing.Measures;
using GpuLoss.Cli.Training;
using GpuLoss.Cli.Volumes;

namespace GpuLoss.Cli.Tests;

/// <summary>Several volumes: one size of voxels, one list of classes, and classes that some of them lack.</summary>
public sealed class VolumeSpacingTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("gpuloss-spacing-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void The_median_is_taken_of_every_axis()
    {
        Assert.Equal(new VoxelSpacing(1, 2, 5), VoxelSpacing.Median([new(1, 3, 4), new(0.5, 2, 5), new(2, 1, 6)]));
        Assert.Equal(new VoxelSpacing(1.5, 2, 4.5), VoxelSpacing.Median([new(1, 2, 4), new(2, 2, 5)]));
        Assert.Equal(new VoxelSpacing(1.5, 2, 4.5), VoxelSpacing.Median([new(1, 9, 4), new(2, 2, 5), new(9, 1, 9), new(0.1, 2, 0.1)]));
    }

    [Theory]
    [InlineData(2, 2, 2, "2")]
    [InlineData(2, 2.00000002, 1.9999999, "2")] // the edges of an oblique grid
    [InlineData(0.9, 0.9, 3, "0.9×0.9×3")]
    public void Voxels_are_shown_short_and_written_as_three_numbers(double x, double y, double z, string text)
    {
        var spacing = new VoxelSpacing(x, y, z);
        Assert.Equal(text, spacing.ToString());
        Assert.Equal(spacing, JsonSerializer.Deserialize<VoxelSpacing>(JsonSerializer.Serialize(spacing)));
    }

    [Fact]
    public void Volumes_of_different_voxels_are_brought_to_the_median_of_their_axes_in_the_patient()
    {
        // The second is stored with the axis from foot to head first; its voxels are 3 mm along that, 1 mm across.
        var axial = Pair("a", [12, 12, 6], [1, 1, 2], Diagonal(1, 1, 2), 0);
        var sagittal = Pair("b", [4, 12, 12], [3, 1, 1], new[,] { { 0.0, 1, 0, 0 }, { 0, 0, 1, 0 }, { 3, 0, 0, 0 } }, 0);
        var coarse = Pair("c", [6, 6, 3], [2, 2, 4], Diagonal(2, 2, 4), 0);
        var volumes = VolumeSource.Load([axial, sagittal, coarse]);
        Assert.All(volumes, volume => Assert.Equal(new VoxelSpacing(1, 1, 3), volume.Spacing));
        Assert.All(volumes, volume => Assert.Equal(new GridSize(12, 12, 4), volume.Size));
        Assert.Contains("all volumes are brought to voxels of 1×1×3 mm, the median of theirs (--spacing)", volumes[0].Notes);
        Assert.All(VolumeSource.Load([axial with { Spacing = 2 }, coarse with { Spacing = 2 }]), volume => Assert.Equal(2, volume.Spacing));
    }

    [Fact]
    public void One_volume_keeps_its_voxels() =>
        Assert.Equal(new VoxelSpacing(1, 1, 2), VolumeSource.Load(Pair("a", [12, 12, 6], [1, 1, 2], Diagonal(1, 1, 2), 0)).Spacing);

    [Fact]
    public void Thin_voxels_are_averaged_along_their_axis_alone()
    {
        float[] image = [1, 3, 5, 7, 9, 11, 13, 15];
        byte[] labels = [0, 0, 1, 1, 2, 2, 1, 1];
        var (resampled, classes) = Resampling.To(
            new GridSize(2, 2, 1), new VoxelSpacing(1, 1, 2), new GridSize(2, 2, 2), 1, image, labels, 3);
        Assert.Equal([5, 7, 9, 11], resampled);
        Assert.Equal([0, 0, 1, 1], classes.Select(label => (int)label));
    }

    [Fact]
    public void Voxels_taken_for_a_thousand_times_their_size_are_refused_before_any_memory_is_taken()
    {
        var request = Pair("huge", [16, 16, 16], [1000, 1000, 1000], Diagonal(1000, 1000, 1000), 0) with { Spacing = 1 };
        var message = Assert.Throws<InputException>(() => VolumeSource.Load(request)).Message;
        Assert.Contains("16×16×16 voxels of 1000 mm become 16000×16000×16000 of 1 mm, which are too many; give a larger --spacing",
            message, StringComparison.Ordinal);
        Assert.Contains("GB; this machine has", Assert.Throws<InputException>(
            () => Resampling.SizeAt(new GridSize(1200, 1200, 1200), 1, 1, 255, "much")).Message, StringComparison.Ordinal);
        Assert.Contains("too many", Assert.Throws<InputException>(
            () => Resampling.SizeAt(new GridSize(32767, 32767, 1), 1e6, 0.05, 2, "more")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_thin_volume_that_patches_would_blow_up_is_refused()
    {
        var thin = new LabelledVolume("thin", new GridSize(30000, 1, 1), 1, new float[30000], new byte[30000], ["background", "a"]);
        var message = Assert.Throws<InputException>(() => new VolumeTensors(thin, 512, TorchSharp.torch.CPU)).Message;
        Assert.Equal("thin: 30000×1×1 voxels, filled up to patches of 512³, which are too many; give a smaller --patch.", message);
    }

    [Fact]
    public void A_class_that_one_volume_lacks_is_a_class_of_all()
    {
        // Label 5 is in the first two alone, as a lesion is in some patients.
        var requests = new[] { Lesion("a", 5), Lesion("b", 5), Lesion("c", 1) };
        var volumes = VolumeSource.Load(requests);
        Assert.All(volumes, volume => Assert.Equal(["background", "label 1", "label 5"], volume.ClassNames));
        Assert.Equal(0, volumes[2].VoxelsPerClass()[2]);
        Assert.Equal(
            "by volume: the first 2 train, the last 1 validate; none of these has label 5, "
            + "whose Dice is 0 where it is predicted and not defined elsewhere",
            DataSplit.ByVolume(volumes).Description);
        Assert.Contains("which train", Assert.Throws<InputException>(() => DataSplit.ByVolume([volumes[2], volumes[0]])).Message,
            StringComparison.Ordinal);
        Assert.Equal(2, DataSplit.ByVolume([volumes[2], volumes[1], volumes[0]]).Training.Count);
        Assert.Equal(3, DataSplit.ByRegion(volumes).Validation.Count);
        Assert.Contains("any of the 3 volumes", Assert.Throws<InputException>(
            () => VolumeSource.Load([.. requests.Select(request => request with { Classes = "a=1;b=7" })])).Message,
                StringComparison.Ordinal);
    }

    [Fact]
    public void A_comparison_whose_validation_volume_lacks_a_class_says_so()
    {
        var (first, second) = (Lesion("a", 5), Lesion("b", 1));
        var report = Path.Combine(folder, "report");
        var (exitCode, output, error) = Cli.Run(
        [
            "compare", "--image", first.ImagePath!, "--image", second.ImagePath!, "--labels", first.LabelsPath!, "--labels",
            second.LabelsPath!,
            "--losses", "ce,dice", "--seeds", "1", "--steps", "2", "--checkpoints", "1", "--patch", "16", "--budget", "none", "--out",
            report,
        ]);
        Assert.Equal((0, ""), (exitCode, error));
        Assert.Contains("none of these has label 5", output, StringComparison.Ordinal);
        Assert.Contains("label 5: no validation volume has it, so that nothing can be compared.", output, StringComparison.Ordinal);
        Assert.Contains("none of these has label 5", File.ReadAllText(Path.Combine(report, "report.html")), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(report, "comparison.json")));
    }

    [Fact]
    public void Dice_of_an_absent_class_is_not_averaged_unless_it_was_predicted()
    {
        var there = Volume([1, 1, 0, 0]);
        var absent = Volume([0, 0, 0, 0]);
        byte[] half = [1, 0, 0, 0]; // Dice 2/3
        ClassMeasures Of(byte[] inAbsent) => ClassMeasures.Mean([ClassMeasures.Of(there, half, 1), ClassMeasures.Of(absent, inAbsent, 1)]);
        Assert.Equal(2.0 / 3, Of([0, 0, 0, 0]).Dice, 12);
        var measures = Of(half);
        Assert.Equal(1.0 / 3, measures.Dice, 12);
        Assert.Equal((0.5, -0.5), (measures.Sensitivity, measures.VolumeError));
        Assert.Equal([1.0, double.NaN], VolumeEvaluation.Dice([0, 0], [0, 0], 2, ofAbsent: double.NaN));
    }

    [Fact]
    public void The_distance_of_surfaces_counts_the_edges_of_a_voxel()
    {
        var size = new GridSize(5, 5, 5);
        byte[] At(int x, int y, int z)
        {
            var labels = new byte[125];
            labels[(z * 5 + y) * 5 + x] = 1;
            return labels;
        }

        double Distance(int x, int y, int z) =>
            SurfaceDistance.Hausdorff95(size, new VoxelSpacing(0.5, 2, 3), At(0, 0, 0), At(x, y, z), 1)!.Value;
        Assert.Equal(2, Distance(4, 0, 0), 12);
        Assert.Equal(8, Distance(0, 4, 0), 12);
        Assert.Equal(12, Distance(0, 0, 4), 12);
        Assert.Equal(Math.Sqrt(1 + 16 + 36), Distance(2, 2, 2), 12);
    }

    [Fact]
    public void Exchanged_files_are_noticed()
    {
        // A head of two regions, with noise in the image.
        var random = new Random(2);
        object[] labels = [.. Enumerable.Range(0, 1000).Select(i => (object)(i / 10 % 10 is < 2 or > 7 ? 0 : i / 100 < 5 ? 1 : 2))];
        object[] image = [.. labels.Select(label => (object)(100 * (int)label + random.Next(60)))];
        var (imagePath, labelsPath) = (Cube("image.nii", image), Cube("labels.nii", labels));
        Assert.Equal(3, VolumeSource.Load(new VolumeRequest(imagePath, labelsPath, null, null, 1)).Classes);
        var message = Assert.Throws<InputException>(() => VolumeSource.Load(new VolumeRequest(labelsPath, imagePath, null, null, 1)))
            .Message;
        Assert.Contains($"--image {labelsPath} looks like labels (3 whole numbers", message, StringComparison.Ordinal);
        Assert.Contains("exchange them", message, StringComparison.Ordinal);
    }

    private static double[,] Diagonal(double x, double y, double z) => new[,] { { x, 0, 0, 0 }, { 0, y, 0, 0 }, { 0, 0, z, 0 } };

    private static LabelledVolume Volume(byte[] labels) => new("made", new GridSize(4, 1, 1), 1, new float[4], labels, ["background", "a"]);

    private string Cube(string name, object[] voxels) =>
        new NiftiMaker { Type = 4, Size = [10, 10, 10], Voxels = voxels }.Save(folder, name);

    private VolumeRequest Lesion(string name, int label) => Pair(name, [8, 8, 8], [1, 1, 1], Diagonal(1, 1, 1), label);

    /// <summary>An image of regions along its third axis, and their labels 0, 1 and, in the middle, perhaps another.</summary>
    private VolumeRequest Pair(string name, int[] size, double[] pixdim, double[,] sform, int lesion)
    {
        var area = size[0] * size[1];
        var labels = Enumerable.Range(0, area * size[2])
            .Select(i => i % size[0] < size[0] / 4 ? 0 : lesion > 0 && i % area / size[0] < 2 ? lesion : 1).ToList();
        var maker = new NiftiMaker { Type = 4, Size = size, Pixdim = pixdim, SformCode = 1, Sform = sform };
        return new VolumeRequest(
            (maker with { Voxels = [.. labels.Select((label, i) => (object)(1 + 10 * label + i % 5))] }).Save(folder, name + ".nii"),
            (maker with { Voxels = [.. labels.Select(label => (object)label)] }).Save(folder, name + "-labels.nii"), null, null, 1);
    }
}
