using GpuLoss.Interop.Cuda;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Tests.Device;

namespace GpuLoss.PtxMachine.Tests;

/// <summary>The machine knows all that the library hands to the driver, and says what it does not know.</summary>
public class ParsingTests
{
    [Fact]
    public void Every_kernel_of_the_library_is_understood() =>
        Assert.All(Nightly.IsOn ? DeviceKernelCatalogue.All : ChosenKernels.OfEveryKind, kernel =>
        {
            var ptx = CompiledKernels.Of(kernel);
            Assert.NotEmpty(PtxModule.Parse(ptx.Text).Functions[ptx.EntryPoint].Code);
        });

    [Theory]
    [InlineData("brev.b32 %r1, %r0;", "brev.b32")]
    [InlineData("add.rz.f32 %f1, %f0, %f0;", "add.rz.f32")]
    [InlineData("ld.global.v8.b32 %r1, [%rd0];", "ld.global.v8.b32")]
    [InlineData("setp.lt.ftz.f32 %p1, %f0, %f0;", "setp.lt.ftz.f32")]
    [InlineData("ld.b32 %r1, [%rd0];", "ld.b32")]
    [InlineData("add.s32 %r1, %r0, %nowhere;", "%nowhere")]
    [InlineData("mov.b32 %r1, %clock;", "%clock")]
    [InlineData("bra NOWHERE;", "NOWHERE")]
    [InlineData("add.s32 %r1, %r0;", "add.s32")]
    public void What_is_not_known_is_named(string body, string name) =>
        Assert.Contains(name, Assert.Throws<PtxSyntaxException>(() => SmallKernel.Run(body, [0])).Message, StringComparison.Ordinal);

    [Fact]
    public void The_driver_refuses_a_text_it_does_not_know_and_says_why()
    {
        var device = new CudaDevice(new MachineDriver(), 0, _ => new PtxKernel(".visible .entry K() { brev.b32 1, 2; ret; }", "K"));
        var error = Assert.Throws<CudaException>(() =>
        {
            var none = default(KernelArguments);
            device.Launch(DeviceKernelCatalogue.All[0], (1, 1, 1), 32, ref none);
        });
        Assert.Contains("brev.b32", error.Message, StringComparison.Ordinal);
    }
}
