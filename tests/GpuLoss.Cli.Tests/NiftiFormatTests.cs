using System.IO.Compression;
using GpuLoss.Cli.Volumes;

namespace GpuLoss.Cli.Tests;

/// <summary>NIfTI-2, pairs of files, damaged archives, and what is no number.</summary>
public sealed class NiftiFormatTests : IDisposable
{
    private static readonly object[] Voxels = [.. Enumerable.Range(0, 60).Select(i => (object)(i % 7))];

    private readonly string folder = Directory.CreateTempSubdirectory("gpuloss-formats-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(2, true)]
    public void Both_versions_are_read_in_one_file_and_in_two(int version, bool isBigEndian)
    {
        foreach (short type in new short[] { 4, 16, 64, 1024 })
        {
            var one = new NiftiMaker
            {
                Version = version,
                IsBigEndian = isBigEndian,
                Type = type,
                Size = [3, 4, 5],
                Voxels = Voxels,
                Slope = 2,
                Intercept = 1,
                Pixdim = [0.5, 2, 3],
                SformCode = 1,
                Sform = new[,] { { -0.5, 0, 0, 7 }, { 0, 2, 0, -8 }, { 0, 0, 3, 9 } },
            };
            var pair = (one with { IsPair = true }).Save(folder, "pair.hdr");
            foreach (var path in new[] { one.Save(folder, "one.nii"), pair, Path.ChangeExtension(pair, ".img") })
            {
                var image = NiftiFile.Read(path);
                Assert.Equal(new GridSize(3, 4, 5), image.Size);
                Assert.Equal(Voxels.Select(voxel => 2f * (int)voxel + 1), image.Values);
                Assert.Equal(new Affine(new(-0.5, 0, 0), new(0, 2, 0), new(0, 0, 3), new(7, -8, 9)), image.Geometry.Affine);
            }
        }
    }

    [Fact]
    public void A_compressed_pair_is_read_and_one_without_its_other_half_is_refused()
    {
        var header = (Maker with { IsPair = true }).Save(folder, "pair.hdr");
        var image = Path.ChangeExtension(header, ".img");
        foreach (var path in new[] { header, image })
        {
            File.WriteAllBytes(path + ".gz", Compressed(File.ReadAllBytes(path)));
            File.Delete(path);
        }

        Assert.Equal(Voxels.Select(voxel => (float)(int)voxel), NiftiFile.Read(header + ".gz").Values);
        File.Delete(image + ".gz");
        Assert.Contains($"{image}, which is not there", Refused(header + ".gz"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_size_that_no_product_holds_is_refused()
    {
        // 2²¹ voxels along each axis: 2⁶³ in all.
        Assert.Contains("is too large",
            Refused((Maker with { Version = 2, Size = [1 << 21, 1 << 21, 1 << 21], Voxels = [] }).Save(folder, "large.nii")),
            StringComparison.Ordinal);
        Assert.Contains("cut short", Refused((Maker with { Version = 2, Voxels = Voxels[..59] }).Save(folder, "short.nii")),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_archive_is_called_so_and_the_place_is_named()
    {
        // Numbers without a pattern, so that the archive is nearly as long as the file.
        var random = new Random(1);
        var maker = Maker with
        {
            Type = 8,
            Size = [30, 30, 30],
            Voxels = [.. Enumerable.Range(0, 27000).Select(_ => (object)random.Next())]
        };
        var whole = Compressed(maker.Bytes);
        var path = Path.Combine(folder, "damaged.nii.gz");
        var refused = 0;
        for (var i = 0; i < 40; i++)
        {
            var damaged = (byte[])whole.Clone();
            damaged[20 + random.Next(whole.Length - 20)] ^= 0x55;
            File.WriteAllBytes(path, damaged);
            if (Record.Exception(() => NiftiFile.Read(path)) is not InputException exception)
                continue;
            refused++;
            Assert.Matches(
                "the compressed file is damaged: it unpacks for [0-9]+ bytes, "
                + $"and what is wrong lies before byte [0-9]+ of {whole.Length}",
                exception.Message);
        }

        // The checksum at the end notices what unpacks all the same.
        Assert.Equal(40, refused);
        whole[^6] ^= 1;
        File.WriteAllBytes(path, whole);
        Assert.Contains("damaged", Refused(path), StringComparison.Ordinal);
    }

    [Fact]
    public void NaN_is_refused_with_its_number_and_place_or_taken_as_0()
    {
        var voxels = (object[])Voxels.Clone();
        foreach (var i in new[] { 17, 18, 40 })
            voxels[i] = float.NaN;
        var image = (Maker with { Type = 16, Voxels = voxels }).Save(folder, "nan.nii");
        var labels = Maker.Save(folder, "labels.nii");
        var request = new VolumeRequest(image, labels, null, null, 1);
        var message = Assert.Throws<InputException>(() => VolumeSource.Load(request)).Message;
        Assert.Equal($"{image}: 3 of 60 voxels are NaN, the first at voxel (2, 1, 1); --nan zero takes them as 0.", message);

        var zeros = (object[])Voxels.Clone();
        foreach (var i in new[] { 17, 18, 40 })
            zeros[i] = 0f;
        var expected = VolumeSource.Load(request with { ImagePath = (Maker with { Type = 16, Voxels = zeros }).Save(folder, "zeros.nii") });
        var volume = VolumeSource.Load(request with { NanIsZero = true });
        Assert.Equal(expected.Image, volume.Image);
        Assert.Contains($"{image}: 3 of 60 voxels are NaN and were taken as 0", volume.Notes);
        Assert.Contains("voxel (2, 1, 1)",
            Assert.Throws<InputException>(() => VolumeSource.Load(request with { ImagePath = labels, LabelsPath = image })).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            $"{image}: 3 labels are NaN and were taken as 0",
            VolumeSource.Load(request with { ImagePath = labels, LabelsPath = image, NanIsZero = true }).Notes);
    }

    [Fact]
    public void Infinity_is_refused_whatever_NaN_means()
    {
        var voxels = (object[])Voxels.Clone();
        (voxels[4], voxels[9]) = (float.NaN, float.NegativeInfinity);
        var image = (Maker with { Type = 16, Voxels = voxels }).Save(folder, "infinite.nii");
        var request = new VolumeRequest(image, Maker.Save(folder, "labels.nii"), null, null, 1, NanIsZero: true);
        Assert.Contains("2 of 60 voxels are not finite, the first at voxel (0, 3, 0)",
            Assert.Throws<InputException>(() => VolumeSource.Load(request)).Message, StringComparison.Ordinal);
    }

    private static NiftiMaker Maker { get; } = new() { Type = 4, Size = [3, 4, 5], Voxels = Voxels };

    private static string Refused(string path) => Assert.Throws<InputException>(() => NiftiFile.Read(path)).Message;

    private static byte[] Compressed(byte[] file)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(file);
        return compressed.ToArray();
    }
}
