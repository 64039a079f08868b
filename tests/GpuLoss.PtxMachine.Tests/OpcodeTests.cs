namespace GpuLoss.PtxMachine.Tests;

/// <summary>
/// Each instruction against answers that are known from the manual and from IEEE 754. Operands a, b and c are numbers of SmallKernel.Bits;
/// the result is compared bit for bit.
/// </summary>
public class OpcodeTests
{
    [Theory]
    [InlineData("add.s32", "r", "2147483647", "1", "0x80000000")]
    [InlineData("add.u64", "rd", "-1", "2", "1")]
    [InlineData("add.s64", "rd", "-5", "2", "-3")]
    [InlineData("sub.s32", "r", "3", "5", "0xfffffffe")]
    [InlineData("sub.s64", "rd", "3", "5", "-2")]
    [InlineData("mul.lo.s32", "r", "65536", "65537", "65536")]
    [InlineData("mul.lo.s64", "rd", "4294967296", "-3", "-12884901888")]
    [InlineData("mul.hi.u32", "r", "0xffffffff", "0xffffffff", "0xfffffffe")]
    [InlineData("mul.hi.s32", "r", "-1", "3", "0xffffffff")]
    [InlineData("div.s32", "r", "-7", "2", "0xfffffffd")]
    [InlineData("div.s32", "r", "0x80000000", "-1", "0x80000000")]
    [InlineData("div.u32", "r", "0xfffffff9", "2", "0x7ffffffc")]
    [InlineData("rem.s32", "r", "-7", "2", "0xffffffff")]
    [InlineData("rem.s32", "r", "7", "-2", "1")]
    [InlineData("rem.s32", "r", "0x80000000", "-1", "0")]
    [InlineData("min.s32", "r", "-1", "1", "0xffffffff")]
    [InlineData("min.u32", "r", "-1", "1", "1")]
    [InlineData("min.s64", "rd", "-1", "1", "-1")]
    [InlineData("max.s32", "r", "-1", "1", "1")]
    [InlineData("and.b32", "r", "0xff00ff00", "0x0ff00ff0", "0x0f000f00")]
    [InlineData("and.b64", "rd", "0xff00ff00ff00ff00", "0x0ff00ff00ff00ff0", "0x0f000f000f000f00")]
    [InlineData("or.b64", "rd", "0xff00000000000000", "255", "0xff000000000000ff")]
    [InlineData("xor.b32", "r", "0xff", "0x0f", "0xf0")]
    public void Integers_of_two_operands(string opcode, string register, string a, string b, string expected) =>
        AssertResult(opcode, register, register, expected, a, b);

    /// <summary>All lanes and both blocks lower one word: each gets what was there, and the least is left.</summary>
    [Fact]
    public void Atomic_minima_of_all_lanes_leave_the_least()
    {
        var result = SmallKernel.Run(
            """
            mov.b32 %r1, %ctaid.x; mul.lo.s32 %r1, %r1, 100; sub.s32 %r1, %r1, %r0; atom.relaxed.gpu.global.min.s32 %r2, [%rd1+4], %r1;
            ld.relaxed.gpu.global.s32 %r3, [%rd1+4];
            mov.b32 %r5, %ctaid.x; mul.wide.u32 %rd5, %r5, 256; add.u64 %rd2, %rd2, %rd5; cvt.u64.u32 %rd5, %r3; st.global.b64 [%rd2], %rd5;
            """,
            new ulong[32], blocks: 2);
        Assert.All(result, value => Assert.Equal(unchecked((uint)-31), (uint)value));
    }

    /// <summary>Sums of all lanes in two words of shared memory, of which the first carries nothing to the second, and then of both blocks
    /// in global memory in 64 bits, where it does.</summary>
    [Fact]
    public void Atomic_sums_of_all_lanes_are_whole()
    {
        var result = SmallKernel.Run(
            """
            mov.b64 %rd5, shared; setp.eq.s32 %p1, %r0, 0; @%p1 st.shared.b64 [%rd5], 0; bar.sync 0; red.add.shared.u32 [%rd5], 0xC000000;
            red.add.shared.s32 [%rd5+4], %r0; bar.sync 0; ld.shared.b64 %rd6, [%rd5]; @%p1 red.add.global.u64 [%rd1], %rd6;
            ld.relaxed.gpu.global.u32 %r1, [%rd1+4]; ld.shared.b32 %r2, [%rd5]; cvt.u64.u32 %rd6, %r1; shl.b64 %rd6, %rd6, 32;
            cvt.u64.u32 %rd7, %r2; or.b64 %rd6, %rd6, %rd7;
            mov.b32 %r5, %ctaid.x; mul.wide.u32 %rd7, %r5, 256; add.u64 %rd2, %rd2, %rd7; st.global.b64 [%rd2], %rd6;
            """,
            new ulong[32], blocks: 2);
        Assert.All(result[..32], value => Assert.Equal((496ul << 32) + 0x8000_0000, value));
        Assert.All(result[32..], value => Assert.Equal((993ul << 32) + 0x8000_0000, value));
    }

    /// <summary>The count is a 32-bit register whatever is shifted.</summary>
    [Theory]
    [InlineData("shl.b32", "r", "1", "31", "0x80000000")]
    [InlineData("shl.b32", "r", "1", "32", "0")]
    [InlineData("shl.b32", "r", "1", "0xffffffff", "0")]
    [InlineData("shl.b64", "rd", "3", "63", "0x8000000000000000")]
    [InlineData("shl.b64", "rd", "3", "64", "0")]
    [InlineData("shr.u32", "r", "0x80000000", "31", "1")]
    [InlineData("shr.u32", "r", "0x80000000", "33", "0")]
    [InlineData("shr.s32", "r", "0x80000000", "31", "0xffffffff")]
    [InlineData("shr.s32", "r", "0x80000000", "1000", "0xffffffff")]
    [InlineData("shr.s32", "r", "0x40000000", "1000", "0")]
    [InlineData("shr.u64", "rd", "0x8000000000000000", "63", "1")]
    [InlineData("shr.s64", "rd", "0x8000000000000000", "64", "-1")]
    public void Shifts_are_clamped(string opcode, string register, string a, string count, string expected)
    {
        var result = SmallKernel.Run(
            $"ld.global.b64 %rd4, [%rd3]; cvt.u32.u64 %r1, %rd4; {opcode} %{register}5, {Operand(register)}, {count}; {Store(register)}",
            [SmallKernel.Bits(a)]);
        Assert.Equal(SmallKernel.Bits(expected), result[0]);

        static string Operand(string register) => register == "r" ? "%r1" : "%rd4";
    }

    [Theory]
    [InlineData("mul.wide.u32", "0xffffffff", "8", "0x7fffffff8")]
    [InlineData("mul.wide.s32", "-1", "8", "-8")]
    public void Products_of_twice_the_width(string opcode, string a, string b, string expected) =>
        AssertResult(opcode, "rd", "r", expected, a, b);

    [Theory]
    [InlineData("neg.s32", "r", "5", "0xfffffffb")]
    [InlineData("neg.s64", "rd", "5", "-5")]
    [InlineData("abs.s32", "r", "-5", "5")]
    [InlineData("not.b32", "r", "0xf0", "0xffffff0f")]
    [InlineData("not.b64", "rd", "0", "-1")]
    [InlineData("mov.b32", "r", "77", "77")]
    [InlineData("mov.b64", "rd", "-77", "-77")]
    [InlineData("neg.f32", "f", "2f", "-2f")]
    [InlineData("abs.f64", "fd", "-2d", "2d")]
    [InlineData("neg.f64", "fd", "0d", "-0d")]
    [InlineData("rcp.rn.f64", "fd", "3d", "0x3fd5555555555555")]
    [InlineData("sqrt.rn.f64", "fd", "2d", "0x3ff6a09e667f3bcd")]
    public void One_operand(string opcode, string register, string a, string expected) =>
        AssertResult(opcode, register, register, expected, a);

    /// <summary>0x00000001 is the least subnormal number, 0x00800000 the least normal one, 0x7fffffff the canonical NaN.</summary>
    [Theory]
    [InlineData("add.ftz.f32", "f", "1.5f", "2.25f", "3.75f")]
    [InlineData("add.ftz.f32", "f", "0x00000001", "0x00000001", "0")]
    [InlineData("add.ftz.f32", "f", "0x80000001", "0x80000001", "0x80000000")]
    [InlineData("add.f32", "f", "0x00000001", "0x00000001", "2")]
    [InlineData("add.f32", "f", "16777216f", "1f", "16777216f")]
    [InlineData("add.f32", "f", "16777216f", "3f", "16777220f")]
    [InlineData("add.ftz.f32", "f", "0x7f800000", "0xff800000", "0x7fffffff")]
    [InlineData("sub.ftz.f32", "f", "0x00800000", "0x00800001", "0x80000000")]
    [InlineData("sub.ftz.f32", "f", "1f", "3f", "-2f")]
    [InlineData("mul.ftz.f32", "f", "3f", "-2f", "-6f")]
    [InlineData("mul.ftz.f32", "f", "0x00800000", "0.5f", "0")]
    [InlineData("mul.f32", "f", "0x00800000", "0.5f", "0x00400000")]
    [InlineData("max.ftz.f32", "f", "0x7fc00000", "1f", "1f")]
    [InlineData("max.ftz.f32", "f", "0x7fc00000", "0xffc00000", "0x7fffffff")]
    [InlineData("max.ftz.f32", "f", "0x80000000", "0", "0")]
    [InlineData("max.ftz.f32", "f", "0", "0x80000000", "0")]
    [InlineData("min.f32", "f", "0", "0x80000000", "0x80000000")]
    [InlineData("min.f32", "f", "5f", "0x7fc00000", "5f")]
    [InlineData("add.f64", "fd", "1d", "2d", "3d")]
    [InlineData("sub.f64", "fd", "1d", "2d", "-1d")]
    [InlineData("mul.f64", "fd", "3d", "0.5d", "1.5d")]
    [InlineData("div.rn.f64", "fd", "1d", "3d", "0x3fd5555555555555")]
    [InlineData("max.f64", "fd", "0x7ff8000000000000", "-1d", "-1d")]
    [InlineData("min.f64", "fd", "2d", "-1d", "-1d")]
    public void Floating_point_of_two_operands(string opcode, string register, string a, string b, string expected) =>
        AssertResult(opcode, register, register, expected, a, b);

    [Theory]
    [InlineData("mad.lo.u64", "rd", "3", "4", "5", "17")]
    [InlineData("mad.lo.s32", "r", "-3", "4", "5", "0xfffffff9")]
    [InlineData("fma.rn.f32", "f", "0x3f800800", "0x3f800800", "0xbf801000", "0x33800000")]
    [InlineData("fma.rn.f64", "fd", "3d", "4d", "5d", "17d")]
    public void Three_operands(string opcode, string register, string a, string b, string c, string expected) =>
        AssertResult(opcode, register, register, expected, a, b, c);

    [Theory]
    [InlineData("cvt.s32.s16", "r", "rs", "0xffff", "0xffffffffffffffff")]
    [InlineData("cvt.s16.s32", "rs", "r", "0x18000", "0xffffffffffff8000")]
    [InlineData("cvt.s32.s8", "r", "rs", "0x80", "0xffffffffffffff80")]
    [InlineData("cvt.s32.u8", "r", "rs", "0x1ff", "0xff")]
    [InlineData("cvt.s8.s32", "rs", "r", "0x17f", "0x7f")]
    [InlineData("cvt.s8.s16", "rs", "rs", "0xff", "0xffffffffffffffff")]
    [InlineData("cvt.u16.u32", "rs", "r", "0x12345", "0x2345")]
    [InlineData("cvt.s64.s32", "rd", "r", "0xffffffff", "-1")]
    [InlineData("cvt.u64.u32", "rd", "r", "0xffffffff", "0xffffffff")]
    [InlineData("cvt.u32.u64", "r", "rd", "0x1ffffffff", "0xffffffff")]
    [InlineData("cvt.s32.s64", "r", "rd", "-2", "-2")]
    [InlineData("cvt.f32.f16", "f", "rs", "0x3c00", "1f")]
    [InlineData("cvt.f32.f16", "f", "rs", "0x0001", "0x33800000")]
    [InlineData("cvt.f32.f16", "f", "rs", "0xfc00", "0xff800000")]
    [InlineData("cvt.f64.f32", "fd", "f", "-1.5f", "-1.5d")]
    [InlineData("cvt.rn.f32.f64", "f", "fd", "0x3ff0000010000000", "0x3f800000")]
    [InlineData("cvt.rn.f32.f64", "f", "fd", "0x3ff0000030000000", "0x3f800002")]
    [InlineData("cvt.rn.f32.f64", "f", "fd", "1e300d", "0x7f800000")]
    [InlineData("cvt.rn.f64.s32", "fd", "r", "-7", "-7d")]
    [InlineData("cvt.rn.f32.u32", "f", "r", "0xffffffff", "4294967296f")]
    [InlineData("cvt.rn.f32.u32", "f", "r", "16777217", "16777216f")]
    [InlineData("cvt.rzi.s32.f64", "r", "fd", "-2.9d", "0xfffffffe")]
    [InlineData("cvt.rzi.s32.f64", "r", "fd", "1e10d", "0x7fffffff")]
    [InlineData("cvt.rzi.s32.f64", "r", "fd", "-1e10d", "0x80000000")]
    [InlineData("cvt.rzi.s32.f64", "r", "fd", "0x7ff8000000000000", "0x80000000")]
    [InlineData("cvt.rzi.s32.f32", "r", "f", "0x7fc00000", "0")]
    public void Conversions(string opcode, string to, string from, string a, string expected) =>
        AssertResult(opcode, to, from, expected, a);

    /// <summary>The first operand goes into the upper half. Ties go to even, what is too large to infinity, what is too small to
    /// 0.</summary>
    [Theory]
    [InlineData("cvt.rn.f16x2.f32", "1f", "-2f", "0x3c00c000")]
    [InlineData("cvt.rn.f16x2.f32", "0x3f801000", "0x3f803000", "0x3c003c02")]
    [InlineData("cvt.rn.f16x2.f32", "65520f", "65519f", "0x7c007bff")]
    [InlineData("cvt.rn.f16x2.f32", "0x33000000", "0x33000001", "0x00000001")]
    [InlineData("cvt.rn.f16x2.f32", "0x7fc00000", "0", "0x7fff0000")]
    [InlineData("cvt.rn.bf16x2.f32", "1f", "-2f", "0x3f80c000")]
    [InlineData("cvt.rn.bf16x2.f32", "0x3f808000", "0x3f818000", "0x3f803f82")]
    [InlineData("cvt.rn.bf16x2.f32", "0x7f7fffff", "0xffc00000", "0x7f807fff")]
    public void Pairs_of_halves(string opcode, string a, string b, string expected) => AssertResult(opcode, "r", "f", expected, a, b);

    [Theory]
    [InlineData("eq.s32", "r", "5", "5", true)]
    [InlineData("ne.s32", "r", "5", "5", false)]
    [InlineData("lt.s32", "r", "-1", "1", true)]
    [InlineData("lo.u32", "r", "-1", "1", false)]
    [InlineData("hi.u32", "r", "-1", "1", true)]
    [InlineData("le.s32", "r", "1", "1", true)]
    [InlineData("gt.s32", "r", "1", "1", false)]
    [InlineData("ge.s64", "rd", "-1", "0", false)]
    [InlineData("ls.u64", "rd", "-1", "0", false)]
    [InlineData("lt.s64", "rd", "-4294967296", "0", true)]
    [InlineData("eq.f32", "f", "0f", "-0f", true)]
    [InlineData("neu.f32", "f", "0x7fc00000", "1f", true)]
    [InlineData("ne.f32", "f", "0x7fc00000", "1f", false)]
    [InlineData("lt.f32", "f", "0x7fc00000", "1f", false)]
    [InlineData("gtu.f32", "f", "0x7fc00000", "1f", true)]
    [InlineData("gtu.f32", "f", "0f", "1f", false)]
    [InlineData("ge.f32", "f", "1f", "1f", true)]
    [InlineData("leu.f64", "fd", "2d", "1d", false)]
    [InlineData("leu.f64", "fd", "0x7ff8000000000000", "1d", true)]
    [InlineData("geu.f64", "fd", "2d", "1d", true)]
    [InlineData("num.f64", "fd", "2d", "0x7ff8000000000000", false)]
    [InlineData("nan.f64", "fd", "2d", "0x7ff8000000000000", true)]
    public void Comparisons(string relation, string register, string a, string b, bool expected)
    {
        var result = SmallKernel.Run(
            $"{Loads(register, a, b)} setp.{relation} %p1, %{register}1, %{register}2; selp.b64 %rd5, 1, 0, %p1; {Store("rd")}", [0]);
        Assert.Equal(expected ? 1ul : 0, result[0]);
    }

    [Theory]
    [InlineData("notanumber", "0x7ff8000000000000", true)]
    [InlineData("notanumber", "1d", false)]
    [InlineData("infinite", "0xfff0000000000000", true)]
    [InlineData("infinite", "1d", false)]
    [InlineData("finite", "1d", true)]
    [InlineData("number", "0x7ff0000000000000", true)]
    public void Properties_of_numbers(string property, string a, bool expected) => Assert.Equal(expected ? 1ul : 0, SmallKernel.Run(
        $"{Loads("fd", a)} testp.{property}.f64 %p1, %fd1; selp.b64 %rd5, 1, 0, %p1; st.global.b64 [%rd2], %rd5;", [0])[0]);

    [Theory]
    [InlineData("and.pred", 0b1000)]
    [InlineData("or.pred", 0b1110)]
    [InlineData("xor.pred", 0b0110)]
    public void Logic_of_predicates(string opcode, int truth)
    {
        var result = SmallKernel.Run(
            $"""
            and.b32 %r1, %r0, 1; setp.ne.s32 %p1, %r1, 0; and.b32 %r2, %r0, 2; setp.ne.s32 %p2, %r2, 0;
            {opcode} %p3, %p1, %p2; not.pred %p4, %p3; mov.pred %p5, %p3; mov.pred %p6, 1;
            selp.b32 %r3, 1, 0, %p5; selp.b32 %r4, 1, 0, %p4; xor.b32 %r5, %r3, %r4; @!%p6 mov.b32 %r5, 0; mul.lo.s32 %r3, %r3, %r5;
            cvt.u64.u32 %rd5, %r3; st.global.b64 [%rd2], %rd5;
            """,
            new ulong[4]);
        Assert.Equal(Enumerable.Range(0, 4).Select(thread => (ulong)(truth >> thread & 1)), result);
    }

    private static void AssertResult(string opcode, string to, string from, string expected, params string[] operands)
    {
        var names = string.Join(", ", Enumerable.Range(1, operands.Length).Select(i => $"%{from}{i}"));
        var result = SmallKernel.Run($"{Loads(from, operands)} {opcode} %{to}5, {names}; {Store(to)}", [0])[0];
        var width = to switch { "r" or "f" => uint.MaxValue, "rs" => ushort.MaxValue, _ => ulong.MaxValue };
        Assert.Equal(SmallKernel.Bits(expected) & width, result & width);
    }

    private static string Loads(string register, params string[] operands) => string.Join(' ', operands.Select((operand, i) =>
        $"mov.b64 %rd{i + 5}, 0x{SmallKernel.Bits(operand):x}; " + register switch
        {
            "rd" => $"mov.b64 %rd{i + 1}, %rd{i + 5};",
            "fd" => $"mov.b64 %fd{i + 1}, %rd{i + 5};",
            "rs" => $"cvt.u16.u64 %rs{i + 1}, %rd{i + 5};",
            _ => $"cvt.u32.u64 %{register}{i + 1}, %rd{i + 5};",
        }));

    /// <summary>Stores register 5 with zeros above it. %rd2, which may have been an operand, is made anew.</summary>
    private static string Store(string register) => "mov.b64 %rd2, %rd0; " + register switch
    {
        "r" or "f" => $"st.global.v2.b32 [%rd2], {{%{register}5, 0}};",
        "rs" => "st.global.b64 [%rd2], 0; st.global.b16 [%rd2], %rs5;",
        _ => $"st.global.b64 [%rd2], %{register}5;",
    };
}
