using GpuLoss.Interop.Cuda;

namespace GpuLoss.PtxMachine.Tests;

/// <summary>Each thing that a kernel must not do, done by a small kernel: the launch ends at that instruction, and says which thread it
/// was.</summary>
public class SanitizerTests
{
    /// <summary>A word of shared memory, in %rd5, that the first thread sets.</summary>
    private const string OneZero = "mov.b64 %rd5, shared; setp.eq.s32 %p1, %r0, 0; @%p1 st.shared.b32 [%rd5], 0; ";

    [Theory]
    [InlineData("st.global.b64 [%rd2+8], 1;", 31, "outside of what is allocated")]
    [InlineData("ld.global.b32 %r1, [%rd0+-8];", 0, "outside of what is allocated")]
    [InlineData("mov.b64 %rd5, 0; st.global.b32 [%rd5], 1;", 0, "outside of what is allocated")]
    [InlineData("ld.global.b64 %rd5, [%rd2];", 0, "global memory that nobody wrote")]
    [InlineData("ld.global.v2.b32 {%r1, %r2}, [%rd3+4];", 0, "not aligned")]
    [InlineData("ld.global.b16 %rs1, [%rd3+1];", 0, "not aligned")]
    [InlineData("mov.b64 %rd5, shared; ld.shared.b32 %r1, [%rd5];", 0, "shared memory that nobody wrote")]
    [InlineData("mov.b64 %rd5, shared; st.shared.b32 [%rd5+256], 1;", 0, "outside of shared memory")]
    [InlineData("mov.b64 %rd5, shared; ld.local.b32 %r1, [%rd5];", 0, "outside of local memory")]
    [InlineData("mov.b64 %rd5, local; ld.local.b32 %r1, [%rd5+4];", 0, "local memory that nobody wrote")]
    [InlineData("add.s32 %r1, %r0, %r2;", 0, "register that nobody wrote")]
    [InlineData("setp.gt.s32 %p1, %r0, 3; @%p1 mov.b32 %r1, 1; add.s32 %r2, %r1, %r1;", 0, "register that nobody wrote")]
    [InlineData("setp.lt.s32 %p1, %r0, 3; @%p1 mov.b32 %r1, 1; add.s32 %r2, %r1, %r1;", 3, "register that nobody wrote")]
    [InlineData("@%p1 mov.b32 %r1, 1;", 0, "predicate that nobody wrote")]
    [InlineData("mov.b64 %rd5, shared; st.shared.b32 [%rd5], %r0;", 1, "another thread used since the last barrier")]
    [InlineData("mov.b64 %rd5, shared; setp.eq.s32 %p1, %r0, 5; @%p1 st.shared.b32 [%rd5], 1; ld.shared.b32 %r1, [%rd5];", 0,
        "thread 5 wrote")]
    [InlineData("setp.eq.s32 %p1, %r0, 9; @%p1 bra.uni END; END: add.s32 %r1, %r0, 1;", 9, "said to be uniform")]
    [InlineData("setp.eq.s32 %p1, %r0, 3; @%p1 ret; shfl.sync.bfly.b32 %r1, %r0, 1, 31, 4294967295;", 0, "never come")]
    [InlineData("setp.lt.s32 %p1, %r0, 8; @!%p1 bra END; shfl.sync.bfly.b32 %r1, %r0, 16, 31, 255; END: add.s32 %r1, %r0, 1;", 0,
        "takes no part")]
    [InlineData("shfl.sync.bfly.b32 %r1, %r0, 1, 31, 4294967293;", 1, "not in the mask")]
    [InlineData("setp.eq.s32 %p1, %r0, 7; @%p1 ret; bar.sync 0;", 7, "never reaches")]
    [InlineData("div.s32 %r1, 4, %r0;", 0, "division by 0")]
    [InlineData("atom.relaxed.gpu.global.min.s32 %r1, [%rd2], %r0;", 0, "global memory that nobody wrote")]
    [InlineData("ld.relaxed.gpu.global.s32 %r1, [%rd0+-8];", 0, "outside of what is allocated")]
    [InlineData("ld.global.b32 %r1, [%rd1]; atom.relaxed.gpu.global.min.s32 %r1, [%rd1], %r0;", 0, "uses otherwise")]
    [InlineData("atom.relaxed.gpu.global.min.s32 %r1, [%rd1], %r0; ld.global.b32 %r1, [%rd1];", 0, "this launch writes")]
    [InlineData("red.add.global.u64 [%rd2], %rd3;", 0, "global memory that nobody wrote")]
    [InlineData("red.add.global.u64 [%rd1+4], %rd3;", 0, "not aligned")]
    [InlineData("red.add.global.u64 [%rd1], %rd3; ld.global.b64 %rd4, [%rd1];", 0, "this launch writes")]
    [InlineData("mov.b64 %rd5, shared; red.add.shared.u32 [%rd5], 1;", 0, "shared memory that nobody wrote")]
    [InlineData("mov.b64 %rd5, shared; red.add.shared.u32 [%rd5+256], 1;", 0, "outside of shared memory")]
    [InlineData("mov.b64 %rd5, shared; st.shared.b32 [%rd5], 0; red.add.shared.u32 [%rd5], 1;", 1, "another thread used")]
    [InlineData(OneZero + "red.add.shared.u32 [%rd5], 1;", 0, "a thread used otherwise")]
    [InlineData(OneZero + "bar.sync 0; red.add.shared.u32 [%rd5], 1; ld.shared.b32 %r1, [%rd5];", 0, "an atomic access wrote")]
    [InlineData(OneZero + "bar.sync 0; red.add.shared.u32 [%rd5], 1; @%p1 st.shared.b32 [%rd5], 1;", 0, "another thread used")]
    [InlineData(OneZero + "bar.sync 0; ld.shared.b32 %r1, [%rd5]; red.add.shared.u32 [%rd5], 1;", 0, "a thread used otherwise")]
    public void A_fault_names_thread_and_instruction(string body, int thread, string reason)
    {
        var fault = SmallKernel.Fault(body);
        Assert.Contains(reason, fault.Reason, StringComparison.Ordinal);
        Assert.Equal((thread, (0, 0, 0)), (fault.Thread, fault.Block));
        Assert.Contains("of Kernel, thread", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_address_and_the_line_are_named()
    {
        var fault = SmallKernel.Fault("mov.b64 %rd5, 48;\nst.global.b32 [%rd5], 1;");
        Assert.Equal(48ul, fault.Address);
        Assert.Contains("st.global.b32 [ %rd5 ] , 1", fault.Instruction, StringComparison.Ordinal);
        Assert.Contains("address 0x30", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_write_after_a_read_of_another_thread_is_a_race() => Assert.Contains(
        "another thread used",
        SmallKernel.Fault(
            """
            mov.b64 %rd5, shared; setp.eq.s32 %p1, %r0, 0; @%p1 st.shared.b32 [%rd5], 1; bar.sync 0;
            ld.shared.b32 %r1, [%rd5]; @%p1 st.shared.b32 [%rd5], 2;
            """).Reason,
        StringComparison.Ordinal);

    [Theory]
    [InlineData("setp.eq.s32 %p1, %r0, 0; @%p1 st.global.b32 [%rd0], 1;", "another block")]
    [InlineData("mov.b32 %r1, %ctaid.x; setp.eq.s32 %p1, %r1, 0; @%p1 st.global.b32 [%rd2], 1; @!%p1 ld.global.b32 %r2, [%rd2];",
        "block number 0")]
    public void Two_blocks_at_one_address_are_a_race(string body, string reason)
    {
        var fault = SmallKernel.Fault(body, blocks: 2, outputs: 32);
        Assert.Contains(reason, fault.Reason, StringComparison.Ordinal);
        Assert.Equal((1, 0, 0), fault.Block);
    }

    [Fact]
    public void What_is_read_past_the_caches_must_not_be_written() => Assert.Contains(
        "ld.global.nc", SmallKernel.Fault("st.global.b32 [%rd2], 1; ld.global.nc.b32 %r1, [%rd2];").Reason, StringComparison.Ordinal);

    [Fact]
    public void A_kernel_that_runs_forever_is_ended() => Assert.Contains(
        "More than",
        Assert.Throws<PtxFaultException>(() => SmallKernel.Run(
            "AGAIN: bra.uni AGAIN;", [0], options: new MachineOptions { MostInstructionsOfWarp = 1000 })).Reason,
        StringComparison.Ordinal);

    [Theory]
    [InlineData(".shared .align 8 .b8 s[50000];", 32, 0, "shared memory")]
    [InlineData(".shared .align 8 .b8 s[40000];", 32, 10000, "shared memory")]
    [InlineData("", 65, 0, "65 threads")]
    public void A_launch_that_asks_for_too_much_is_refused(string declaration, int threads, int sharedBytes, string reason)
    {
        var text = $".visible .entry K(.param .b64 a) .maxntid 64, 1, 1 {{ {declaration} ret; }}";
        var error = Assert.Throws<PtxLaunchException>(() => LaunchText(text, threads, sharedBytes));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void More_shared_memory_than_a_multiprocessor_has_is_refused() =>
        Assert.Throws<CudaException>(() => LaunchText(".visible .entry K(.param .b64 a) { ret; }", 32, 228 << 10, allow: true));

    private static void LaunchText(string text, int threads, int sharedBytes, bool allow = false)
    {
        unsafe
        {
            var driver = new MachineDriver();
            nint module, function;
            fixed (byte* image = System.Text.Encoding.ASCII.GetBytes(text + '\0'), name = "K\0"u8.ToArray())
            {
                Assert.Equal(0, driver.ModuleLoadDataEx(&module, image, 0, null, null));
                Assert.Equal(0, driver.ModuleGetFunction(&function, module, name));
            }

            if (allow && driver.FuncSetAttribute(
                function, CudaFunctionAttribute.MostDynamicSharedBytes, sharedBytes) is var refused and not 0)
                throw new CudaException(driver, refused, "cuFuncSetAttribute");
            var argument = 0L;
            driver.LaunchKernel(function, (1, 1, 1), threads, sharedBytes, 0, &argument, sizeof(long));
        }
    }
}
