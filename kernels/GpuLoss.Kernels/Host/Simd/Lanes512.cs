using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host.Simd;

/// <summary>16 float32 lanes of AVX-512 (F and DQ).</summary>
internal readonly unsafe struct Lanes512 : ILanes<Lanes512>
{
    private readonly Vector512<float> value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Lanes512(Vector512<float> value) => this.value = value;

    public static bool IsSupported => Vector512.IsHardwareAccelerated && Avx512F.IsSupported && Avx512DQ.IsSupported;

    public static int Count => 16;

    public static bool Fuses => true;

    public static int ScalarSize => sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Load(void* source) => new(Vector512.Load((float*)source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lanes512 value, void* destination) => value.value.Store((float*)destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreStreaming(Lanes512 value, void* destination) => value.value.StoreAlignedNonTemporal((float*)destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Of(double value) => new(Vector512.Create((float)value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 BroadcastFrom(void* scalar) => new(Vector512.Create(*(float*)scalar));

    public static void WriteScalar(void* destination, double value) => *(float*)destination = (float)value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator +(Lanes512 left, Lanes512 right) => new(left.value + right.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator -(Lanes512 left, Lanes512 right) => new(left.value - right.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator *(Lanes512 left, Lanes512 right) => new(left.value * right.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 MultiplyAdd(Lanes512 left, Lanes512 right, Lanes512 addend) =>
        new(Avx512F.FusedMultiplyAdd(left.value, right.value, addend.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Max(Lanes512 left, Lanes512 right) => new(Avx512F.Max(left.value, right.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Reciprocal(Lanes512 value)
    {
        // 14 bits and one step of Newton's: a division would keep the divider busy for as long as the exponential of a class takes.
        var estimate = Avx512F.Reciprocal14(value.value);
        return new(Avx512F.FusedMultiplyAdd(
            Avx512F.FusedMultiplyAddNegated(value.value, estimate, Vector512.Create(1f)), estimate, estimate));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Exp2(Lanes512 y)
    {
        // vreduceps leaves y - floor(y), vscalefps multiplies by 2^floor(y) and knows infinities and NaN.
        var fraction = new Lanes512(Avx512DQ.Reduce(y.value, 1));
        return new(Avx512F.Scale(LaneMath.Exp2OfFraction(fraction).value, y.value));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Log2(Lanes512 value) => LaneMath.Log2(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 LogOnePlus(Lanes512 value) => RealMath.LogOnePlus(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Exponent(Lanes512 value) => new(Avx512F.GetExponent(value.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Mantissa(Lanes512 value) => new(Avx512F.GetMantissa(value.value, 0));

    public static double Sum(Lanes512 value)
    {
        var (low, high) = Vector512.Widen(value.value);
        return Vector512.Sum(low + high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 SelectEqual(Lanes512 left, Lanes512 right, Lanes512 ifEqual, Lanes512 otherwise) =>
        new(Vector512.ConditionalSelect(Vector512.Equals(left.value, right.value), ifEqual.value, otherwise.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 SelectLess(Lanes512 left, Lanes512 right, Lanes512 ifLess, Lanes512 otherwise) =>
        new(Vector512.ConditionalSelect(Vector512.LessThan(left.value, right.value), ifLess.value, otherwise.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 LoadLabels(int* source) => new(Vector512.ConvertToSingle(Vector512.Load(source)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 LoadBytes(byte* source) =>
        new(Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(Vector128.Load(source))));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 MaxBits(Lanes512 left, Lanes512 right) =>
        new(Vector512.Max(left.value.AsUInt32(), right.value.AsUInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 MinBits(Lanes512 left, Lanes512 right) =>
        new(Vector512.Min(left.value.AsUInt32(), right.value.AsUInt32()).AsSingle());
}
