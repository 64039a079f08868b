using System.Runtime.InteropServices;
using GpuLoss.Kernels.Objective;
using ILGPU;
using ILGPU.Util;

namespace GpuLoss.Kernels.Device;

/// <summary>What a launch of a general pass is told of its tensors, all of them contiguous, as a parameter of the kernel.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct DeviceGeneralVolume
{
    /// <summary>The <see cref="ValueSum"/> of a pass without values.</summary>
    public const int NoValues = -1;

    /// <summary>How class indices are read; its classes are <see cref="LabelsOf"/>.</summary>
    public DeviceVolume Labels { get; init; }

    /// <summary>V.</summary>
    public long Voxels { get; init; }

    /// <summary>C.</summary>
    public int Classes { get; init; }

    /// <summary>What the target holds, a <see cref="TargetKind"/>: labels, float32 or uint8.</summary>
    public int Target { get; init; }

    /// <summary>1 where numbers outside of 0 to 1 in the target are counted with the invalid labels, and read as 0; else 0.</summary>
    public int ChecksTarget { get; init; }

    /// <summary>What the voxel weights are, a <see cref="MaskKind"/>: none, float32 or uint8.</summary>
    public int Mask { get; init; }

    /// <summary>The rows of the plan.</summary>
    public int Sums { get; init; }

    /// <summary>The sum whose voxel term is left unreduced, or <see cref="NoValues"/>.</summary>
    public int ValueSum { get; init; }

    /// <summary>1 where the unreduced values are [N, C, V], 0 where they are [N, V].</summary>
    public int ValuesPerClass { get; init; }

    /// <summary>Describes the tensors of a pass without values.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="target">What the target holds.</param>
    /// <param name="label">The element type of class indices.</param>
    /// <param name="ignoreIndex">As <see cref="DeviceVolume.IgnoreIndex"/>.</param>
    /// <param name="mask">What the voxel weights are.</param>
    /// <param name="sums">The rows of the plan.</param>
    public static DeviceGeneralVolume Of(
        LogitsShape shape, TargetKind target, LabelType label, long ignoreIndex, MaskKind mask, int sums) => new()
        {
            Labels = DeviceVolume.Of(shape, null, label, ignoreIndex) with { Classes = LabelsOf(shape.Classes) },
            Voxels = shape.Voxels,
            Classes = shape.Classes,
            Target = (int)target,
            Mask = (int)mask,
            Sums = sums,
            ValueSum = NoValues,
        };

    /// <summary>How many labels there are: with one class two, for a voxel in it and one that is not.</summary>
    public static int LabelsOf(int classes) => Math.Max(2, classes);

    /// <summary>Whether the kernels read these types.</summary>
    public static bool Takes(TargetKind target, MaskKind mask) =>
        target is TargetKind.Labels or TargetKind.Float32 or TargetKind.UInt8
            && mask is MaskKind.None or MaskKind.Float32 or MaskKind.UInt8;

    /// <summary>The index of the element of a sample, class and voxel.</summary>
    internal long Element(int sample, int @class, long voxel) => ((long)sample * Classes + @class) * Voxels + voxel;

    /// <summary>Where the unreduced value of a sample, class and voxel lies.</summary>
    internal long ValueIndex(int sample, int @class, long voxel) =>
        ValuesPerClass != 0 ? Element(sample, @class, voxel) : sample * Voxels + voxel;

    /// <summary>The target of a class.</summary>
    internal DeviceReal TargetOf(ArrayView<byte> target, long element, int @class, DeviceGeneralVoxel voxel)
    {
        var number = NumberOf(target, element, @class, voxel);
        return new(Utilities.Select(IsOutside(number), 0f, number));
    }

    /// <summary>The target of a class, also where it must not be.</summary>
    internal float NumberOf(ArrayView<byte> target, long element, int @class, DeviceGeneralVoxel voxel) => Target == (int)TargetKind.Labels
        ? Utilities.Select(voxel.Label == (Classes == 1 ? 1 : @class), 1f, 0f)
        : NumberOf(target, element);

    /// <summary>Whether a target must not be.</summary>
    internal bool IsOutside(float number) => ChecksTarget != 0 & !(number >= 0f & number <= 1f);

    /// <summary>1 where the target of a class is a number that it must not be, else 0.</summary>
    internal int IsInvalid(ArrayView<byte> target, long element) =>
        ChecksTarget == 0 ? 0 : Utilities.Select(IsOutside(NumberOf(target, element)), 1, 0);

    private float NumberOf(ArrayView<byte> target, long element) =>
        Target == (int)TargetKind.Float32 ? target.Cast<float>()[element] : target[element];
}

/// <summary>A voxel's place in the loss.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct DeviceGeneralVoxel
{
    /// <summary>Its label, where the target holds labels and the voxel exists.</summary>
    public int Label;

    /// <summary>Its weight; 0 where it does not exist.</summary>
    public float Weight;

    /// <summary>1 where its weight is invalid, or its label and the weight is not 0; else 0.</summary>
    public int IsInvalid;

    /// <summary>Reads a voxel.</summary>
    /// <param name="target">Of labels [N, V].</param>
    /// <param name="mask">[N, V].</param>
    /// <param name="index">In both.</param>
    /// <param name="volume">The types.</param>
    public static DeviceGeneralVoxel Load(ArrayView<byte> target, ArrayView<byte> mask, long index, DeviceGeneralVolume volume)
    {
        var weight = 1f;
        if (volume.Mask == (int)MaskKind.Float32)
            weight = mask.Cast<float>()[index];
        else if (volume.Mask == (int)MaskKind.UInt8)
            weight = mask[index];
        var label = 0;
        if (volume.Target == (int)TargetKind.Labels)
            label = default(DeviceLabels1).Load(target, index, volume.Labels).Bits;
        var isWeight = weight >= 0f & weight <= float.MaxValue;
        return new DeviceGeneralVoxel
        {
            Label = label,
            Weight = Utilities.Select(isWeight & label >= 0, weight, 0f),
            IsInvalid = Utilities.Select(isWeight & (weight == 0f | label != DeviceLabel.Invalid), 0, 1),
        };
    }
}
