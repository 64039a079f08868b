using GpuLoss.Interop.Cuda;
using GpuLoss.PtxMachine;

namespace GpuLoss.Bench.Tests;

/// <summary>A GPU, played by the PTX machine, that does one thing wrong.</summary>
/// <param name="download">Which of the copies to the host has a wrong bit, from 0; -1 for none.</param>
/// <param name="number">In which eight bytes of it.</param>
/// <param name="bit">Which of their bits.</param>
internal sealed unsafe class OneWrongBit(int download, int number, int bit) : ICudaDriver
{
    private const int IllegalAddress = 700; // CUDA_ERROR_ILLEGAL_ADDRESS

    private readonly MachineDriver machine = new();
    private int downloads;

    /// <summary>How many launches there are before one that fails; by default none does.</summary>
    public int LaunchesBeforeError { get; set; } = -1;

    public int MemcpyDtoH(void* to, nint from, nint bytes)
    {
        var result = machine.MemcpyDtoH(to, from, bytes);
        if (downloads++ == download)
            ((ulong*)to)[number] ^= 1ul << bit;
        return result;
    }

    public int LaunchKernel(
        nint function, (int X, int Y, int Z) grid, int threads, int sharedBytes, nint stream, void* arguments, nint size) =>
        LaunchesBeforeError-- == 0 ? IllegalAddress
            : machine.LaunchKernel(function, grid, threads, sharedBytes, stream, arguments, size);

    public int Init(uint flags) => machine.Init(flags);

    public int DriverGetVersion(int* version) => machine.DriverGetVersion(version);

    public int DeviceGetCount(int* count) => machine.DeviceGetCount(count);

    public int DeviceGet(int* device, int ordinal) => machine.DeviceGet(device, ordinal);

    public int DeviceGetName(byte* name, int length, int device) => machine.DeviceGetName(name, length, device);

    public int DeviceGetAttribute(int* value, CudaDeviceAttribute attribute, int device) =>
        machine.DeviceGetAttribute(value, attribute, device);

    public int DevicePrimaryCtxRetain(nint* context, int device) => machine.DevicePrimaryCtxRetain(context, device);

    public int CtxPushCurrent(nint context) => machine.CtxPushCurrent(context);

    public int CtxPopCurrent(nint* context) => machine.CtxPopCurrent(context);

    public int CtxSynchronize() => machine.CtxSynchronize();

    public int ModuleLoadDataEx(nint* module, byte* image, uint count, int* options, void** values) =>
        machine.ModuleLoadDataEx(module, image, count, options, values);

    public int ModuleUnload(nint module) => machine.ModuleUnload(module);

    public int ModuleGetFunction(nint* function, nint module, byte* name) => machine.ModuleGetFunction(function, module, name);

    public int FuncGetAttribute(int* value, CudaFunctionAttribute attribute, nint function) =>
        machine.FuncGetAttribute(value, attribute, function);

    public int FuncSetAttribute(nint function, CudaFunctionAttribute attribute, int value) =>
        machine.FuncSetAttribute(function, attribute, value);

    public int MemAlloc(nint* address, nint bytes) => machine.MemAlloc(address, bytes);

    public int MemFree(nint address) => machine.MemFree(address);

    public int MemHostAlloc(void** address, nint bytes, uint flags) => machine.MemHostAlloc(address, bytes, flags);

    public int MemcpyHtoD(nint to, void* from, nint bytes) => machine.MemcpyHtoD(to, from, bytes);

    public int MemcpyDtoDAsync(nint to, nint from, nint bytes, nint stream) => machine.MemcpyDtoDAsync(to, from, bytes, stream);

    public int Memcpy2DAsync(CudaCopy* copy, nint stream) => machine.Memcpy2DAsync(copy, stream);

    public int EventCreate(nint* handle, uint flags) => machine.EventCreate(handle, flags);

    public int EventDestroy(nint handle) => machine.EventDestroy(handle);

    public int EventRecord(nint handle, nint stream) => machine.EventRecord(handle, stream);

    public int EventQuery(nint handle) => machine.EventQuery(handle);

    public int EventSynchronize(nint handle) => machine.EventSynchronize(handle);

    public int EventElapsedTime(float* milliseconds, nint begin, nint end) => machine.EventElapsedTime(milliseconds, begin, end);

    public string ErrorName(int error) => machine.ErrorName(error);

    public string ErrorText(int error) => machine.ErrorText(error);
}
