using System.Runtime.InteropServices;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Bench.Gpu;

/// <summary>Logits and labels between numbers and the bytes of their element types.</summary>
internal static class ElementCodec
{
    private const int HalfOfFloat = 16;

    /// <summary>The relative rounding error of a type.</summary>
    public static double Rounding(LogitsType type) => type switch
    {
        LogitsType.Float64 => Math.ScaleB(1, -53),
        LogitsType.Float32 => Math.ScaleB(1, -24),
        LogitsType.Float16 => Math.ScaleB(1, -11),
        _ => Math.ScaleB(1, -8),
    };

    public static byte[] Encode(IEnumerable<double> values, LogitsType type) => type switch
    {
        LogitsType.Float64 => Bytes(values),
        LogitsType.Float32 => Bytes(values.Select(value => (float)value)),
        LogitsType.Float16 => Bytes(values.Select(value => (Half)value)),
        _ => Bytes(values.Select(value => ToBFloat16((float)value))),
    };

    public static double[] Decode(ReadOnlySpan<byte> bytes, LogitsType type) => type switch
    {
        LogitsType.Float64 => MemoryMarshal.Cast<byte, double>(bytes).ToArray(),
        LogitsType.Float32 => Array.ConvertAll(MemoryMarshal.Cast<byte, float>(bytes).ToArray(), value => (double)value),
        LogitsType.Float16 => Array.ConvertAll(MemoryMarshal.Cast<byte, Half>(bytes).ToArray(), value => (double)value),
        _ => Array.ConvertAll(
            MemoryMarshal.Cast<byte, ushort>(bytes).ToArray(), value => (double)BitConverter.Int32BitsToSingle(value << HalfOfFloat)),
    };

    public static byte[] Encode(IEnumerable<long> labels, LabelType type) => type switch
    {
        LabelType.Int64 => Bytes(labels),
        LabelType.Int32 => Bytes(labels.Select(label => (int)label)),
        LabelType.Int16 => Bytes(labels.Select(label => (short)label)),
        LabelType.Int8 => Bytes(labels.Select(label => (sbyte)label)),
        _ => Bytes(labels.Select(label => (byte)label)),
    };

    /// <summary>To the nearest, ties to even.</summary>
    private static ushort ToBFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7FFF + ((bits >> HalfOfFloat) & 1)) >> HalfOfFloat);
    }

    private static byte[] Bytes<T>(IEnumerable<T> values)
        where T : unmanaged => MemoryMarshal.AsBytes<T>(values.ToArray()).ToArray();
}
