using System.Buffers.Binary;
using System.IO.Compression;
using GpuLoss.Cli.Volumes;

namespace GpuLoss.Cli.Tests;

/// <summary>Damaged files: thousands of headers with wrong bytes, and compressed files that end anywhere or have wrong bits.</summary>
public sealed class NiftiFuzzTests : IDisposable
{
    private const int Seed = 20261125;
    private const int Headers = 10_000;
    private const int CompressedFiles = 2_000;

    /// <summary>A file of a few hundred bytes costs a buffer for its stream, and one chunk, whatever it promises.</summary>
    private const long MostBytes = 4 << 20;

    private readonly string path = Path.Combine(Directory.CreateTempSubdirectory("gpuloss-fuzz-").FullName, "volume.nii");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);

    [Fact]
    public void A_header_with_wrong_bytes_is_read_or_refused_in_one_line()
    {
        var random = new Random(Seed);
        var refused = 0;
        for (var i = 0; i < Headers; i++)
        {
            var file = NiftiTests.Nifti(4, 2, bigEndian: i % 2 == 0, [2, 3, 4]);
            Damage(file, random);
            refused += ReadsOrRefuses(file, $"header {i}") ? 0 : 1;
        }

        Assert.InRange(refused, Headers / 4, Headers - 1);
    }

    [Fact]
    public void A_compressed_file_that_is_damaged_is_read_or_refused_in_one_line()
    {
        var random = new Random(Seed);
        var refused = 0;
        for (var i = 0; i < CompressedFiles; i++)
        {
            var file = Compressed(NiftiTests.Nifti(16, 4, bigEndian: false, [5, 6, 7]));
            if (i % 2 == 0)
                file = file[..random.Next(file.Length)];
            else
                file[random.Next(2, file.Length)] ^= (byte)(1 << random.Next(8));
            refused += ReadsOrRefuses(file, $"compressed file {i}") ? 0 : 1;
        }

        Assert.InRange(refused, CompressedFiles / 2, CompressedFiles);
    }

    [Fact]
    public void A_small_file_that_unpacks_to_much_costs_what_its_header_promises()
    {
        // 64 MB of zeros in 64 KB, behind a header of 24 voxels.
        var header = NiftiTests.Nifti(4, 2, bigEndian: false, [2, 3, 4]);
        var bomb = Compressed([.. header, .. new byte[64 << 20]]);
        Assert.True(ReadsOrRefuses(bomb, "bomb"));
    }

    /// <summary>Whether the reader takes the file. If not, it says why in one line; and it never takes more memory than there is reason
    /// to.</summary>
    private bool ReadsOrRefuses(byte[] file, string name)
    {
        // Written over and not truncated first, which some file systems answer by writing to the disk at once.
        using (var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write))
        {
            stream.Write(file);
            stream.SetLength(file.Length);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        var exception = Record.Exception(() => NiftiFile.Read(path));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before <= MostBytes,
            $"{name} took {GC.GetAllocatedBytesForCurrentThread() - before} bytes");
        if (exception is null)
            return true;
        Assert.True(exception is InputException, $"{name}: {exception}");
        Assert.StartsWith(path, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
        return false;
    }

    /// <summary>One to four wrong bytes, or a field that is read as the largest, smallest or an odd number.</summary>
    private static void Damage(byte[] file, Random random)
    {
        for (var count = random.Next(1, 5); count > 0; count--)
        {
            var field = Fields[random.Next(Fields.Length)];
            switch (random.Next(4))
            {
                case 0:
                    file[random.Next(NiftiHeader.Length)] = (byte)random.Next(256);
                    break;
                case 1:
                    file[field] = (byte)random.Next(256);
                    break;
                case 2:
                    BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(field), Shorts[random.Next(Shorts.Length)]);
                    break;
                default:
                    BinaryPrimitives.WriteSingleLittleEndian(file.AsSpan(field), Singles[random.Next(Singles.Length)]);
                    break;
            }
        }
    }

    /// <summary>Where the reader looks: length, dimensions, datatype, voxel edges, offset, slope, intercept, magic.</summary>
    private static readonly int[] Fields = [0, 40, 42, 44, 46, 48, 50, 70, 76, 80, 84, 88, 108, 112, 116, 344];

    private static readonly short[] Shorts = [short.MinValue, -1, 0, 1, 3, 4, 7, 8, 255, 256, 32000, short.MaxValue];

    private static readonly float[] Singles =
        [float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, float.MinValue, float.Epsilon, -0f, 0, 347, 348,
            352.5f, 1e9f, 1.1e9f, 2.2e9f];

    private static byte[] Compressed(byte[] file)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(file);
        return compressed.ToArray();
    }
}
