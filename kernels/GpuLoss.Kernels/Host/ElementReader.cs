using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>Reads numbers of any type into a row of lanes.</summary>
internal static unsafe class ElementReader
{
    /// <summary>The kind of a type of logits.</summary>
    public static TargetKind KindOf(LogitsType type) => type switch
    {
        LogitsType.Float64 => TargetKind.Float64,
        LogitsType.Float16 => TargetKind.Float16,
        LogitsType.BFloat16 => TargetKind.BFloat16,
        _ => TargetKind.Float32,
    };

    /// <summary>The kind of a type of voxel weights.</summary>
    public static TargetKind KindOf(MaskKind kind) => kind switch
    {
        MaskKind.UInt8 or MaskKind.Bool => TargetKind.UInt8,
        MaskKind.Float64 => TargetKind.Float64,
        _ => TargetKind.Float32,
    };

    /// <summary>Reads <paramref name="count"/> neighbouring elements.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The type holds more digits than the lanes, or none that they can widen.</exception>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Read<TLanes>(TargetKind kind, byte* source, int count, byte* lanes)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        Prefetch(source, (nint)count * ElementTypes.SizeOf(kind));
        if (kind == TargetKind.UInt8)
            Widen<TLanes>(source, count, lanes);
        else if (ElementTypes.SizeOf(kind) == TLanes.ScalarSize)
            Buffer.MemoryCopy(source, lanes, (long)count * TLanes.ScalarSize, (long)count * TLanes.ScalarSize);
        else if (TLanes.ScalarSize == sizeof(float) && kind is TargetKind.Float16 or TargetKind.BFloat16)
            HalfConversion.Widen(kind == TargetKind.Float16 ? LogitsType.Float16 : LogitsType.BFloat16, source, (float*)lanes, count);
        else
            throw new ArgumentOutOfRangeException(
                nameof(kind), kind, "Numbers must be of the type that is computed in, or of a narrower one.");
    }

    /// <summary>Asks for as many bytes as are read now: those of the next block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Prefetch(byte* source, nint bytes)
    {
        const int cacheLine = 64;
        for (nint ahead = bytes; Sse.IsSupported && ahead < 2 * bytes; ahead += cacheLine)
            Sse.Prefetch0(source + ahead);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Widen<TLanes>(byte* source, int count, byte* lanes)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var i = 0;
        if (TLanes.ScalarSize == sizeof(float))
        {
            for (; i + Vector256<float>.Count <= count; i += Vector256<float>.Count)
            {
                var (low, high) = Vector128.Widen(Vector128.WidenLower(Vector64.Load(source + i).ToVector128Unsafe()));
                Vector256.ConvertToSingle(Vector256.Create(low, high).AsInt32()).Store((float*)lanes + i);
            }
        }

        for (; i < count; i++)
            TLanes.WriteScalar(lanes + i * TLanes.ScalarSize, source[i]);
    }
}
