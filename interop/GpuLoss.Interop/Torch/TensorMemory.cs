using System.Reflection;
using System.Runtime.InteropServices;
using TorchSharp;

namespace GpuLoss.Interop.Torch;

/// <summary>A torch tensor as memory.</summary>
internal static partial class TensorMemory
{
    static TensorMemory()
    {
        // TorchSharp has loaded the library already, perhaps from a place only it knows: ask from its point of view.
        NativeLibrary.SetDllImportResolver(
            Assembly.GetExecutingAssembly(),
            (name, _, path) => name == "LibTorchSharp" ? NativeLibrary.Load(name, typeof(torch).Assembly, path) : 0);
    }

    /// <summary>
    /// The address of a tensor's first element, its storage offset included, in the memory of its device. TorchSharp's own accessors give
    /// spans, which end at 2^31 bytes and copy from a GPU.
    /// </summary>
    /// <param name="tensor">A dense tensor. Keep it alive for as long as the address is used.</param>
    public static nint AddressOf(torch.Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return Data(tensor.Handle);
    }

    [LibraryImport("LibTorchSharp", EntryPoint = "THSTensor_data")]
    private static partial nint Data(nint tensor);
}
