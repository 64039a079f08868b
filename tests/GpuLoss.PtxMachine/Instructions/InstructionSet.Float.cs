using System.Numerics;

namespace GpuLoss.PtxMachine;

/// <summary>
/// 9.7.3 floating-point arithmetic. With .ftz subnormal operands and results are zeros of their sign. What is not said to be rounded is
/// rounded to nearest even, and every NaN of float32 is 0x7fffffff.
/// </summary>
internal static partial class InstructionSet
{
    private static Operation? FloatOf(string[] parts) => parts switch
    {
        ["ex2" or "lg2" or "rcp", "approx", "ftz", "f32"] => ApproximationOf(parts[0]),
        [var name, "ftz", "f32"] => Single<Flushed>(name),
        [var name, "f32"] => Single<Kept>(name),
        ["fma" or "add" or "sub" or "mul" or "div" or "rcp" or "sqrt", "rn", "f32"] => Single<Kept>(parts[0]),
        ["fma" or "add" or "sub" or "mul", "rn", "ftz", "f32"] => Single<Flushed>(parts[0]),
        ["div" or "rcp" or "sqrt" or "fma" or "add" or "sub" or "mul", "rn", "f64"] => Double(parts[0]),
        ["add" or "sub" or "mul" or "neg" or "abs" or "min" or "max" or "fma" or "fmas" or "fmsa", "f64"] => Double(parts[0]),
        _ => null,
    };

    private static Operation? Single<TFlush>(string name)
        where TFlush : struct, IFlush => name switch
        {
            "add" => Lane.Binary<float, float, SingleBinary<AddOf, TFlush>>,
            "sub" => Lane.Binary<float, float, SingleBinary<SubtractOf, TFlush>>,
            "mul" => Lane.Binary<float, float, SingleBinary<MultiplyOf, TFlush>>,
            "div" => Lane.Binary<float, float, SingleBinary<DivideOf, TFlush>>,
            "min" => Lane.Binary<float, float, SingleBinary<MinimumOf, TFlush>>,
            "max" => Lane.Binary<float, float, SingleBinary<MaximumOf, TFlush>>,
            "neg" => Lane.Unary<float, float, SingleUnary<NegateOf, TFlush>>,
            "abs" => Lane.Unary<float, float, SingleUnary<AbsoluteOf, TFlush>>,
            "rcp" => Lane.Unary<float, float, SingleUnary<ReciprocalOf, TFlush>>,
            "sqrt" => Lane.Unary<float, float, SingleUnary<RootOf, TFlush>>,
            "fma" => Lane.Ternary<float, SingleFused<TFlush, Plus, Plus>>,
            "fmas" => Lane.Ternary<float, SingleFused<TFlush, Plus, Minus>>,
            "fmsa" => Lane.Ternary<float, SingleFused<TFlush, Minus, Plus>>,
            _ => null,
        };

    private static Operation? Double(string name) => name switch
    {
        "add" => Lane.Binary<double, double, DoubleBinary<AddOf>>,
        "sub" => Lane.Binary<double, double, DoubleBinary<SubtractOf>>,
        "mul" => Lane.Binary<double, double, DoubleBinary<MultiplyOf>>,
        "div" => Lane.Binary<double, double, DoubleBinary<DivideOf>>,
        "min" => Lane.Binary<double, double, DoubleBinary<MinimumOf>>,
        "max" => Lane.Binary<double, double, DoubleBinary<MaximumOf>>,
        "neg" => Lane.Unary<double, double, DoubleUnary<NegateOf>>,
        "abs" => Lane.Unary<double, double, DoubleUnary<AbsoluteOf>>,
        "rcp" => Lane.Unary<double, double, DoubleUnary<ReciprocalOf>>,
        "sqrt" => Lane.Unary<double, double, DoubleUnary<RootOf>>,
        "fma" => Lane.Ternary<double, DoubleFused<Plus, Plus>>,
        "fmas" => Lane.Ternary<double, DoubleFused<Plus, Minus>>,
        "fmsa" => Lane.Ternary<double, DoubleFused<Minus, Plus>>,
        _ => null,
    };

    private interface IFlush
    {
        static abstract float Of(float value);
    }

    private interface IFloat1
    {
        static abstract T Of<T>(T a)
            where T : IFloatingPointIeee754<T>;
    }

    private interface IFloat2
    {
        static abstract T Of<T>(T a, T b)
            where T : IFloatingPointIeee754<T>;
    }

    private interface ISign
    {
        static abstract T Of<T>(T a)
            where T : IFloatingPointIeee754<T>;
    }

    private readonly struct Flushed : IFlush
    {
        public static float Of(float value) => float.IsSubnormal(value) ? float.CopySign(0, value) : value;
    }

    private readonly struct Kept : IFlush
    {
        public static float Of(float value) => value;
    }

    private readonly struct Plus : ISign
    {
        public static T Of<T>(T a)
            where T : IFloatingPointIeee754<T> => a;
    }

    private readonly struct Minus : ISign
    {
        public static T Of<T>(T a)
            where T : IFloatingPointIeee754<T> => -a;
    }

    private readonly struct SingleUnary<TOperation, TFlush> : IUnary<float, float>
        where TOperation : struct, IFloat1
        where TFlush : struct, IFlush
    {
        public static float Of(float a) => Canonical(TFlush.Of(TOperation.Of(TFlush.Of(a))));
    }

    private readonly struct SingleBinary<TOperation, TFlush> : IBinary<float, float>
        where TOperation : struct, IFloat2
        where TFlush : struct, IFlush
    {
        public static float Of(float a, float b) => Canonical(TFlush.Of(TOperation.Of(TFlush.Of(a), TFlush.Of(b))));
    }

    private readonly struct SingleFused<TFlush, TProduct, TAddend> : ITernary<float>
        where TFlush : struct, IFlush
        where TProduct : struct, ISign
        where TAddend : struct, ISign
    {
        public static float Of(float a, float b, float c) =>
            Canonical(TFlush.Of(MathF.FusedMultiplyAdd(TProduct.Of(TFlush.Of(a)), TFlush.Of(b), TAddend.Of(TFlush.Of(c)))));
    }

    private readonly struct DoubleUnary<TOperation> : IUnary<double, double>
        where TOperation : struct, IFloat1
    {
        public static double Of(double a) => TOperation.Of(a);
    }

    private readonly struct DoubleBinary<TOperation> : IBinary<double, double>
        where TOperation : struct, IFloat2
    {
        public static double Of(double a, double b) => TOperation.Of(a, b);
    }

    private readonly struct DoubleFused<TProduct, TAddend> : ITernary<double>
        where TProduct : struct, ISign
        where TAddend : struct, ISign
    {
        public static double Of(double a, double b, double c) => Math.FusedMultiplyAdd(TProduct.Of(a), b, TAddend.Of(c));
    }

    private readonly struct AddOf : IFloat2
    {
        public static T Of<T>(T a, T b)
            where T : IFloatingPointIeee754<T> => a + b;
    }

    private readonly struct SubtractOf : IFloat2
    {
        public static T Of<T>(T a, T b)
            where T : IFloatingPointIeee754<T> => a - b;
    }

    private readonly struct MultiplyOf : IFloat2
    {
        public static T Of<T>(T a, T b)
            where T : IFloatingPointIeee754<T> => a * b;
    }

    private readonly struct DivideOf : IFloat2
    {
        public static T Of<T>(T a, T b)
            where T : IFloatingPointIeee754<T> => a / b;
    }

    /// <summary>Of a number and a NaN the number, and -0 is less than +0 (9.7.3.11 min).</summary>
    private readonly struct MinimumOf : IFloat2
    {
        public static T Of<T>(T a, T b)
            where T : IFloatingPointIeee754<T> => T.MinNumber(a, b);
    }

    private readonly struct MaximumOf : IFloat2
    {
        public static T Of<T>(T a, T b)
            where T : IFloatingPointIeee754<T> => T.MaxNumber(a, b);
    }

    private readonly struct NegateOf : IFloat1
    {
        public static T Of<T>(T a)
            where T : IFloatingPointIeee754<T> => -a;
    }

    private readonly struct AbsoluteOf : IFloat1
    {
        public static T Of<T>(T a)
            where T : IFloatingPointIeee754<T> => T.Abs(a);
    }

    private readonly struct ReciprocalOf : IFloat1
    {
        public static T Of<T>(T a)
            where T : IFloatingPointIeee754<T> => T.One / a;
    }

    private readonly struct RootOf : IFloat1
    {
        public static T Of<T>(T a)
            where T : IFloatingPointIeee754<T> => T.Sqrt(a);
    }

    private static float Canonical(float value) => float.IsNaN(value) ? BitConverter.UInt32BitsToSingle(0x7fffffff) : value;
}
