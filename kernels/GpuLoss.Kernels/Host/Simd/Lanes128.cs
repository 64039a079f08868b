using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace GpuLoss.Kernels.Host.Simd;

/// <summary>4 lanes of whatever 128-bit instructions the machine has (SSE, AdvSimd), or .NET's scalar code where it has none.</summary>
internal readonly unsafe struct Lanes128 : ILanes<Lanes128>
{
    private readonly Vector128<float> value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Lanes128(Vector128<float> value) => this.value = value;

    public static int Count => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Load(float* source) => new(Vector128.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lanes128 value, float* destination) => value.value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreStreaming(Lanes128 value, float* destination) => value.value.StoreAlignedNonTemporal(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Broadcast(float value) => new(Vector128.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator +(Lanes128 left, Lanes128 right) => new(left.value + right.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator -(Lanes128 left, Lanes128 right) => new(left.value - right.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator *(Lanes128 left, Lanes128 right) => new(left.value * right.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator /(Lanes128 left, Lanes128 right) => new(left.value / right.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator &(Lanes128 left, Lanes128 right) => new(left.value & right.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 MultiplyAdd(Lanes128 left, Lanes128 right, Lanes128 addend) =>
        new(Vector128.MultiplyAddEstimate(left.value, right.value, addend.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Max(Lanes128 left, Lanes128 right) => new(Vector128.Max(left.value, right.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Exp2(Lanes128 y)
    {
        // Below 2^-126 the power is built as 0. This maximum keeps a NaN a NaN.
        var clamped = Vector128.Max(y.value, Vector128.Create(-127f));
        var floor = Vector128.Floor(clamped);
        var power = Vector128.ShiftLeft(Vector128.ConvertToInt32Native(floor) + Vector128.Create(127), 23).AsSingle();
        return new(LaneMath.Exp2OfFraction(new Lanes128(clamped - floor)).value * power);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Exponent(Lanes128 value) =>
        new(Vector128.ConvertToSingle(Vector128.ShiftRightLogical(value.value.AsInt32(), 23) - Vector128.Create(127)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Mantissa(Lanes128 value) =>
        new(((value.value.AsInt32() & Vector128.Create(0x7FFFFF)) | Vector128.Create(0x3F800000)).AsSingle());

    public static double Sum(Lanes128 value)
    {
        var (low, high) = Vector128.Widen(value.value);
        return Vector128.Sum(low + high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 LoadLabels(byte* source) =>
        new(Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<uint>(source)).AsByte()))
            .AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 LoadLabels(long* source)
    {
        // A label that int32 cannot hold must not alias one that it can: its lane becomes int.MinValue.
        var first = Vector128.Load(source);
        var second = Vector128.Load(source + 2);
        var low = Vector128.Narrow(first, second);
        var high = Vector128.Narrow(Vector128.ShiftRightLogical(first.AsUInt64(), 32), Vector128.ShiftRightLogical(second.AsUInt64(), 32)).AsInt32();
        var fits = Vector128.Equals(high, Vector128.ShiftRightArithmetic(low, 31));
        return new(Vector128.ConditionalSelect(fits, low, Vector128.Create(int.MinValue)).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 BroadcastLabel(int label) => new(Vector128.Create(label).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 LabelsEqual(Lanes128 left, Lanes128 right) =>
        new(Vector128.Equals(left.value.AsInt32(), right.value.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 LabelsBelow(Lanes128 labels, int classes) =>
        new(Vector128.LessThan(labels.value.AsUInt32(), Vector128.Create((uint)classes)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Select(Lanes128 mask, Lanes128 ifSet, Lanes128 otherwise) =>
        new(Vector128.ConditionalSelect(mask.value, ifSet.value, otherwise.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CountSet(Lanes128 mask) => BitOperations.PopCount(mask.value.ExtractMostSignificantBits());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 PackLabels(Lanes128 a, Lanes128 b, Lanes128 c, Lanes128 d) => new(Vector128.Narrow(
        Vector128.Narrow(a.value.AsUInt32(), b.value.AsUInt32()),
        Vector128.Narrow(c.value.AsUInt32(), d.value.AsUInt32())).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CountPacked(Lanes128 packed, int label) =>
        BitOperations.PopCount(Vector128.Equals(packed.value.AsByte(), Vector128.Create((byte)label)).ExtractMostSignificantBits());
}
