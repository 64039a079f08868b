using System.IO.Compression;

namespace GpuLoss.Cli.Volumes;

/// <summary>Reads single-file NIfTI-1 images, plain or gzipped, of either byte order.</summary>
internal static class NiftiFile
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>Reads an image.</summary>
    /// <exception cref="InputException">The file is missing, cut short, or not such an image; the message is one line that names it.</exception>
    public static NiftiImage Read(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            using var stream = IsGzip(file) ? new GZipStream(file, CompressionMode.Decompress) : (Stream)file;
            return Read(stream, path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException or ArgumentException)
        {
            throw new InputException($"{path}: {exception.Message.ReplaceLineEndings(" ")}");
        }
    }

    private static bool IsGzip(FileStream file)
    {
        Span<byte> magic = stackalloc byte[2];
        var read = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false);
        file.Position = 0;
        return read == 2 && magic is [0x1F, 0x8B];
    }

    private static NiftiImage Read(Stream stream, string path)
    {
        var header = new byte[NiftiHeader.Length];
        if (stream.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) < header.Length)
            throw new InputException($"{path}: the file ends inside the header; it is cut short or no NIfTI-1 file.");
        var nifti = new NiftiHeader(header, path);
        Skip(stream, nifti.DataOffset - header.Length, path);

        // The header may promise more than the file holds: nothing is allocated before the bytes have come.
        var chunks = new List<byte[]>();
        for (var missing = nifti.Size.Voxels * nifti.BytesPerVoxel; missing > 0;)
        {
            var chunk = new byte[Math.Min(missing, ChunkBytes)];
            if (stream.ReadAtLeast(chunk, chunk.Length, throwOnEndOfStream: false) < chunk.Length)
                throw new InputException($"{path}: the file ends before its {nifti.Size} voxels do; it is cut short.");
            chunks.Add(chunk);
            missing -= chunk.Length;
        }

        var values = new float[nifti.Size.Voxels];
        var voxel = 0;
        foreach (var chunk in chunks)
        {
            for (var i = 0; i < chunk.Length; i += nifti.BytesPerVoxel)
                values[voxel++] = (float)(NiftiVoxel.Read(nifti, chunk.AsSpan(i, nifti.BytesPerVoxel)) * nifti.Slope + nifti.Intercept);
        }

        return new NiftiImage(path, nifti.Size, nifti.Spacing, values);
    }

    private static void Skip(Stream stream, int count, string path)
    {
        var buffer = new byte[Math.Min(count, ChunkBytes)];
        while (count > 0)
        {
            var read = stream.Read(buffer, 0, Math.Min(count, buffer.Length));
            if (read == 0)
                throw new InputException($"{path}: the file ends before its image begins; it is cut short.");
            count -= read;
        }
    }
}
