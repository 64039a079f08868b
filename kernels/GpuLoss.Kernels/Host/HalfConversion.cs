using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>Rows of 16-bit floats to float32 and back, rounded to the nearest, ties to even.</summary>
internal static unsafe class HalfConversion
{
    private const int UpperHalf = 16;
    private const uint QuietNaN = 0x400000;
    private const uint BelowHalfAUnit = 0x7FFF;

    /// <summary>Widens <paramref name="count"/> neighbouring elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Widen(LogitsType type, byte* source, float* destination, int count)
    {
        if (type == LogitsType.Float16)
            TensorPrimitives.ConvertToSingle(new ReadOnlySpan<Half>(source, count), new Span<float>(destination, count));
        else
            WidenBFloat16((ushort*)source, destination, count);
    }

    /// <summary>Narrows <paramref name="count"/> neighbouring elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Narrow(LogitsType type, float* source, byte* destination, int count)
    {
        if (type == LogitsType.Float16)
            TensorPrimitives.ConvertToHalf(new ReadOnlySpan<float>(source, count), new Span<Half>(destination, count));
        else
            NarrowToBFloat16(source, (ushort*)destination, count);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void WidenBFloat16(ushort* source, float* destination, int count)
    {
        var i = 0;
        for (; i + Vector256<ushort>.Count <= count; i += Vector256<ushort>.Count)
        {
            var (low, high) = Vector256.Widen(Vector256.Load(source + i));
            (low << UpperHalf).AsSingle().Store(destination + i);
            (high << UpperHalf).AsSingle().Store(destination + i + Vector256<float>.Count);
        }

        for (; i < count; i++)
            destination[i] = BitConverter.UInt32BitsToSingle((uint)source[i] << UpperHalf);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void NarrowToBFloat16(float* source, ushort* destination, int count)
    {
        var i = 0;
        for (; i + Vector256<ushort>.Count <= count; i += Vector256<ushort>.Count)
        {
            Vector256.Narrow(Rounded(Vector256.Load(source + i)), Rounded(Vector256.Load(source + i + Vector256<float>.Count)))
                .Store(destination + i);
        }

        for (; i < count; i++)
            destination[i] = (ushort)Rounded(Vector256.CreateScalar(source[i])).ToScalar();
    }

    /// <summary>The upper halves of the values, rounded, in the lower halves of the lanes. A NaN stays one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Rounded(Vector256<float> value)
    {
        var bits = value.AsUInt32();
        var odd = (bits >> UpperHalf) & Vector256<uint>.One;
        var rounded = bits + odd + Vector256.Create(BelowHalfAUnit);
        return Vector256.ConditionalSelect(Vector256.IsNaN(value).AsUInt32(), bits | Vector256.Create(QuietNaN), rounded) >> UpperHalf;
    }
}
