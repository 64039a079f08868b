using System.Runtime.InteropServices;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Tests.Device;

/// <summary>A segmentation as a device kernel gets it: in given types and a given layout.</summary>
/// <param name="Data">The values.</param>
/// <param name="Width">Voxels per thread and turn.</param>
/// <param name="Type">The type of the logits.</param>
/// <param name="Labels">The type of the labels.</param>
/// <param name="ChannelsLast">Whether logits and gradient are [N, V, C] in memory.</param>
internal sealed record DeviceCase(
    SegmentationCase Data, int Width = 1, LogitsType Type = LogitsType.Float32, LabelType Labels = LabelType.Int64,
    bool ChannelsLast = false)
{
    private VolumeLayout? Layout =>
        ChannelsLast ? VolumeLayout.Of([Data.Voxels], Last, new TensorStrides(Data.Voxels, 0, [1]), Last) : null;

    private TensorStrides Last => new(Data.Classes * Data.Voxels, 1, [Data.Classes]);

    /// <summary>The sizes and strides in single voxels.</summary>
    public DeviceVolume Volume =>
        DeviceVolume.Of(
            new LogitsShape(Data.Samples, Data.Classes, Data.Voxels), Layout, TargetKind.Labels, Labels, Data.IgnoreIndex, MaskKind.None);

    /// <summary>Half of the distance between neighbouring numbers of the type, relative, and the same below the smallest normal
    /// one.</summary>
    public (double Relative, double Absolute) Rounding => Type switch
    {
        LogitsType.BFloat16 => (Math.Pow(2, -8), 0),
        LogitsType.Float16 => (Math.Pow(2, -11), Math.Pow(2, -25)),
        _ => (0, 0),
    };

    /// <summary>The kernel of a step.</summary>
    public DeviceKernel Kernel(DeviceStep step)
    {
        var form = Data.Classes <= DeviceKernelTable.PaddedClasses[^1] ? DeviceForm.Labels : DeviceForm.Loop;
        return new(
            step, form, DeviceKernelTable.ClassesOf(form, Data.Classes), Width, Type,
            Squared: form == DeviceForm.Labels && step == DeviceStep.Reduce && Data.Squared);
    }

    /// <summary>Rounds the logits to the type, so that a reference sees what the kernel sees.</summary>
    public DeviceCase Rounded()
    {
        for (var i = 0; i < Data.Logits.Length; i++)
            Data.Logits[i] = Widen(Narrow(Data.Logits[i]));
        return this;
    }

    /// <summary>The logits as they lie in memory.</summary>
    public byte[] LogitsBytes()
    {
        var (size, result) = (ElementTypes.SizeOf(Type), new byte[Data.Logits.Length * ElementTypes.SizeOf(Type)]);
        for (var i = 0; i < Data.Logits.Length; i++)
        {
            var bits = Narrow(Data.Logits[i]);
            MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref bits, 1))[..size].CopyTo(result.AsSpan(Position(i) * size));
        }

        return result;
    }

    /// <summary>The labels as they lie in memory; a type keeps the bits that it has.</summary>
    public byte[] LabelBytes()
    {
        var (size, result) = (ElementTypes.SizeOf(Labels), new byte[Data.Labels.Length * ElementTypes.SizeOf(Labels)]);
        for (var i = 0; i < Data.Labels.Length; i++)
            MemoryMarshal.AsBytes(Data.Labels.AsSpan(i, 1))[..size].CopyTo(result.AsSpan(i * size));
        return result;
    }

    /// <summary>A gradient from memory as [N, C, V].</summary>
    public float[] Gradient(byte[] bytes)
    {
        var size = ElementTypes.SizeOf(Type);
        return [.. Enumerable.Range(0, Data.Logits.Length).Select(i => Position(i) * size).Select(at =>
            Widen(size == sizeof(uint) ? BitConverter.ToUInt32(bytes, at) : BitConverter.ToUInt16(bytes, at)))];
    }

    /// <summary>Where the element of [N, C, V] with a number lies.</summary>
    private int Position(int index)
    {
        if (!ChannelsLast)
            return index;
        var (sample, rest) = Math.DivRem(index, Data.Classes * Data.Voxels);
        var (@class, voxel) = Math.DivRem(rest, Data.Voxels);
        return (sample * Data.Voxels + voxel) * Data.Classes + @class;
    }

    /// <summary>The bits of a number in the type. BitConverter and System.Half know nothing of the kernels' own conversions.</summary>
    private uint Narrow(float value) => Type switch
    {
        LogitsType.Float16 => BitConverter.HalfToUInt16Bits((Half)value),
        LogitsType.BFloat16 => BitConverter.SingleToUInt32Bits(RoundTo8Bits(value)) >> 16,
        _ => BitConverter.SingleToUInt32Bits(value),
    };

    private float Widen(uint bits) => Type switch
    {
        LogitsType.Float16 => (float)BitConverter.UInt16BitsToHalf((ushort)bits),
        LogitsType.BFloat16 => BitConverter.UInt32BitsToSingle(bits << 16),
        _ => BitConverter.UInt32BitsToSingle(bits),
    };

    private static float RoundTo8Bits(float value)
    {
        var exponent = float.IsFinite(value) && value != 0 ? Math.ILogB(value) : 0;
        return (float)Math.ScaleB(Math.Round(Math.ScaleB(value, 7 - exponent)), exponent - 7);
    }
}
