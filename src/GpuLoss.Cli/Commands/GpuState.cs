using System.Runtime.InteropServices;
using TorchSharp;

namespace GpuLoss.Cli.Commands;

/// <summary>Whether training on a GPU can work here.</summary>
internal static class GpuState
{
    private static string Driver => OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1";

    /// <summary>What is missing for CUDA, or null where nothing is.</summary>
    public static string? WhyNoCuda()
    {
        if (!NativeLibrary.TryLoad(Driver, out _))
            return $"no NVIDIA driver is installed ({Driver} cannot be loaded).";
        return torch.cuda.is_available()
            ? null
            : "the driver is there, but this libtorch has no CUDA or finds no device; install a libtorch-cuda package of TorchSharp.";
    }
}
