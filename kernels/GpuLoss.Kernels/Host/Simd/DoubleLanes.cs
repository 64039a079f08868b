using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host.Simd;

/// <summary>
/// 4 float64 lanes, for float64 logits: gradient checks and comparisons, where the last digit matters more than the last nanosecond. Its
/// exponential and logarithm are therefore .NET's own, and there is one width for all machines.
/// </summary>
internal readonly unsafe struct DoubleLanes : ILanes<DoubleLanes>
{
    private const int MantissaBits = 52;
    private const long ExponentBias = 1023;

    private readonly Vector256<double> value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private DoubleLanes(Vector256<double> value) => this.value = value;

    public static int Count => 4;

    public static bool Fuses => Fma.IsSupported || AdvSimd.IsSupported;

    public static int ScalarSize => sizeof(double);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DoubleLanes Load(void* source) => new(Vector256.Load((double*)source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(DoubleLanes value, void* destination) => value.value.Store((double*)destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreStreaming(DoubleLanes value, void* destination) => value.value.StoreAlignedNonTemporal((double*)destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DoubleLanes Of(double value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DoubleLanes BroadcastFrom(void* scalar) => new(Vector256.Create(*(double*)scalar));

    public static void WriteScalar(void* destination, double value) => *(double*)destination = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DoubleLanes operator +(DoubleLanes left, DoubleLanes right) => new(left.value + right.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DoubleLanes operator -(DoubleLanes left, DoubleLanes right) => new(left.value - right.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DoubleLanes operator *(DoubleLanes left, DoubleLanes right) => new(left.value * right.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DoubleLanes MultiplyAdd(DoubleLanes left, DoubleLanes right, DoubleLanes addend) =>
        new(Vector256.MultiplyAddEstimate(left.value, right.value, addend.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DoubleLanes Max(DoubleLanes left, DoubleLanes right) => new(Vector256.Max(left.value, right.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DoubleLanes Reciprocal(DoubleLanes value) => new(Vector256.Create(1.0) / value.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DoubleLanes Exp2(DoubleLanes y) => new(Vector256.Exp(y.value * LaneMath.LogOf2));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DoubleLanes Log2(DoubleLanes value) => new(Vector256.Log2(value.value));

    /// <inheritdoc/>
    /// <remarks>What 1 + x has lost of x is lost in ln(1 + x) by the same factor, so that x / ((1 + x) - 1) gives it back.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DoubleLanes LogOnePlus(DoubleLanes value)
    {
        var sum = value + Of(1);
        var grown = sum - Of(1);
        return SelectEqual(grown, Of(0), value, Log2(sum) * Of(LaneMath.LogOf2) * (value * Reciprocal(grown)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DoubleLanes Exponent(DoubleLanes value) => new(Vector256.ConvertToDouble(
        Vector256.ShiftRightLogical(value.value.AsInt64(), MantissaBits) - Vector256.Create(ExponentBias)) + (value.value - value.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DoubleLanes Mantissa(DoubleLanes value) => new(
        ((value.value.AsInt64() & Vector256.Create((1L << MantissaBits) - 1)) | Vector256.Create(ExponentBias << MantissaBits)).AsDouble());

    public static double Sum(DoubleLanes value) => Vector256.Sum(value.value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DoubleLanes SelectEqual(DoubleLanes left, DoubleLanes right, DoubleLanes ifEqual, DoubleLanes otherwise) =>
        new(Vector256.ConditionalSelect(Vector256.Equals(left.value, right.value), ifEqual.value, otherwise.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DoubleLanes SelectLess(DoubleLanes left, DoubleLanes right, DoubleLanes ifLess, DoubleLanes otherwise) =>
        new(Vector256.ConditionalSelect(Vector256.LessThan(left.value, right.value), ifLess.value, otherwise.value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DoubleLanes LoadLabels(int* source)
    {
        var (low, high) = Vector128.Widen(Vector128.Load(source));
        return new(Vector256.ConvertToDouble(Vector256.Create(low, high)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DoubleLanes LoadBytes(byte* source)
    {
        var numbers = Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(uint*)source).AsByte()));
        var (low, high) = Vector128.Widen(numbers.AsInt32());
        return new(Vector256.ConvertToDouble(Vector256.Create(low, high)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DoubleLanes MaxBits(DoubleLanes left, DoubleLanes right) =>
        new(Vector256.Max(left.value.AsUInt64(), right.value.AsUInt64()).AsDouble());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static DoubleLanes MinBits(DoubleLanes left, DoubleLanes right) =>
        new(Vector256.Min(left.value.AsUInt64(), right.value.AsUInt64()).AsDouble());
}
