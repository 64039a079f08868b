using System.Numerics;

namespace GpuLoss.PtxMachine;

/// <summary>9.7.6 comparison and selection, 9.7.3.1 testp, and the logic of predicates.</summary>
internal static partial class InstructionSet
{
    private static Operation? CompareOf(string[] parts) => parts switch
    {
        ["setp", var relation, "ftz", "f32"] => Floats<float>(relation, flushes: true),
        ["setp", var relation, "f32"] => Floats<float>(relation, flushes: false),
        ["setp", var relation, "f64"] => Floats<double>(relation, flushes: false),
        ["setp", var relation, "s16"] => Integers<short>(relation),
        ["setp", var relation, "u16" or "b16"] => Integers<ushort>(relation),
        ["setp", var relation, "s32"] => Integers<int>(relation),
        ["setp", var relation, "u32" or "b32"] => Integers<uint>(relation),
        ["setp", var relation, "s64"] => Integers<long>(relation),
        ["setp", var relation, "u64" or "b64"] => Integers<ulong>(relation),
        _ => null,
    };

    /// <summary>lo, ls, hi and hs are the unsigned lt, le, gt and ge.</summary>
    private static Operation? Integers<T>(string relation)
        where T : unmanaged, IBinaryInteger<T> => relation switch
        {
            "eq" => Lane.Compare<T, IsEqual<T>>,
            "ne" => Lane.Compare<T, IsNotEqual<T>>,
            "lt" or "lo" => Lane.Compare<T, IsLess<T>>,
            "le" or "ls" => Lane.Compare<T, IsAtMost<T>>,
            "gt" or "hi" => Lane.Compare<T, IsGreater<T>>,
            "ge" or "hs" => Lane.Compare<T, IsAtLeast<T>>,
            _ => null,
        };

    /// <summary>With a NaN the relations eq, ne, lt... are false, and equ, neu, ltu... true.</summary>
    private static Operation? Floats<T>(string relation, bool flushes)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        if (flushes)
            return null; // ILGPU compares without .ftz
        return relation switch
        {
            "eq" => Lane.Compare<T, IsEqual<T>>,
            "ne" => Lane.Compare<T, Both<T, IsNotEqual<T>>>,
            "lt" => Lane.Compare<T, IsLess<T>>,
            "le" => Lane.Compare<T, IsAtMost<T>>,
            "gt" => Lane.Compare<T, IsGreater<T>>,
            "ge" => Lane.Compare<T, IsAtLeast<T>>,
            "equ" => Lane.Compare<T, Unordered<T, IsEqual<T>>>,
            "neu" => Lane.Compare<T, IsNotEqual<T>>,
            "ltu" => Lane.Compare<T, Unordered<T, IsLess<T>>>,
            "leu" => Lane.Compare<T, Unordered<T, IsAtMost<T>>>,
            "gtu" => Lane.Compare<T, Unordered<T, IsGreater<T>>>,
            "geu" => Lane.Compare<T, Unordered<T, IsAtLeast<T>>>,
            "num" => Lane.Compare<T, Both<T, Always<T>>>,
            "nan" => Lane.Compare<T, Unordered<T, Never<T>>>,
            _ => null,
        };
    }

    private static Operation? TestOf(string[] parts) => parts switch
    {
        ["testp", var property, "f32"] => Test<float>(property),
        ["testp", var property, "f64"] => Test<double>(property),
        _ => null,
    };

    private static Operation? Test<T>(string property)
        where T : unmanaged, IFloatingPointIeee754<T> => property switch
        {
            "finite" => static (frame, instruction, lanes) => Test<T>(frame, instruction, lanes, T.IsFinite),
            "infinite" => static (frame, instruction, lanes) => Test<T>(frame, instruction, lanes, T.IsInfinity),
            "number" => static (frame, instruction, lanes) => Test<T>(frame, instruction, lanes, value => !T.IsNaN(value)),
            "notanumber" => static (frame, instruction, lanes) => Test<T>(frame, instruction, lanes, T.IsNaN),
            _ => null,
        };

    private static unsafe void Test<T>(Frame frame, PtxInstruction instruction, uint lanes, Func<T, bool> property)
        where T : unmanaged
    {
        var a = frame.Slot(instruction.A);
        var result = 0u;
        for (var lane = 0; lane < Frame.Lanes; lane++)
            result |= (lanes >> lane & 1) != 0 && property(Lane.Get<T>(a + lane)) ? 1u << lane : 0;
        frame.SetPredicate(instruction.Dest, lanes, result);
    }

    private static Operation? PredicateOf(string[] parts) => parts switch
    {
        ["and", "pred"] => static (frame, i, lanes) => frame.SetPredicate(i.Dest, lanes, frame.Predicate(i.A) & frame.Predicate(i.B)),
        ["or", "pred"] => static (frame, i, lanes) => frame.SetPredicate(i.Dest, lanes, frame.Predicate(i.A) | frame.Predicate(i.B)),
        ["xor", "pred"] => static (frame, i, lanes) => frame.SetPredicate(i.Dest, lanes, frame.Predicate(i.A) ^ frame.Predicate(i.B)),
        ["not", "pred"] => static (frame, i, lanes) => frame.SetPredicate(i.Dest, lanes, ~frame.Predicate(i.A)),
        _ => null,
    };

    private readonly struct IsEqual<T> : IBinary<T, bool>
        where T : IComparisonOperators<T, T, bool>
    {
        public static bool Of(T a, T b) => a == b;
    }

    private readonly struct IsNotEqual<T> : IBinary<T, bool>
        where T : IComparisonOperators<T, T, bool>
    {
        public static bool Of(T a, T b) => a != b;
    }

    private readonly struct IsLess<T> : IBinary<T, bool>
        where T : IComparisonOperators<T, T, bool>
    {
        public static bool Of(T a, T b) => a < b;
    }

    private readonly struct IsAtMost<T> : IBinary<T, bool>
        where T : IComparisonOperators<T, T, bool>
    {
        public static bool Of(T a, T b) => a <= b;
    }

    private readonly struct IsGreater<T> : IBinary<T, bool>
        where T : IComparisonOperators<T, T, bool>
    {
        public static bool Of(T a, T b) => a > b;
    }

    private readonly struct IsAtLeast<T> : IBinary<T, bool>
        where T : IComparisonOperators<T, T, bool>
    {
        public static bool Of(T a, T b) => a >= b;
    }

    private readonly struct Always<T> : IBinary<T, bool>
    {
        public static bool Of(T a, T b) => true;
    }

    private readonly struct Never<T> : IBinary<T, bool>
    {
        public static bool Of(T a, T b) => false;
    }

    /// <summary>True where an operand is a NaN.</summary>
    private readonly struct Unordered<T, TRelation> : IBinary<T, bool>
        where T : INumberBase<T>
        where TRelation : struct, IBinary<T, bool>
    {
        public static bool Of(T a, T b) => T.IsNaN(a) || T.IsNaN(b) || TRelation.Of(a, b);
    }

    /// <summary>False where an operand is a NaN.</summary>
    private readonly struct Both<T, TRelation> : IBinary<T, bool>
        where T : INumberBase<T>
        where TRelation : struct, IBinary<T, bool>
    {
        public static bool Of(T a, T b) => !T.IsNaN(a) && !T.IsNaN(b) && TRelation.Of(a, b);
    }
}
