using System.Numerics;

namespace GpuLoss.PtxMachine;

/// <summary>9.7.9 moves, selections and conversions.</summary>
internal static partial class InstructionSet
{
    private static Operation? MoveOf(string[] parts) => parts switch
    {
        ["mov", "pred"] => static (frame, i, lanes) => frame.SetPredicate(i.Dest, lanes, frame.Predicate(i.A)),
        ["mov", "b16" or "u16" or "s16"] => Lane.Unary<ushort, ushort, Same<ushort>>,
        ["mov", "b32" or "u32" or "s32" or "f32"] => Lane.Unary<uint, uint, Same<uint>>,
        ["mov", "b64" or "u64" or "s64" or "f64"] => Lane.Unary<ulong, ulong, Same<ulong>>,

        // The windows of shared and local memory lie where no global memory does: an address is generic as it is (9.7.9.20 cvta).
        ["cvta", "global" or "shared" or "local", "u64"] => Lane.Unary<ulong, ulong, Same<ulong>>,
        ["cvta", "to", "global" or "shared" or "local", "u64"] => Lane.Unary<ulong, ulong, Same<ulong>>,
        _ => null,
    };

    private static Operation? SelectOf(string[] parts) => parts switch
    {
        ["selp", "b16" or "u16" or "s16" or "b32" or "u32" or "s32" or "f32" or "b64" or "u64" or "s64" or "f64"] => Select,
        _ => null,
    };

    private static unsafe void Select(Frame frame, PtxInstruction instruction, uint lanes)
    {
        var to = frame.Slot(instruction.Dest);
        var a = frame.Slot(instruction.A);
        var b = frame.Slot(instruction.B);
        var chosen = frame.Predicate(instruction.C);
        for (var left = lanes; left != 0; left &= left - 1)
        {
            var lane = BitOperations.TrailingZeroCount(left);
            to[lane] = (chosen >> lane & 1) != 0 ? a[lane] : b[lane];
        }
    }

    private static Operation? ConvertOf(string[] parts) => parts switch
    {
        ["cvt", "rn", "f16x2", "f32"] => Lane.Binary<float, uint, HalfPair>,
        ["cvt", "rn", "bf16x2", "f32"] => Lane.Binary<float, uint, BrainPair>,
        ["cvt", "f32", "f16"] => Lane.Unary<Half, float, Widen>,
        ["cvt", "f64", "f32"] => Lane.Unary<float, double, ToDouble>,
        ["cvt", "rn", "f32", "f64"] => Lane.Unary<double, float, ToSingle>,
        ["cvt", "rn", "f32", "s32"] => Lane.Unary<int, float, Rounded<int, float>>,
        ["cvt", "rn", "f32", "u32"] => Lane.Unary<uint, float, Rounded<uint, float>>,
        ["cvt", "rn", "f64", "s32"] => Lane.Unary<int, double, Rounded<int, double>>,
        ["cvt", "rn", "f64", "u32"] => Lane.Unary<uint, double, Rounded<uint, double>>,
        ["cvt", "rn", "f64", "s64"] => Lane.Unary<long, double, Rounded<long, double>>,
        ["cvt", "rzi", "s32", "f64"] => Lane.Unary<double, int, DoubleToInt>,
        ["cvt", "rzi", "s64", "f64"] => Lane.Unary<double, long, DoubleToLong>,
        ["cvt", "rzi", "s32", "f32"] => Lane.Unary<float, int, SingleToInt>,
        ["cvt", var to, var from] => from switch
        {
            "s8" => From<sbyte>(to),
            "u8" => From<byte>(to),
            "s16" => From<short>(to),
            "u16" => From<ushort>(to),
            "s32" => From<int>(to),
            "u32" => From<uint>(to),
            "s64" => From<long>(to),
            "u64" => From<ulong>(to),
            _ => null,
        },
        _ => null,
    };

    /// <summary>Integers keep their low bits; what is wider than they are is filled with the sign of a signed result (9.7.9.21
    /// cvt).</summary>
    private static Operation? From<TFrom>(string to)
        where TFrom : unmanaged, IBinaryInteger<TFrom> => to switch
        {
            "s8" => Lane.Unary<TFrom, long, Narrowed<TFrom, sbyte>>,
            "u8" => Lane.Unary<TFrom, long, Narrowed<TFrom, byte>>,
            "s16" => Lane.Unary<TFrom, long, Narrowed<TFrom, short>>,
            "u16" => Lane.Unary<TFrom, long, Narrowed<TFrom, ushort>>,
            "s32" => Lane.Unary<TFrom, long, Narrowed<TFrom, int>>,
            "u32" => Lane.Unary<TFrom, long, Narrowed<TFrom, uint>>,
            "s64" or "u64" => Lane.Unary<TFrom, long, Narrowed<TFrom, long>>,
            _ => null,
        };

    private readonly struct Same<T> : IUnary<T, T>
    {
        public static T Of(T a) => a;
    }

    private readonly struct Narrowed<TFrom, TTo> : IUnary<TFrom, long>
        where TFrom : IBinaryInteger<TFrom>
        where TTo : IBinaryInteger<TTo>
    {
        public static long Of(TFrom a) => long.CreateTruncating(TTo.CreateTruncating(a));
    }

    private readonly struct Rounded<TFrom, TTo> : IUnary<TFrom, TTo>
        where TFrom : IBinaryInteger<TFrom>
        where TTo : IFloatingPointIeee754<TTo>
    {
        public static TTo Of(TFrom a) => TTo.CreateTruncating(a);
    }

    private readonly struct Widen : IUnary<Half, float>
    {
        public static float Of(Half a) => Canonical((float)a);
    }

    private readonly struct ToDouble : IUnary<float, double>
    {
        public static double Of(float a) => a;
    }

    private readonly struct ToSingle : IUnary<double, float>
    {
        public static float Of(double a) => Canonical((float)a);
    }

    /// <summary>Saturates; a NaN is the least number where float64 or 64 bits take part, else 0.</summary>
    private readonly struct DoubleToInt : IUnary<double, int>
    {
        public static int Of(double a) =>
            double.IsNaN(a) ? int.MinValue : a >= int.MaxValue ? int.MaxValue : a <= int.MinValue ? int.MinValue : (int)a;
    }

    private readonly struct DoubleToLong : IUnary<double, long>
    {
        public static long Of(double a) =>
            double.IsNaN(a) ? long.MinValue : a >= long.MaxValue ? long.MaxValue : a <= long.MinValue ? long.MinValue : (long)a;
    }

    private readonly struct SingleToInt : IUnary<float, int>
    {
        public static int Of(float a) => float.IsNaN(a) ? 0 : a >= int.MaxValue ? int.MaxValue : a <= int.MinValue ? int.MinValue : (int)a;
    }

    /// <summary>The first operand goes into the upper half.</summary>
    private readonly struct HalfPair : IBinary<float, uint>
    {
        public static uint Of(float a, float b) => (uint)Bits(a) << 16 | Bits(b);

        private static ushort Bits(float value) => float.IsNaN(value) ? (ushort)0x7fff : BitConverter.HalfToUInt16Bits((Half)value);
    }

    private readonly struct BrainPair : IBinary<float, uint>
    {
        public static uint Of(float a, float b) => Bits(a) << 16 | Bits(b);

        /// <summary>To nearest even: of a number half of what is cut off is added, less a bit where the kept part is even.</summary>
        private static uint Bits(float value)
        {
            var bits = BitConverter.SingleToUInt32Bits(value);
            return float.IsNaN(value) ? 0x7fff : bits + 0x7fff + (bits >> 16 & 1) >> 16;
        }
    }
}
