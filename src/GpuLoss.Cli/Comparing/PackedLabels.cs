using System.IO.Compression;

namespace GpuLoss.Cli.Comparing;

/// <summary>A prediction as text: gzip in base64. A segmentation packs to a few per cent.</summary>
internal static class PackedLabels
{
    public static string Pack(byte[] labels)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
            gzip.Write(labels);
        return Convert.ToBase64String(packed.ToArray());
    }

    public static byte[] Unpack(string text)
    {
        using var gzip = new GZipStream(new MemoryStream(Convert.FromBase64String(text)), CompressionMode.Decompress);
        using var labels = new MemoryStream();
        gzip.CopyTo(labels);
        return labels.ToArray();
    }
}
