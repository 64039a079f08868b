using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host.Simd;

/// <summary>4 float32 lanes of whatever 128-bit instructions the machine has (SSE, AdvSimd), or .NET's scalar code where it has
/// none.</summary>
internal readonly unsafe struct Lanes128 : ILanes<Lanes128>
{
    private readonly Vector128<float> value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Lanes128(Vector128<float> value) => this.value = value;

    public static int Count => 4;

    public static bool Fuses => Fma.IsSupported || AdvSimd.IsSupported;

    public static int ScalarSize => sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Load(void* source) => new(Vector128.Load((float*)source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lanes128 value, void* destination) => value.value.Store((float*)destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreStreaming(Lanes128 value, void* destination) => value.value.StoreAlignedNonTemporal((float*)destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Of(double value) => new(Vector128.Create((float)value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 BroadcastFrom(void* scalar) => new(Vector128.Create(*(float*)scalar));

    public static void WriteScalar(void* destination, double value) => *(float*)destination = (float)value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator +(Lanes128 left, Lanes128 right) => new(left.value + right.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator -(Lanes128 left, Lanes128 right) => new(left.value - right.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 operator *(Lanes128 left, Lanes128 right) => new(left.value * right.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 MultiplyAdd(Lanes128 left, Lanes128 right, Lanes128 addend) =>
        new(Vector128.MultiplyAddEstimate(left.value, right.value, addend.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Max(Lanes128 left, Lanes128 right) => new(Vector128.Max(left.value, right.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Reciprocal(Lanes128 value) => new(Vector128.Create(1f) / value.value);

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
    public static Lanes128 Log2(Lanes128 value) => LaneMath.Log2(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 LogOnePlus(Lanes128 value) => RealMath.LogOnePlus(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Exponent(Lanes128 value) =>
        new(Vector128.ConvertToSingle(Vector128.ShiftRightLogical(value.value.AsInt32(), 23) - Vector128.Create(127))
            + (value.value - value.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 Mantissa(Lanes128 value) =>
        new(((value.value.AsInt32() & Vector128.Create(0x7FFFFF)) | Vector128.Create(0x3F800000)).AsSingle());

    public static double Sum(Lanes128 value)
    {
        var (low, high) = Vector128.Widen(value.value);
        return Vector128.Sum(low + high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 SelectEqual(Lanes128 left, Lanes128 right, Lanes128 ifEqual, Lanes128 otherwise) =>
        new(Vector128.ConditionalSelect(Vector128.Equals(left.value, right.value), ifEqual.value, otherwise.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 SelectLess(Lanes128 left, Lanes128 right, Lanes128 ifLess, Lanes128 otherwise) =>
        new(Vector128.ConditionalSelect(Vector128.LessThan(left.value, right.value), ifLess.value, otherwise.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 LoadLabels(int* source) => new(Vector128.ConvertToSingle(Vector128.Load(source)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 LoadBytes(byte* source)
    {
        var bytes = Vector128.CreateScalarUnsafe(*(uint*)source).AsByte();
        return new(Vector128.ConvertToSingle(Vector128.WidenLower(Vector128.WidenLower(bytes)).AsInt32()));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 MaxBits(Lanes128 left, Lanes128 right) =>
        new(Vector128.Max(left.value.AsUInt32(), right.value.AsUInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes128 MinBits(Lanes128 left, Lanes128 right) =>
        new(Vector128.Min(left.value.AsUInt32(), right.value.AsUInt32()).AsSingle());
}
