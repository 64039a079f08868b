using System.IO.Compression;

namespace GpuLoss.Cli.Volumes;

/// <summary>The bytes of a file, plain or gzipped. Damage is told with its place.</summary>
internal sealed class NiftiStream : IDisposable
{
    private const int ChunkBytes = 1 << 20;

    private readonly FileStream file;
    private readonly Stream stream;
    private readonly string path;
    private long unpacked;

    public NiftiStream(string path)
    {
        this.path = path;
        file = File.OpenRead(path);
        IsCompressed = IsGzip(file);
        stream = IsCompressed ? new GZipStream(file, CompressionMode.Decompress) : file;
    }

    /// <summary>Whether the file is compressed.</summary>
    public bool IsCompressed { get; }

    /// <summary>Fills a buffer as far as the file goes, and returns how far.</summary>
    /// <exception cref="InputException">The compressed bytes are damaged.</exception>
    public int Read(Span<byte> buffer)
    {
        var read = 0;
        try
        {
            while (read < buffer.Length && stream.Read(buffer[read..]) is > 0 and var count)
                read += count;
        }
        catch (InvalidDataException)
        {
            throw new InputException(
                $"{path}: the compressed file is damaged: it unpacks for {unpacked + read} bytes,"
                + $" and what is wrong lies before byte {file.Position} of {file.Length}.");
        }

        unpacked += read;
        return read;
    }

    /// <summary>Reads as many bytes in pieces, so that a promise costs no memory before its bytes have come.</summary>
    /// <returns>The pieces, or null where the file ends before.</returns>
    public List<byte[]>? ReadChunks(long missing)
    {
        var chunks = new List<byte[]>();
        for (; missing > 0; missing -= chunks[^1].Length)
        {
            var chunk = new byte[Math.Min(missing, ChunkBytes)];
            if (Read(chunk) < chunk.Length)
                return null;
            chunks.Add(chunk);
        }

        return chunks;
    }

    /// <summary>Passes over bytes; false where the file ends before.</summary>
    public bool Skip(long count)
    {
        var buffer = new byte[Math.Min(count, ChunkBytes)];
        for (; count > 0; count -= buffer.Length)
        {
            var part = buffer.AsSpan(0, (int)Math.Min(count, buffer.Length));
            if (Read(part) < part.Length)
                return false;
        }

        return true;
    }

    /// <summary>Goes on to the end of a compressed file, where its checksum is compared; but not far, since anything may follow an
    /// image.</summary>
    public void CheckEnd()
    {
        if (IsCompressed)
            Skip(ChunkBytes);
    }

    public void Dispose()
    {
        stream.Dispose();
        file.Dispose();
    }

    private static bool IsGzip(FileStream file)
    {
        Span<byte> magic = stackalloc byte[2];
        var read = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false);
        file.Position = 0;
        return read == 2 && magic is [0x1F, 0x8B];
    }
}
