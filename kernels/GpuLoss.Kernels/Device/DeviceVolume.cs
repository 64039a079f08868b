using System.Runtime.InteropServices;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Device;

/// <summary>Where the elements of [N, C, V] lie, counted in vectors of voxels.</summary>
/// <param name="Sample">From one sample to the next.</param>
/// <param name="Class">From one class to the next; 0 for labels and voxel weights.</param>
/// <param name="Voxel">From one vector to the next.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct DeviceStrides(long Sample, long Class, long Voxel)
{
    /// <summary>The strides of single voxels as strides of vectors.</summary>
    internal DeviceStrides InVectors(int width) => width == 1 ? this : new(Sample / width, Class / width, Voxel);

    /// <summary>Whether every vector of neighbouring voxels begins at a multiple of its width.</summary>
    internal bool Allow(int width) => width == 1 || (Voxel == 1 && Sample % width == 0 && Class % width == 0);

    /// <summary>The index of an element.</summary>
    internal long At(int sample, int @class, long voxel) => sample * Sample + @class * Class + voxel * Voxel;
}

/// <summary>What a launch of Reduce or Spread is told of its tensors, as a parameter of the kernel.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct DeviceVolume
{
    /// <summary>The <see cref="ValueSum"/> of a pass without values.</summary>
    public const int NoValues = -1;

    /// <summary>V in vectors.</summary>
    public long Vectors { get; init; }

    /// <summary>Where the logits lie.</summary>
    public DeviceStrides Logits { get; init; }

    /// <summary>Where the target lies, in vectors of as many labels or numbers.</summary>
    public DeviceStrides Target { get; init; }

    /// <summary>Where the voxel weights lie.</summary>
    public DeviceStrides Mask { get; init; }

    /// <summary>Where the gradient lies.</summary>
    public DeviceStrides Gradient { get; init; }

    /// <summary>The label of the voxels that do not count. Between the limits of int32, themselves excluded.</summary>
    public long IgnoreIndex { get; init; }

    /// <summary>The element type of the labels, a <see cref="Objective.LabelType"/>.</summary>
    public int LabelType { get; init; }

    /// <summary>C.</summary>
    public int Classes { get; init; }

    /// <summary>What the target holds, a <see cref="Objective.TargetKind"/>.</summary>
    public int TargetKind { get; init; }

    /// <summary>1 where numbers outside of 0 to 1 in the target are counted with the invalid labels, and read as 0; else 0.</summary>
    public int ChecksTarget { get; init; }

    /// <summary>What the voxel weights are, a <see cref="Objective.MaskKind"/>.</summary>
    public int MaskKind { get; init; }

    /// <summary>The rows of the plan.</summary>
    public int Sums { get; init; }

    /// <summary>The sum whose voxel term is left unreduced, or <see cref="NoValues"/>.</summary>
    public int ValueSum { get; init; }

    /// <summary>Whether the voxel term of a sum is left unreduced.</summary>
    public bool HasValues => ValueSum != NoValues;

    /// <summary>1 where the unreduced values are [N, C, V], 0 where they are [N, V].</summary>
    public int ValuesPerClass { get; init; }

    /// <summary>How many labels there are: C, or with one class two, for a voxel in it and one that is not.</summary>
    public int LabelClasses { get; init; }

    /// <summary>Whether the device kernels read a layout in place: one step from voxel to voxel is enough for each tensor.</summary>
    public static bool Takes(VolumeLayout? layout) => layout is null || layout.Sizes.Length == 1;

    /// <summary>Whether they read these types.</summary>
    public static bool Takes(TargetKind target, MaskKind mask) =>
        target != Objective.TargetKind.Float64 && mask != Objective.MaskKind.Float64;

    /// <summary>Describes single voxels of a pass with one sum and no values.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="layout">The layout, or null where all is contiguous.</param>
    /// <param name="target">What the target holds.</param>
    /// <param name="label">The element type of class indices.</param>
    /// <param name="ignoreIndex">The label of the voxels that do not count. Between the limits of int32, themselves excluded.</param>
    /// <param name="mask">What the voxel weights are.</param>
    /// <exception cref="ArgumentException">The layout is not one that is taken.</exception>
    public static DeviceVolume Of(
        LogitsShape shape, VolumeLayout? layout, TargetKind target, LabelType label, long ignoreIndex, MaskKind mask)
    {
        if (!Takes(layout))
            throw new ArgumentException("The voxels do not follow each other at one distance.", nameof(layout));
        var ofClasses = new DeviceStrides(shape.Classes * shape.Voxels, shape.Voxels, 1);
        var ofVoxels = new DeviceStrides(shape.Voxels, 0, 1);
        return new DeviceVolume
        {
            Vectors = shape.Voxels,
            Logits = Strides(layout?.Logits, ofClasses),
            Target = Strides(layout?.Labels, target == Objective.TargetKind.Labels ? ofVoxels : ofClasses),
            Mask = Strides(layout?.Mask, ofVoxels),
            Gradient = Strides(layout?.Gradient, ofClasses),
            IgnoreIndex = ignoreIndex,
            LabelType = (int)label,
            Classes = shape.Classes,
            LabelClasses = LabelsOf(shape.Classes),
            TargetKind = (int)target,
            MaskKind = (int)mask,
            Sums = 1,
            ValueSum = NoValues,
        };
    }

    /// <summary>How many labels a number of classes has.</summary>
    public static int LabelsOf(int classes) => Math.Max(2, classes);

    /// <summary>The same volume in vectors of voxels.</summary>
    public DeviceVolume InVectors(int width) => this with
    {
        Vectors = Vectors / width,
        Logits = Logits.InVectors(width),
        Target = Target.InVectors(width),
        Mask = Mask.InVectors(width),
        Gradient = Gradient.InVectors(width),
    };

    /// <summary>The bytes of a label, or of a number of the target.</summary>
    internal int TargetBytes => TargetKind == (int)Objective.TargetKind.Labels
        ? ElementTypes.SizeOf((LabelType)LabelType)
        : ElementTypes.SizeOf((TargetKind)TargetKind);

    /// <summary>The bytes of a voxel weight.</summary>
    internal int MaskBytes => ElementTypes.SizeOf((MaskKind)MaskKind);

    /// <summary>Whether all tensors can be read in vectors.</summary>
    internal bool Allows(int width, DeviceStep step) => Vectors % width == 0 && Logits.Allow(width) && Target.Allow(width)
        && (MaskKind == (int)Objective.MaskKind.None || Mask.Allow(width)) && (step == DeviceStep.Reduce || Gradient.Allow(width));

    /// <summary>Where the unreduced value of a sample, class and single voxel lies.</summary>
    internal long ValueIndex(int sample, int @class, long voxel) =>
        ValuesPerClass != 0 ? ((long)sample * Classes + @class) * Vectors + voxel : sample * Vectors + voxel;

    private static DeviceStrides Strides(TensorStrides? strides, DeviceStrides contiguous) =>
        strides is { } of ? new(of.Sample, of.Class, of.Axes[0]) : contiguous;
}
