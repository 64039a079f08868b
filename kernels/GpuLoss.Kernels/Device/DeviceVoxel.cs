using System.Runtime.InteropServices;
using GpuLoss.Kernels.Objective;
using ILGPU;
using ILGPU.Util;

namespace GpuLoss.Kernels.Device;

/// <summary>A voxel's place in the loss.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DeviceVoxel
{
    /// <summary>Its label, where the target holds labels and the voxel exists.</summary>
    public int Label;

    /// <summary>Its weight; 0 where it does not exist.</summary>
    public float Weight;

    /// <summary>1 where its weight is invalid, or its label and the weight is not 0; else 0.</summary>
    public int IsInvalid;

    /// <summary>Reads a voxel of the grid's sample.</summary>
    public static DeviceVoxel Load(ArrayView<byte> target, ArrayView<byte> mask, long v, DeviceVolume volume)
    {
        var weight = 1f;
        if (volume.MaskKind == (int)MaskKind.Float32)
            weight = mask.Cast<float>()[volume.Mask.At(Grid.IdxY, 0, v)];
        else if (volume.MaskKind != (int)MaskKind.None)
            weight = mask[volume.Mask.At(Grid.IdxY, 0, v)];
        var label = 0;
        if (volume.TargetKind == (int)TargetKind.Labels)
            label = default(DeviceLabels1).Load(target, volume.Target.At(Grid.IdxY, 0, v), volume).Bits;
        var isWeight = weight >= 0f & weight <= float.MaxValue;
        return new DeviceVoxel
        {
            Label = label,
            Weight = Utilities.Select(isWeight & label >= 0, weight, 0f),
            IsInvalid = Utilities.Select(isWeight & (weight == 0f | label != DeviceLabel.Invalid), 0, 1),
        };
    }

    /// <summary>The target of a class, also where it must not be.</summary>
    public readonly float Target(ArrayView<byte> target, long v, int @class, DeviceVolume volume)
    {
        if (volume.TargetKind == (int)TargetKind.Labels)
            return Utilities.Select(Label == (volume.Classes == 1 ? 1 : @class), 1f, 0f);
        var index = volume.Target.At(Grid.IdxY, @class, v);
        if (volume.TargetKind == (int)TargetKind.Float32)
            return target.Cast<float>()[index];
        if (volume.TargetKind == (int)TargetKind.Float16)
            return default(CudaFloat16).Low(target.Cast<short>()[index]);
        return volume.TargetKind == (int)TargetKind.BFloat16 ? default(CudaBFloat16).Low(target.Cast<short>()[index]) : target[index];
    }

    /// <summary>The target of a class, 0 where it must not be what it is.</summary>
    public readonly DeviceReal Probability(ArrayView<byte> target, long v, int @class, DeviceVolume volume)
    {
        var number = Target(target, v, @class, volume);
        return new(Utilities.Select(IsOutside(number, volume), 0f, number));
    }

    /// <summary>Whether the target of a class is a number that it must not be.</summary>
    public static bool IsOutside(float number, DeviceVolume volume) => volume.ChecksTarget != 0 & !(number >= 0f & number <= 1f);
}
