using System.Numerics;

namespace GpuLoss.PtxMachine;

/// <summary>9.7.1 integer arithmetic and 9.7.8 logic and shifts.</summary>
internal static partial class InstructionSet
{
    private static Operation? IntegerOf(string[] parts) => parts switch
    {
        ["add" or "sub" or "min" or "max" or "div" or "rem" or "and" or "or" or "xor" or "neg" or "abs" or "not", var type] =>
            OfType(parts[0], type),
        ["mul" or "mad", "lo", var type] => OfType(parts[0], type),
        ["mul", "wide", "u32"] => Lane.Binary<uint, ulong, WideUnsigned>,
        ["mul", "wide", "s32"] => Lane.Binary<int, long, WideSigned>,
        ["mul", "hi", "u32"] => Lane.Binary<uint, uint, HighUnsigned>,
        ["mul", "hi", "s32"] => Lane.Binary<int, int, HighSigned>,
        ["shl" or "shr", var type] => ShiftOf(parts[0], type),
        _ => null,
    };

    private static Operation? OfType(string name, string type) => type switch
    {
        "s16" => Of<short>(name),
        "u16" or "b16" => Of<ushort>(name),
        "s32" => Of<int>(name),
        "u32" or "b32" => Of<uint>(name),
        "s64" => Of<long>(name),
        "u64" or "b64" => Of<ulong>(name),
        _ => null,
    };

    private static Operation? Of<T>(string name)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T> => name switch
        {
            "add" => Lane.Binary<T, T, Sum<T>>,
            "sub" => Lane.Binary<T, T, Difference<T>>,
            "mul" => Lane.Binary<T, T, Product<T>>,
            "mad" => Lane.Ternary<T, ProductSum<T>>,
            "min" => Lane.Binary<T, T, Least<T>>,
            "max" => Lane.Binary<T, T, Greatest<T>>,
            "div" => Divide<T>,
            "rem" => Divide<T>,
            "and" => Lane.Binary<T, T, And<T>>,
            "or" => Lane.Binary<T, T, Or<T>>,
            "xor" => Lane.Binary<T, T, ExclusiveOr<T>>,
            "not" => Lane.Unary<T, T, Not<T>>,
            "neg" => Lane.Unary<T, T, Negative<T>>,
            "abs" => Lane.Unary<T, T, Magnitude<T>>,
            _ => null,
        };

    /// <summary>Shift counts are unsigned and clamped to the width (9.7.8.7 shl, 9.7.8.8 shr).</summary>
    private static Operation? ShiftOf(string name, string type) => (name, type) switch
    {
        ("shl", "b16") => Shift<ushort>,
        ("shl", "b32") => Shift<uint>,
        ("shl", "b64") => Shift<ulong>,
        ("shr", "s16") => Shift<short>,
        ("shr", "u16" or "b16") => Shift<ushort>,
        ("shr", "s32") => Shift<int>,
        ("shr", "u32" or "b32") => Shift<uint>,
        ("shr", "s64") => Shift<long>,
        ("shr", "u64" or "b64") => Shift<ulong>,
        _ => null,
    };

    private static unsafe void Shift<T>(Frame frame, PtxInstruction instruction, uint lanes)
        where T : unmanaged, IBinaryInteger<T>
    {
        var to = frame.Slot(instruction.Dest);
        var a = frame.Slot(instruction.A);
        var b = frame.Slot(instruction.B);
        var (bits, isLeft) = (8u * (uint)sizeof(T), instruction.Opcode[2] == 'l');
        for (var left = lanes; left != 0; left &= left - 1)
        {
            var lane = BitOperations.TrailingZeroCount(left);
            var (value, count) = (Lane.Get<T>(a + lane), Math.Min(Lane.Get<uint>(b + lane), bits));

            // C# masks shift counts: the whole width goes in two steps.
            var (first, second) = ((int)count / 2, (int)(count - count / 2));
            Lane.Put(to + lane, isLeft ? value << first << second : value >> first >> second);
        }
    }

    /// <summary>Division truncates; what division by 0 gives is not specified, so it is a fault here (9.7.1.8 div, 9.7.1.9 rem).</summary>
    private static unsafe void Divide<T>(Frame frame, PtxInstruction instruction, uint lanes)
        where T : unmanaged, IBinaryInteger<T>, IMinMaxValue<T>
    {
        var to = frame.Slot(instruction.Dest);
        var a = frame.Slot(instruction.A);
        var b = frame.Slot(instruction.B);
        var isRemainder = instruction.Opcode[0] == 'r';
        for (var left = lanes; left != 0; left &= left - 1)
        {
            var lane = BitOperations.TrailingZeroCount(left);
            var (value, divisor) = (Lane.Get<T>(a + lane), Lane.Get<T>(b + lane));
            if (T.IsZero(divisor))
                throw frame.Fault(instruction, lane, "Integer division by 0");
            var overflows = T.IsNegative(divisor) && divisor == T.Zero - T.One && value == T.MinValue;
            Lane.Put(to + lane, isRemainder ? overflows ? T.Zero : value % divisor : overflows ? value : value / divisor);
        }
    }

    private readonly struct Sum<T> : IBinary<T, T>
        where T : IBinaryInteger<T>
    {
        public static T Of(T a, T b) => a + b;
    }

    private readonly struct Difference<T> : IBinary<T, T>
        where T : IBinaryInteger<T>
    {
        public static T Of(T a, T b) => a - b;
    }

    private readonly struct Product<T> : IBinary<T, T>
        where T : IBinaryInteger<T>
    {
        public static T Of(T a, T b) => a * b;
    }

    private readonly struct ProductSum<T> : ITernary<T>
        where T : IBinaryInteger<T>
    {
        public static T Of(T a, T b, T c) => a * b + c;
    }

    private readonly struct Least<T> : IBinary<T, T>
        where T : IBinaryInteger<T>
    {
        public static T Of(T a, T b) => T.Min(a, b);
    }

    private readonly struct Greatest<T> : IBinary<T, T>
        where T : IBinaryInteger<T>
    {
        public static T Of(T a, T b) => T.Max(a, b);
    }

    private readonly struct And<T> : IBinary<T, T>
        where T : IBinaryInteger<T>
    {
        public static T Of(T a, T b) => a & b;
    }

    private readonly struct Or<T> : IBinary<T, T>
        where T : IBinaryInteger<T>
    {
        public static T Of(T a, T b) => a | b;
    }

    private readonly struct ExclusiveOr<T> : IBinary<T, T>
        where T : IBinaryInteger<T>
    {
        public static T Of(T a, T b) => a ^ b;
    }

    private readonly struct Not<T> : IUnary<T, T>
        where T : IBinaryInteger<T>
    {
        public static T Of(T a) => ~a;
    }

    private readonly struct Negative<T> : IUnary<T, T>
        where T : IBinaryInteger<T>
    {
        public static T Of(T a) => T.Zero - a;
    }

    private readonly struct Magnitude<T> : IUnary<T, T>
        where T : IBinaryInteger<T>
    {
        public static T Of(T a) => T.IsNegative(a) ? T.Zero - a : a;
    }

    private readonly struct WideUnsigned : IBinary<uint, ulong>
    {
        public static ulong Of(uint a, uint b) => (ulong)a * b;
    }

    private readonly struct WideSigned : IBinary<int, long>
    {
        public static long Of(int a, int b) => (long)a * b;
    }

    private readonly struct HighUnsigned : IBinary<uint, uint>
    {
        public static uint Of(uint a, uint b) => (uint)((ulong)a * b >> 32);
    }

    private readonly struct HighSigned : IBinary<int, int>
    {
        public static int Of(int a, int b) => (int)((long)a * b >> 32);
    }
}
