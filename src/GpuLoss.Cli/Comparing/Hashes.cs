using System.Runtime.InteropServices;
using System.Security.Cryptography;
using GpuLoss.Cli.Training;
using GpuLoss.Cli.Volumes;
using TorchSharp;
using static TorchSharp.torch;

namespace GpuLoss.Cli.Comparing;

/// <summary>Short names of what two runs must have in common.</summary>
internal static class Hashes
{
    /// <summary>Of the weights of a network.</summary>
    public static string Of(UNet3d network)
    {
        using var scope = NewDisposeScope();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var parameter in network.parameters())
            hash.AppendData(MemoryMarshal.AsBytes(parameter.detach().cpu().contiguous().data<float>().ToArray().AsSpan()));
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    /// <summary>Of the voxels of a volume.</summary>
    public static string Of(LabelledVolume volume)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes(volume.Image.AsSpan()));
        hash.AppendData(volume.Labels);
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    /// <summary>Of places of patches.</summary>
    public static string Of(IEnumerable<PatchPlace> places) =>
        Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(places
            .SelectMany(place => new[] { place.Volume, place.X, place.Y, place.Z, place.Mirrored ? 1 : 0 }).ToArray().AsSpan())));
}
