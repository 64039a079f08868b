namespace GpuLoss.Interop.Cuda;

/// <summary>
/// The functions of the CUDA driver that a launch needs, by the driver's own names and with its own results: 0 is success. Small, so that tests can
/// stand in for it.
/// </summary>
internal unsafe interface ICudaDriver
{
    int Init(uint flags);

    int DeviceGet(out int device, int ordinal);

    int DevicePrimaryCtxRetain(out nint context, int device);

    int CtxPushCurrent(nint context);

    int CtxPopCurrent(out nint context);

    /// <param name="module">The module.</param>
    /// <param name="image">PTX text that ends with a 0.</param>
    int ModuleLoadData(out nint module, byte* image);

    int ModuleGetFunction(out nint function, nint module, string name);

    /// <param name="function">The kernel.</param>
    /// <param name="grid">Its blocks along x, y and z.</param>
    /// <param name="threads">The threads of a block.</param>
    /// <param name="stream">The stream, 0 for the default one.</param>
    /// <param name="arguments">The kernel's parameters in one buffer, laid out as the kernel declares them.</param>
    /// <param name="size">The bytes of the buffer.</param>
    int LaunchKernel(nint function, (int X, int Y, int Z) grid, int threads, nint stream, void* arguments, nint size);

    string ErrorName(int error);

    string ErrorText(int error);
}
