using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace GpuLoss.Kernels.Host.Simd;

/// <summary>8 lanes of AVX2 with FMA.</summary>
internal readonly unsafe struct Lanes256 : ILanes<Lanes256>
{
    private readonly Vector256<float> value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Lanes256(Vector256<float> value) => this.value = value;

    public static bool IsSupported => Vector256.IsHardwareAccelerated && Avx2.IsSupported && Fma.IsSupported;

    public static int Count => 8;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Load(float* source) => new(Vector256.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lanes256 value, float* destination) => value.value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreStreaming(Lanes256 value, float* destination) => value.value.StoreAlignedNonTemporal(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Broadcast(float value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator +(Lanes256 left, Lanes256 right) => new(left.value + right.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator -(Lanes256 left, Lanes256 right) => new(left.value - right.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator *(Lanes256 left, Lanes256 right) => new(left.value * right.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator /(Lanes256 left, Lanes256 right) => new(left.value / right.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator &(Lanes256 left, Lanes256 right) => new(left.value & right.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 MultiplyAdd(Lanes256 left, Lanes256 right, Lanes256 addend) =>
        new(Fma.MultiplyAdd(left.value, right.value, addend.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Max(Lanes256 left, Lanes256 right) => new(Avx.Max(left.value, right.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Exp2(Lanes256 y)
    {
        // Below 2^-126 the power is built as 0. The order of the maximum's operands keeps a NaN a NaN.
        var clamped = Avx.Max(Vector256.Create(-127f), y.value);
        var floor = Vector256.Floor(clamped);
        var power = Vector256.ShiftLeft(Vector256.ConvertToInt32Native(floor) + Vector256.Create(127), 23).AsSingle();
        return new(LaneMath.Exp2OfFraction(new Lanes256(clamped - floor)).value * power);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Exponent(Lanes256 value) =>
        new(Vector256.ConvertToSingle(Vector256.ShiftRightLogical(value.value.AsInt32(), 23) - Vector256.Create(127)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Mantissa(Lanes256 value) =>
        new(((value.value.AsInt32() & Vector256.Create(0x7FFFFF)) | Vector256.Create(0x3F800000)).AsSingle());

    public static double Sum(Lanes256 value)
    {
        var (low, high) = Vector256.Widen(value.value);
        return Vector256.Sum(low + high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LoadLabels(byte* source) =>
        new(Avx2.ConvertToVector256Int32(source).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LoadLabels(long* source)
    {
        // A label that int32 cannot hold must not alias one that it can: its lane becomes int.MinValue.
        var first = Vector256.Load(source);
        var second = Vector256.Load(source + 4);
        var low = Vector256.Narrow(first, second);
        var high = Vector256.Narrow(Vector256.ShiftRightLogical(first.AsUInt64(), 32), Vector256.ShiftRightLogical(second.AsUInt64(), 32)).AsInt32();
        var fits = Vector256.Equals(high, Vector256.ShiftRightArithmetic(low, 31));
        return new(Vector256.ConditionalSelect(fits, low, Vector256.Create(int.MinValue)).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 BroadcastLabel(int label) => new(Vector256.Create(label).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LabelsEqual(Lanes256 left, Lanes256 right) =>
        new(Vector256.Equals(left.value.AsInt32(), right.value.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LabelsBelow(Lanes256 labels, int classes) =>
        new(Vector256.LessThan(labels.value.AsUInt32(), Vector256.Create((uint)classes)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Select(Lanes256 mask, Lanes256 ifSet, Lanes256 otherwise) =>
        new(Vector256.ConditionalSelect(mask.value, ifSet.value, otherwise.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CountSet(Lanes256 mask) => BitOperations.PopCount(mask.value.ExtractMostSignificantBits());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 PackLabels(Lanes256 a, Lanes256 b, Lanes256 c, Lanes256 d) => new(Vector256.Narrow(
        Vector256.Narrow(a.value.AsUInt32(), b.value.AsUInt32()),
        Vector256.Narrow(c.value.AsUInt32(), d.value.AsUInt32())).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CountPacked(Lanes256 packed, int label) =>
        BitOperations.PopCount(Vector256.Equals(packed.value.AsByte(), Vector256.Create((byte)label)).ExtractMostSignificantBits());
}
