using System.Buffers.Binary;
using System.IO.Compression;
using GpuLoss.Cli.Volumes;

namespace GpuLoss.Cli.Tests;

/// <summary>The NIfTI reader against files written here, byte by byte.</summary>
public sealed class NiftiTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("gpuloss-nifti-").FullName;

    public static TheoryData<short, int, bool> Types
    {
        get
        {
            var data = new TheoryData<short, int, bool>();
            foreach (var (type, bytes) in new (
                short, int)[] { (2, 1), (256, 1), (4, 2), (512, 2), (8, 4), (768, 4), (1024, 8), (1280, 8), (16, 4), (64, 8) })
            {
                data.Add(type, bytes, true);
                data.Add(type, bytes, false);
            }

            return data;
        }
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_type_is_read_in_both_byte_orders(short type, int bytes, bool bigEndian)
    {
        var file = Nifti(type, bytes, bigEndian, [2, 3, 4], slope: 2, intercept: 1);
        foreach (var gzip in new[] { false, true })
        {
            var image = NiftiFile.Read(Save(file, gzip));
            Assert.Equal(new GridSize(2, 3, 4), image.Size);
            Assert.Equal(new VoxelSpacing(1.5, 2, 3), image.Spacing);
            Assert.Equal(Enumerable.Range(0, 24).Select(value => 2f * value + 1), image.Values);
        }
    }

    [Theory]
    [InlineData(2, 1, 255f)]
    [InlineData(256, 1, -1f)]
    [InlineData(512, 2, 65535f)]
    [InlineData(4, 2, -1f)]
    [InlineData(768, 4, 4294967295f)]
    [InlineData(8, 4, -1f)]
    [InlineData(1280, 8, 18446744073709551615f)]
    [InlineData(1024, 8, -1f)]
    public void A_voxel_of_ones_is_the_largest_number_or_minus_one(short type, int bytes, float expected)
    {
        foreach (var bigEndian in new[] { false, true })
        {
            var file = Nifti(type, bytes, bigEndian, [2, 3, 4]);
            file.AsSpan(file.Length - bytes).Fill(0xFF);
            Assert.Equal(expected, NiftiFile.Read(Save(file)).Values[23]);
        }
    }

    [Fact]
    public void A_slope_of_zero_means_none()
    {
        Assert.Equal(23f, NiftiFile.Read(Save(Nifti(4, 2, false, [2, 3, 4], slope: 0, intercept: 9))).Values[23]);
    }

    [Fact]
    public void A_file_cut_short_anywhere_is_one_clear_line()
    {
        var file = Nifti(4, 2, false, [2, 3, 4]);
        for (var length = 0; length < file.Length; length += 7)
            AssertRefused(file[..length], "cut short");
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionMode.Compress, leaveOpen: true))
            gzip.Write(file);
        AssertRefused(compressed.ToArray()[..(int)(compressed.Length / 2)], "");
    }

    [Fact]
    public void What_is_no_such_image_is_refused_with_the_reason()
    {
        void Refuse(string reason, Action<byte[]> change)
        {
            var file = Nifti(4, 2, false, [2, 3, 4]);
            change(file);
            AssertRefused(file, reason);
        }

        Refuse("header length", file => file[0] = 1);
        Refuse("n+1", file => file[344] = (byte)'x');
        Refuse("two files", file => "ni1\0"u8.CopyTo(file.AsSpan(344)));
        Refuse("datatype 128", file => Write16(file, 70, 128));
        Refuse("2 dimensions", file => Write16(file, 40, 2));
        Refuse("dimension 2 has length -3", file => Write16(file, 44, -3));
        Refuse("5 images", file => (file[40], file[48]) = (4, 5));
        Refuse("inside the header", file => BinaryPrimitives.WriteSingleLittleEndian(file.AsSpan(108), 10));
        Refuse("voxel edge", file => BinaryPrimitives.WriteSingleLittleEndian(file.AsSpan(80), float.NaN));
    }

    [Fact]
    public void A_header_that_promises_more_than_there_is_costs_no_memory()
    {
        var file = Nifti(64, 8, false, [2, 3, 4]);
        foreach (var offset in new[] { 42, 44, 46 })
            Write16(file, offset, 1200);
        var path = Save(file);
        var before = GC.GetTotalAllocatedBytes();
        Assert.Throws<InputException>(() => NiftiFile.Read(path));
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 10 << 20);
    }

    [Fact]
    public void Labels_are_whole_numbers()
    {
        var image = NiftiFile.Read(Save(Nifti(16, 4, false, [2, 3, 4], slope: 0.5f)));
        Assert.Contains("0.5", Assert.Throws<InputException>(() => image.ToLabels(nanIsZero: false, [])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Image_and_labels_share_a_grid_and_classes_have_voxels()
    {
        var image = Save(Nifti(4, 2, false, [4, 4, 4]));
        var labels = Save(Nifti(2, 1, false, [4, 4, 5]));
        string Refused(string? classes, string labelFile) => Assert.Throws<InputException>(
            () => VolumeSource.Load(new VolumeRequest(image, labelFile, classes, null, 1))).Message;
        Assert.Contains("same grid", Refused(null, labels), StringComparison.Ordinal);
        Assert.Contains("\"b\" has no voxel", Refused("a=1,2;b=200", image), StringComparison.Ordinal);
        var volume = VolumeSource.Load(new VolumeRequest(image, image, "low=1,2,3;high=60, 61", 1, 1));
        Assert.Equal(["background", "low", "high"], volume.ClassNames);
        Assert.Equal(volume.Size.Voxels, volume.VoxelsPerClass().Sum());
    }

    internal static byte[] Nifti(short type, int bytes, bool bigEndian, short[] size, float slope = 1, float intercept = 0)
    {
        var voxels = size.Aggregate(1, (product, length) => product * length);
        var file = new byte[352 + voxels * bytes];
        void Bytes(int offset, byte[] value)
        {
            if (bigEndian)
                Array.Reverse(value);
            value.CopyTo(file, offset);
        }

        Bytes(0, BitConverter.GetBytes(348));
        Bytes(40, BitConverter.GetBytes((short)3));
        for (var i = 0; i < 3; i++)
            Bytes(42 + 2 * i, BitConverter.GetBytes(size[i]));
        Bytes(70, BitConverter.GetBytes(type));
        Bytes(80, BitConverter.GetBytes(1.5f));
        Bytes(84, BitConverter.GetBytes(2f));
        Bytes(88, BitConverter.GetBytes(3f));
        Bytes(108, BitConverter.GetBytes(352f));
        Bytes(112, BitConverter.GetBytes(slope));
        Bytes(116, BitConverter.GetBytes(intercept));
        "n+1\0"u8.CopyTo(file.AsSpan(344));
        for (var i = 0; i < voxels; i++)
        {
            Bytes(352 + i * bytes, type switch
            {
                16 => BitConverter.GetBytes((float)i),
                64 => BitConverter.GetBytes((double)i),
                _ => BitConverter.GetBytes((long)i)[..bytes],
            });
        }

        return file;
    }

    private static void Write16(byte[] file, int offset, short value) =>
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(offset), value);

    private void AssertRefused(byte[] file, string reason)
    {
        var path = Save(file);
        var message = Assert.Throws<InputException>(() => NiftiFile.Read(path)).Message;
        Assert.StartsWith(path, message, StringComparison.Ordinal);
        Assert.Contains(reason, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    private string Save(byte[] file, bool gzip = false)
    {
        var path = Path.Combine(folder, Path.GetRandomFileName() + (gzip ? ".nii.gz" : ".nii"));
        using var stream = File.Create(path);
        if (gzip)
        {
            using var compressed = new GZipStream(stream, CompressionLevel.Fastest);
            compressed.Write(file);
        }
        else
        {
            stream.Write(file);
        }

        return path;
    }
}
