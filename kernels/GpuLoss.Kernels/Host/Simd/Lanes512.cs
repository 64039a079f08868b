using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace GpuLoss.Kernels.Host.Simd;

/// <summary>16 lanes of AVX-512 (F and DQ).</summary>
internal readonly unsafe struct Lanes512 : ILanes<Lanes512>
{
    private readonly Vector512<float> value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Lanes512(Vector512<float> value) => this.value = value;

    public static bool IsSupported => Vector512.IsHardwareAccelerated && Avx512F.IsSupported && Avx512DQ.IsSupported;

    public static int Count => 16;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Load(float* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lanes512 value, float* destination) => value.value.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreStreaming(Lanes512 value, float* destination) => value.value.StoreAlignedNonTemporal(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Broadcast(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator +(Lanes512 left, Lanes512 right) => new(left.value + right.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator -(Lanes512 left, Lanes512 right) => new(left.value - right.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator *(Lanes512 left, Lanes512 right) => new(left.value * right.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator /(Lanes512 left, Lanes512 right) => new(left.value / right.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator &(Lanes512 left, Lanes512 right) => new(left.value & right.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 MultiplyAdd(Lanes512 left, Lanes512 right, Lanes512 addend) =>
        new(Avx512F.FusedMultiplyAdd(left.value, right.value, addend.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Max(Lanes512 left, Lanes512 right) => new(Avx512F.Max(left.value, right.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Exp2(Lanes512 y)
    {
        // vreduceps leaves y - floor(y), vscalefps multiplies by 2^floor(y) and knows infinities and NaN.
        var fraction = new Lanes512(Avx512DQ.Reduce(y.value, 1));
        return new(Avx512F.Scale(LaneMath.Exp2OfFraction(fraction).value, y.value));
    }

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
    public static Lanes512 LoadLabels(byte* source) =>
        new(Avx512F.ConvertToVector512Int32(Vector128.Load(source)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 LoadLabels(long* source) => new(Vector512.Create(
        Avx512F.ConvertToVector256Int32WithSaturation(Vector512.Load(source)),
        Avx512F.ConvertToVector256Int32WithSaturation(Vector512.Load(source + 8))).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 BroadcastLabel(int label) => new(Vector512.Create(label).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 LabelsEqual(Lanes512 left, Lanes512 right) =>
        new(Vector512.Equals(left.value.AsInt32(), right.value.AsInt32()).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 LabelsBelow(Lanes512 labels, int classes) =>
        new(Vector512.LessThan(labels.value.AsUInt32(), Vector512.Create((uint)classes)).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Select(Lanes512 mask, Lanes512 ifSet, Lanes512 otherwise) =>
        new(Vector512.ConditionalSelect(mask.value, ifSet.value, otherwise.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CountSet(Lanes512 mask) => BitOperations.PopCount(mask.value.ExtractMostSignificantBits());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 PackLabels(Lanes512 a, Lanes512 b, Lanes512 c, Lanes512 d) => new(Vector512.Create(
        Vector256.Create(Avx512F.ConvertToVector128Byte(a.value.AsInt32()), Avx512F.ConvertToVector128Byte(b.value.AsInt32())),
        Vector256.Create(Avx512F.ConvertToVector128Byte(c.value.AsInt32()), Avx512F.ConvertToVector128Byte(d.value.AsInt32()))).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int CountPacked(Lanes512 packed, int label) =>
        BitOperations.PopCount(Vector512.Equals(packed.value.AsByte(), Vector512.Create((byte)label)).ExtractMostSignificantBits());
}
