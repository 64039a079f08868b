using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host.Simd;

/// <summary>8 float32 lanes of AVX2 with FMA.</summary>
internal readonly unsafe struct Lanes256 : ILanes<Lanes256>
{
    private readonly Vector256<float> value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Lanes256(Vector256<float> value) => this.value = value;

    public static bool IsSupported => Vector256.IsHardwareAccelerated && Avx2.IsSupported && Fma.IsSupported;

    public static int Count => 8;

    public static bool Fuses => true;

    public static int ScalarSize => sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Load(void* source) => new(Vector256.Load((float*)source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lanes256 value, void* destination) => value.value.Store((float*)destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreStreaming(Lanes256 value, void* destination) => value.value.StoreAlignedNonTemporal((float*)destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Of(double value) => new(Vector256.Create((float)value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 BroadcastFrom(void* scalar) => new(Vector256.Create(*(float*)scalar));

    public static void WriteScalar(void* destination, double value) => *(float*)destination = (float)value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator +(Lanes256 left, Lanes256 right) => new(left.value + right.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator -(Lanes256 left, Lanes256 right) => new(left.value - right.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator *(Lanes256 left, Lanes256 right) => new(left.value * right.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 MultiplyAdd(Lanes256 left, Lanes256 right, Lanes256 addend) =>
        new(Fma.MultiplyAdd(left.value, right.value, addend.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Max(Lanes256 left, Lanes256 right) => new(Avx.Max(left.value, right.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Reciprocal(Lanes256 value) => new(Vector256.Create(1f) / value.value);

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
    public static Lanes256 Log2(Lanes256 value) => LaneMath.Log2(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LogOnePlus(Lanes256 value) => RealMath.LogOnePlus(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Exponent(Lanes256 value) =>
        new(Vector256.ConvertToSingle(Vector256.ShiftRightLogical(value.value.AsInt32(), 23) - Vector256.Create(127))
            + (value.value - value.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Mantissa(Lanes256 value) =>
        new(((value.value.AsInt32() & Vector256.Create(0x7FFFFF)) | Vector256.Create(0x3F800000)).AsSingle());

    public static double Sum(Lanes256 value)
    {
        var (low, high) = Vector256.Widen(value.value);
        return Vector256.Sum(low + high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 SelectEqual(Lanes256 left, Lanes256 right, Lanes256 ifEqual, Lanes256 otherwise) =>
        new(Vector256.ConditionalSelect(Vector256.Equals(left.value, right.value), ifEqual.value, otherwise.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 SelectLess(Lanes256 left, Lanes256 right, Lanes256 ifLess, Lanes256 otherwise) =>
        new(Vector256.ConditionalSelect(Vector256.LessThan(left.value, right.value), ifLess.value, otherwise.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LoadLabels(int* source) => new(Vector256.ConvertToSingle(Vector256.Load(source)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LoadBytes(byte* source) => new(Vector256.ConvertToSingle(Avx2.ConvertToVector256Int32(source)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 MaxBits(Lanes256 left, Lanes256 right) =>
        new(Vector256.Max(left.value.AsUInt32(), right.value.AsUInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 MinBits(Lanes256 left, Lanes256 right) =>
        new(Vector256.Min(left.value.AsUInt32(), right.value.AsUInt32()).AsSingle());
}
