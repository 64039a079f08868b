namespace GpuLoss.Cli.Volumes;

/// <summary>Reads NIfTI-1 and NIfTI-2 images of either byte order: .nii files and pairs of .hdr and .img, plain or gzipped.</summary>
internal static class NiftiFile
{
    private const string Gzip = ".gz", Header = ".hdr", Image = ".img";

    /// <summary>Reads an image.</summary>
    /// <exception cref="InputException">A file is missing, cut short, damaged or not such an image; the message is one line that names
    /// it.</exception>
    public static NiftiImage Read(string path) => Guarded(path, () =>
    {
        using var first = new NiftiStream(HeaderPath(path));
        var header = ReadHeader(first, path);
        AvailableMemory.Require(header.Size.Voxels * (header.BytesPerVoxel + sizeof(float)), $"{path}: {header.Size} voxels");
        if (!header.IsPair)
            return ReadVoxels(first, path, header, header.DataOffset - HeaderLength(header));
        using var second = new NiftiStream(ImagePath(path));
        return ReadVoxels(second, path, header, header.DataOffset);
    });

    /// <summary>Reads the header of an image alone.</summary>
    /// <exception cref="InputException">As <see cref="Read"/> has it.</exception>
    public static NiftiHeader ReadHeader(string path) => Guarded(path, () =>
    {
        using var stream = new NiftiStream(HeaderPath(path));
        return ReadHeader(stream, path);
    });

    private static T Guarded<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new InputException($"{path}: {exception.Message.ReplaceLineEndings(" ")}");
        }
    }

    private static NiftiHeader ReadHeader(NiftiStream stream, string path)
    {
        var first = new byte[sizeof(int)];
        if (stream.Read(first) < first.Length)
            throw CutShort();
        var bytes = new byte[NiftiHeader.LengthOf(first, path)];
        first.CopyTo(bytes, 0);
        return stream.Read(bytes.AsSpan(first.Length)) == bytes.Length - first.Length ? new NiftiHeader(bytes, path) : throw CutShort();

        InputException CutShort() => new($"{path}: the file ends inside the header; it is cut short or no NIfTI file.");
    }

    private static NiftiImage ReadVoxels(NiftiStream stream, string path, NiftiHeader header, long skip)
    {
        if (!stream.Skip(skip))
            throw new InputException($"{path}: the file ends before its image begins; it is cut short.");
        var chunks = stream.ReadChunks(header.Size.Voxels * header.BytesPerVoxel)
            ?? throw new InputException($"{path}: the file ends before its {header.Size} voxels do; it is cut short.");
        stream.CheckEnd();
        return new NiftiImage(path, header, chunks);
    }

    private static int HeaderLength(NiftiHeader header) => header.IsSecond ? NiftiHeader.LengthOfSecond : NiftiHeader.Length;

    /// <summary>The file with the header: of a pair, the .hdr, whichever of the two was named.</summary>
    private static string HeaderPath(string path) => Stem(path) is { } stem ? Existing(stem + Header) ?? path : path;

    private static string ImagePath(string path)
    {
        var stem = Stem(path)
            ?? throw new InputException(
                $"{path}: header and image are in two files; only a pair of .hdr and .img is read so, and this is neither.");
        return Existing(stem + Image) ?? throw new InputException($"{path}: the voxels are in {stem}{Image}, which is not there.");
    }

    /// <summary>What the names of a pair have in common, or null where it is no name of one.</summary>
    private static string? Stem(string path)
    {
        var plain = path.EndsWith(Gzip, StringComparison.OrdinalIgnoreCase) ? path[..^Gzip.Length] : path;
        return plain.EndsWith(Header, StringComparison.OrdinalIgnoreCase) || plain.EndsWith(Image, StringComparison.OrdinalIgnoreCase)
            ? plain[..^Header.Length]
            : null;
    }

    private static string? Existing(string path) => File.Exists(path) ? path : File.Exists(path + Gzip) ? path + Gzip : null;
}
