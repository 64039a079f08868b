using System.Numerics;
using System.Runtime.CompilerServices;

namespace GpuLoss.PtxMachine;

/// <summary>An operation of one operand.</summary>
internal interface IUnary<T, TResult>
{
    static abstract TResult Of(T a);
}

/// <summary>An operation of two operands.</summary>
internal interface IBinary<T, TResult>
{
    static abstract TResult Of(T a, T b);
}

/// <summary>An operation of three operands.</summary>
internal interface ITernary<T>
{
    static abstract T Of(T a, T b, T c);
}

/// <summary>Loops over the lanes of a warp that take part.</summary>
internal static unsafe class Lane
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Get<T>(ulong* slot)
        where T : unmanaged => *(T*)slot;

    /// <summary>Writes a number and clears the rest: narrow numbers in wide registers are extended with zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Put<T>(ulong* slot, T value)
        where T : unmanaged
    {
        if (sizeof(T) < sizeof(ulong))
            *slot = 0;
        *(T*)slot = value;
    }

    public static void Unary<T, TResult, TOperation>(Frame frame, PtxInstruction instruction, uint lanes)
        where T : unmanaged
        where TResult : unmanaged
        where TOperation : struct, IUnary<T, TResult>
    {
        var to = frame.Slot(instruction.Dest);
        var a = frame.Slot(instruction.A);
        if (lanes == Frame.AllLanes)
        {
            for (var lane = 0; lane < Frame.Lanes; lane++)
                Put(to + lane, TOperation.Of(Get<T>(a + lane)));
            return;
        }

        for (var left = lanes; left != 0; left &= left - 1)
        {
            var lane = BitOperations.TrailingZeroCount(left);
            Put(to + lane, TOperation.Of(Get<T>(a + lane)));
        }
    }

    public static void Binary<T, TResult, TOperation>(Frame frame, PtxInstruction instruction, uint lanes)
        where T : unmanaged
        where TResult : unmanaged
        where TOperation : struct, IBinary<T, TResult>
    {
        var to = frame.Slot(instruction.Dest);
        var a = frame.Slot(instruction.A);
        var b = frame.Slot(instruction.B);
        if (lanes == Frame.AllLanes)
        {
            for (var lane = 0; lane < Frame.Lanes; lane++)
                Put(to + lane, TOperation.Of(Get<T>(a + lane), Get<T>(b + lane)));
            return;
        }

        for (var left = lanes; left != 0; left &= left - 1)
        {
            var lane = BitOperations.TrailingZeroCount(left);
            Put(to + lane, TOperation.Of(Get<T>(a + lane), Get<T>(b + lane)));
        }
    }

    public static void Ternary<T, TOperation>(Frame frame, PtxInstruction instruction, uint lanes)
        where T : unmanaged
        where TOperation : struct, ITernary<T>
    {
        var to = frame.Slot(instruction.Dest);
        var a = frame.Slot(instruction.A);
        var b = frame.Slot(instruction.B);
        var c = frame.Slot(instruction.C);
        for (var left = lanes; left != 0; left &= left - 1)
        {
            var lane = BitOperations.TrailingZeroCount(left);
            Put(to + lane, TOperation.Of(Get<T>(a + lane), Get<T>(b + lane), Get<T>(c + lane)));
        }
    }

    /// <summary>A condition, into a predicate.</summary>
    public static void Compare<T, TOperation>(Frame frame, PtxInstruction instruction, uint lanes)
        where T : unmanaged
        where TOperation : struct, IBinary<T, bool>
    {
        var a = frame.Slot(instruction.A);
        var b = frame.Slot(instruction.B);
        var result = 0u;
        for (var left = lanes; left != 0; left &= left - 1)
        {
            var lane = BitOperations.TrailingZeroCount(left);
            result |= TOperation.Of(Get<T>(a + lane), Get<T>(b + lane)) ? 1u << lane : 0;
        }

        frame.SetPredicate(instruction.Dest, lanes, result);
    }
}
