namespace GpuLoss.PtxMachine.Tests;

/// <summary>Lanes that part and meet again, shuffles, barriers, calls, memory, fused multiplications, approximations, and the counts of all
/// of them.</summary>
public class ExecutionTests
{
    private const string Finish = "st.global.b64 [%rd2], %rd5;";

    [Fact]
    public void Lanes_loop_as_often_as_they_say_and_meet_again()
    {
        var result = SmallKernel.Run(
            $"""
            mov.b64 %rd5, 0; mov.b32 %r1, 0;
            LOOP: setp.ge.s32 %p1, %r1, %r0; @%p1 bra DONE;
            add.u64 %rd5, %rd5, 3; add.s32 %r1, %r1, 1; bra.uni LOOP;
            DONE: shfl.sync.bfly.b32 %r2, %r1, 1, 31, 4294967295; cvt.u64.u32 %rd6, %r2; add.u64 %rd5, %rd5, %rd6; {Finish}
            """,
            new ulong[32]);
        Assert.Equal(Enumerable.Range(0, 32).Select(lane => (ulong)(3 * lane + (lane ^ 1))), result);
    }

    /// <summary>As ILGPU lays it out: what the first lane does lies behind the shuffle, so that the others come there first.</summary>
    [Fact]
    public void A_shuffle_waits_for_the_lane_that_comes_last()
    {
        var result = SmallKernel.Run(
            $"""
            setp.eq.s32 %p1, %r0, 0; mov.b32 %r1, 5; @%p1 bra FIRST;
            JOINED: shfl.sync.idx.b32 %r2, %r1, 0, 31, 4294967295; cvt.u64.u32 %rd5, %r2; {Finish} ret;
            FIRST: mov.b32 %r1, 9; bra.uni JOINED;
            """,
            new ulong[32]);
        Assert.All(result, value => Assert.Equal(9ul, value));
    }

    [Theory]
    [InlineData("bfly", 16, 31, 0, 16)]
    [InlineData("bfly", 16, 31, 31, 15)]
    [InlineData("up", 2, 0, 5, 3)]
    [InlineData("up", 2, 0, 1, 1)]
    [InlineData("down", 3, 31, 4, 7)]
    [InlineData("down", 3, 31, 30, 30)]
    [InlineData("idx", 7, 31, 20, 7)]
    [InlineData("idx", 1, 0x181f, 12, 9)]
    [InlineData("down", 5, 0x181f, 12, 12)]
    public void Shuffles_bring_the_value_of_another_lane(string mode, int offset, int clamp, int lane, int expected)
    {
        var result = SmallKernel.Run(
            $"shfl.sync.{mode}.b32 %r1|%p1, %r0, {offset}, {clamp}, 4294967295; cvt.u64.u32 %rd5, %r1; {Finish}", new ulong[32]);
        Assert.Equal((ulong)expected, result[lane]);
    }

    [Fact]
    public void A_barrier_lets_all_warps_see_what_all_wrote()
    {
        var result = SmallKernel.Run(
            $"""
            mov.b64 %rd5, shared; mul.wide.u32 %rd6, %r0, 4; add.u64 %rd6, %rd5, %rd6; st.shared.b32 [%rd6], %r0; bar.sync 0;
            mov.b32 %r1, 63; sub.s32 %r1, %r1, %r0; mul.wide.u32 %rd6, %r1, 4; add.u64 %rd6, %rd5, %rd6; ld.shared.b32 %r2, [%rd6];
            cvt.u64.u32 %rd5, %r2; {Finish}
            """,
            new ulong[64]);
        Assert.Equal(Enumerable.Range(0, 64).Select(thread => (ulong)(63 - thread)), result);
    }

    /// <summary>31 lanes of each warp come to the barrier before the first one.</summary>
    [Fact]
    public void A_barrier_waits_for_lanes_that_come_later() => Assert.All(
        SmallKernel.Run(
            $"""
            mov.b32 %r1, %laneid; setp.eq.s32 %p1, %r1, 0; @%p1 bra FIRST;
            JOINED: bar.sync 0; mov.b64 %rd6, shared; ld.shared.b64 %rd5, [%rd6]; {Finish} ret;
            FIRST: setp.ne.s32 %p2, %r0, 0; @%p2 bra JOINED; mov.b64 %rd6, shared; st.shared.b64 [%rd6], 4; bra.uni JOINED;
            """,
            new ulong[64]),
        value => Assert.Equal(4ul, value));

    [Theory]
    [InlineData("ld.global.nc.L1::no_allocate.v2.b32 {%r1, %r2}, [%rd3]; cvt.u64.u32 %rd5, %r2;", 0x11223344u)]
    [InlineData("ld.global.b16 %rs1, [%rd3+2]; cvt.u64.u16 %rd5, %rs1;", 0x8877u)]
    [InlineData("ld.global.u16 %r1, [%rd3+2]; cvt.u64.u32 %rd5, %r1;", 0x8877u)]
    [InlineData("ld.global.s16 %r1, [%rd3+2]; cvt.s64.s32 %rd5, %r1;", unchecked((ulong)(short)0x8877))]
    [InlineData("ld.global.b8 %rs1, [%rd3+3]; cvt.u64.u16 %rd5, %rs1;", 0x88u)]
    [InlineData("mov.b64 %rd6, local; ld.global.b64 %rd5, [%rd3]; st.local.b64 [%rd6+8], %rd5; ld.local.b32 %r1, [%rd6+8]; "
        + "cvt.u64.u32 %rd5, %r1;", 0x88776655u)]
    [InlineData("ld.param.b64 %rd5, [in+8];", 1)]
    [InlineData("{ .reg .b32 q0, q1; ld.global.v2.b32 {q0, q1}, [%rd3]; mov.b32 %r1, q0; mov.b32 %r2, q1; } cvt.u64.u32 %rd5, %r1;",
        0x88776655u)]
    public void Loads_bring_what_lies_there(string body, ulong expected) =>
        Assert.Equal(expected, SmallKernel.Run(body + Finish, [0x1122334488776655])[0]);

    [Fact]
    public void A_function_is_called_with_its_own_registers_and_local_memory()
    {
        const string text = """
            .visible .func (.param .b64 result) Twice(.param .b64 value);
            .visible .func (.param .b64 result) Twice(.param .b64 value) {
            .local .align 8 .b8 own[8]; .reg .b64 %rd<3>;
            mov.b64 %rd0, own; ld.param.b64 %rd1, [value]; st.local.b64 [%rd0], %rd1; ld.local.b64 %rd2, [%rd0]; add.u64 %rd2, %rd2, %rd1;
            st.param.b64 [result], %rd2; ret; }
            .visible .entry K(.param .b64 out) { .reg .b64 %rd<5>; .reg .b32 %r<2>;
            ld.param.b64 %rd0, [out]; mov.b32 %r0, %tid.x; mul.wide.u32 %rd1, %r0, 8; add.u64 %rd0, %rd0, %rd1; cvt.u64.u32 %rd2, %r0;
            { .param .b64 a; st.param.b64 [a], %rd2; .param .b64 r; call.uni (r), Twice, (a); ld.param.b64 %rd3, [r]; }
            st.global.b64 [%rd0], %rd3; ret; }
            """;
        var output = new ulong[32];
        unsafe
        {
            fixed (ulong* address = output)
            {
                var global = new GlobalMemory();
                global.Add((ulong)address, sizeof(ulong) * output.Length, isWritten: false);
                new Launch(PtxModule.Parse(text).Functions["K"], BitConverter.GetBytes((ulong)address), (1, 1, 1), 32, 0,
                    new MachineOptions(), global).Run();
            }
        }

        Assert.Equal(Enumerable.Range(0, 32).Select(thread => 2ul * (ulong)thread), output);
    }

    /// <summary>(1 + 2^-12)² - 1 - 2^-11 is 2^-24, of which a rounded product has lost all.</summary>
    [Theory]
    [InlineData(false, 0u)]
    [InlineData(true, 0x33800000u)]
    public void Multiplications_are_fused_where_that_is_asked_for(bool fuses, ulong expected)
    {
        const string body =
            "mov.b32 %f1, 0x3f800800; mul.ftz.f32 %f2, %f1, %f1; sub.ftz.f32 %f3, %f2, 0f3F801000; mov.b32 %r1, %f3; "
            + "cvt.u64.u32 %rd5, %r1;";
        Assert.Equal(expected, SmallKernel.Run(body + Finish, [0], options: new MachineOptions { Fuses = fuses })[0]);
    }

    /// <summary>A second use of the product, a branch between, or a factor that is written again: the product stays.</summary>
    [Theory]
    [InlineData("mul.ftz.f32 %f2, %f1, %f1; sub.ftz.f32 %f3, %f2, 0f3F801000; mov.f32 %f4, %f2;")]
    [InlineData("mul.ftz.f32 %f2, %f1, %f1; NEXT: sub.ftz.f32 %f3, %f2, 0f3F801000; @!%p1 bra NEXT;")]
    [InlineData("mul.ftz.f32 %f2, %f1, %f1; mov.b32 %f1, 0; sub.ftz.f32 %f3, %f2, 0f3F801000;")]
    public void Other_multiplications_are_not_fused(string body) => Assert.Equal(
        0ul,
        SmallKernel.Run(
            $"mov.pred %p1, 1; mov.b32 %f1, 0x3f800800; {body} mov.b32 %r1, %f3; cvt.u64.u32 %rd5, %r1; {Finish}", [0],
            options: new MachineOptions { Fuses = true })[0]);

    [Theory]
    [InlineData("ex2", 0.3f)]
    [InlineData("ex2", -20.7f)]
    [InlineData("lg2", 1.01f)]
    [InlineData("lg2", 30f)]
    [InlineData("rcp", 3f)]
    public void Approximations_err_as_far_as_documented_and_no_further(string name, float a)
    {
        var x = (double)a;
        var exact = name switch { "ex2" => Math.Pow(2, x), "lg2" => Math.Log2(x), _ => 1 / x };
        var place = Math.Pow(2, Math.Floor(Math.Log2(Math.Abs(exact))) - 23);
        var bound = name switch { "ex2" => exact * Math.Pow(2, -22.5), "lg2" => x < 2 ? Math.Pow(2, -22.6) : 2 * place, _ => place };
        Assert.InRange(Result(ApproximationError.None) - exact, -place / 2, place / 2);
        Assert.InRange(Result(ApproximationError.Up) - exact, bound - place, bound);
        Assert.InRange(Result(ApproximationError.Down) - exact, -bound, place - bound);
        var both = Results(ApproximationError.Alternating).Select(result => Math.Sign(result - exact)).ToArray();
        Assert.Equal(-both[0], both[1]);

        double Result(ApproximationError error) => Results(error)[0];
        double[] Results(ApproximationError error) => [.. SmallKernel.Run(
            $"mov.b32 %f1, 0x{BitConverter.SingleToUInt32Bits(a):x}; {name}.approx.ftz.f32 %f2, %f1; mov.b32 %r1, %f2; "
            + $"cvt.u64.u32 %rd5, %r1; {Finish}",
            new ulong[2], options: new MachineOptions { Error = error })
                .Select(bits => (double)BitConverter.UInt32BitsToSingle((uint)bits))];
    }

    [Theory]
    [InlineData("ex2", 0xff800000u, 0u)]
    [InlineData("ex2", 0x7f800000u, 0x7f800000u)]
    [InlineData("ex2", 0x00000001u, 0x3f800000u)]
    [InlineData("ex2", 0xc3000000u, 0u)]
    [InlineData("lg2", 0u, 0xff800000u)]
    [InlineData("lg2", 0xbf800000u, 0x7fffffffu)]
    [InlineData("lg2", 0x7f800000u, 0x7f800000u)]
    [InlineData("rcp", 0x80000000u, 0xff800000u)]
    [InlineData("rcp", 0x7f800000u, 0u)]
    [InlineData("rcp", 0x7f000001u, 0u)]
    [InlineData("rcp", 0x00000001u, 0x7f800000u)]
    public void Approximations_of_special_numbers_are_those_of_the_manual(string name, uint a, uint expected) => Assert.Equal(
        expected,
        SmallKernel.Run(
            $"mov.b32 %f1, {a}; {name}.approx.ftz.f32 %f2, %f1; mov.b32 %r1, %f2; cvt.u64.u32 %rd5, %r1; {Finish}", [0],
            options: new MachineOptions { Error = ApproximationError.Up })[0]);

    /// <summary>Eight-byte places touch a sector for four lanes; words of shared memory lie next to each other, and then 32 words
    /// apart.</summary>
    [Fact]
    public void Everything_is_counted()
    {
        const string stores = "st.shared.b32 [%rd6], %r0; st.shared.b32 [%rd6+128], %r0;";
        const string load = "ld.shared.b32 %r2, [%rd6];";
        var (_, counters) = SmallKernel.Launch(
            $"""
            ld.global.b32 %r1, [%rd3]; ld.global.b32 %r1, [%rd3];
            mov.b64 %rd5, shared; mul.wide.u32 %rd6, %r0, 4; add.u64 %rd6, %rd5, %rd6; {stores} bar.sync 0;
            mul.wide.u32 %rd6, %r0, 128; and.b64 %rd6, %rd6, 128; add.u64 %rd6, %rd5, %rd6; setp.lt.s32 %p1, %r0, 4; @%p1 {load}
            shfl.sync.bfly.b32 %r3, %r0, 1, 31, 4294967295; cvt.rn.f64.s32 %fd1, %r3; add.f64 %fd1, %fd1, %fd1; mov.b32 %f1, 0;
            ex2.approx.ftz.f32 %f1, %f1; add.ftz.f32 %f1, %f1, %f1; {Finish}
            """,
            new ulong[32]);
        Assert.Equal(2 * 8, counters.SectorsLoaded);
        Assert.Equal(8, counters.SectorsStored);
        Assert.Equal((3, 1 + 1 + 2), (counters.SharedAccesses, counters.Wavefronts));
        Assert.Equal((1, 1, 1), (counters.Shuffles, counters.Barriers, counters.Blocks));
        Assert.Equal((32, 32, 32),
            (counters.Of(InstructionClass.Float64), counters.Of(InstructionClass.SpecialFunction), counters.Of(InstructionClass.Float32)));
        Assert.Equal((64 + 4, 32), (counters.Of(InstructionClass.Shared), counters.Of(InstructionClass.Conversion)));
        Assert.Equal(counters.WarpInstructions, counters.LongestBlock);
    }
}
