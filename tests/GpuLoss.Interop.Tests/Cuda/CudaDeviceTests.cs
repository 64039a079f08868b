using GpuLoss.Interop.Cuda;
using GpuLoss.Kernels.Device;

namespace GpuLoss.Interop.Tests.Cuda;

/// <summary>What a device asks of the driver beside launching, and how it fails. The driver is a stand-in.</summary>
public sealed class CudaDeviceTests
{
    private static readonly DeviceKernel Kernel = DeviceKernel.Score(DeviceStep.ScoreLoss, transformed: false);

    private readonly RecordingDriver driver = new();

    public CudaDeviceTests() => RecordingDriver.ContextsOfThread.Clear();

    [Theory]
    [InlineData("Init", "cuInit")]
    [InlineData("DeviceGet", "cuDeviceGet")]
    [InlineData("DevicePrimaryCtxRetain", "cuDevicePrimaryCtxRetain")]
    public void A_device_that_cannot_be_had_says_why(string call, string name)
    {
        driver.Failures[call] = 101;
        var exception = Assert.Throws<CudaException>(() => Device());
        Assert.Equal($"{name} failed: CUDA_ERROR_101 (101), made up for a test.", exception.Message);
    }

    [Fact]
    public void Devices_are_counted_and_described()
    {
        Assert.Equal(2, CudaDevice.Count(driver));
        var device = Device(ordinal: 1);
        Assert.Equal((1, "Made-up GPU", 1075), (device.Ordinal, device.Name, device.Attribute(CudaDeviceAttribute.ComputeCapabilityMajor)));
        driver.Failures["DeviceGetAttribute"] = driver.Failures["DeviceGetName"] = 1;
        Assert.Throws<CudaException>(() => device.Name);
        Assert.Throws<CudaException>(() => device.Attribute(CudaDeviceAttribute.ComputeCapabilityMajor));
    }

    [Fact]
    public void No_device_is_no_error_and_everything_else_is()
    {
        driver.Failures["Init"] = 100;
        Assert.Equal(0, CudaDevice.Count(driver));
        driver.Failures["Init"] = 3;
        Assert.StartsWith("cuInit", Assert.Throws<CudaException>(() => CudaDevice.Count(driver)).Message, StringComparison.Ordinal);
        driver.Failures.Clear();
        driver.Failures["DeviceGetCount"] = 3;
        Assert.StartsWith("cuDeviceGetCount", Assert.Throws<CudaException>(() => CudaDevice.Count(driver)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Shared_memory_is_asked_for_once_per_size()
    {
        var device = Device();
        foreach (var bytes in new[] { 0, 96 << 10, 64 << 10, 96 << 10, 128 << 10 })
            Launch(device, bytes);
        Assert.Equal(2, driver.Calls.Count(call => call == "FuncSetAttribute"));
        Assert.Equal([0, 96 << 10, 64 << 10, 96 << 10, 128 << 10], driver.Launches.Select(launch => launch.SharedBytes));

        driver.Failures["FuncSetAttribute"] = 1;
        var exception = Assert.Throws<CudaException>(() => Launch(device, 1 << 20));
        Assert.StartsWith("cuFuncSetAttribute of 1048576 bytes of shared memory failed", exception.Message, StringComparison.Ordinal);
        Assert.Empty(RecordingDriver.ContextsOfThread);
        driver.Failures.Clear();
        Launch(device, 96 << 10);
    }

    [Fact]
    public void Every_gpu_loads_a_kernel_into_its_own_context()
    {
        var (first, second) = (Device(), Device(ordinal: 1));
        foreach (var device in (CudaDevice[])[first, second, first, second])
            Launch(device, 0);
        Assert.Equal(2, driver.Alive["module"]);
        const nint Primary = RecordingDriver.PrimaryContext;
        Assert.Equal([Primary, Primary + 1, Primary, Primary + 1], driver.Launches.Select(launch => launch.Context));
    }

    [Fact]
    public void What_the_assembler_says_is_in_the_message()
    {
        driver.Failures["ModuleLoadDataEx"] = 218;
        driver.AssemblerLog = "ptxas fatal: line 7\n";
        var exception = Assert.Throws<CudaException>(() => Launch(Device(), 0));
        Assert.EndsWith("CUDA_ERROR_218 (218), made up for a test. ptxas fatal: line 7", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failed_compilation_is_not_remembered()
    {
        var attempts = 0;
        var device = new CudaDevice(driver, 0, kernel => attempts++ == 0
            ? throw new InvalidOperationException("out of luck")
            : PtxCompiler.Compile(kernel));
        Assert.Equal("out of luck", Assert.Throws<InvalidOperationException>(() => Launch(device, 0)).Message);
        Assert.Empty(RecordingDriver.ContextsOfThread);
        Launch(device, 0);
        Launch(device, 0);
        Assert.Equal(2, attempts);
    }

    [Fact]
    public void A_module_without_the_function_is_unloaded()
    {
        driver.Failures["ModuleGetFunction"] = 500;
        Assert.Throws<CudaException>(() => Launch(Device(), 0));
        Assert.Equal(0, driver.Alive["module"]);
    }

    [Fact]
    public void The_driver_is_asked_what_it_made_of_a_kernel()
    {
        var device = Device();
        Assert.Equal((int)CudaFunctionAttribute.Registers, device.Attribute(CudaFunctionAttribute.Registers, Kernel));
        Assert.Equal(1, driver.Alive["module"]);
        driver.Failures["FuncGetAttribute"] = 1;
        Assert.Throws<CudaException>(() => device.Attribute(CudaFunctionAttribute.LocalBytes, Kernel));
        Assert.Empty(RecordingDriver.ContextsOfThread);
    }

    private static void Launch(CudaDevice device, int sharedBytes)
    {
        var arguments = default(KernelArguments);
        arguments.Value(1);
        device.Launch(Kernel, (1, 1, 1), 32, ref arguments, sharedBytes);
    }

    private CudaDevice Device(int ordinal = 0) => new(driver, ordinal, PtxCompiler.Compile);
}
