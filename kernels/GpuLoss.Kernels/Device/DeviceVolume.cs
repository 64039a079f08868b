using System.Runtime.InteropServices;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Device;

/// <summary>Where the elements of [N, C, V] lie, counted in vectors of voxels.</summary>
/// <param name="Sample">From one sample to the next.</param>
/// <param name="Class">From one class to the next; 0 for labels.</param>
/// <param name="Voxel">From one vector to the next.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct DeviceStrides(long Sample, long Class, long Voxel)
{
    /// <summary>The strides of single voxels as strides of vectors.</summary>
    internal DeviceStrides InVectors(int width) => width == 1 ? this : new(Sample / width, Class / width, Voxel);

    /// <summary>Whether every vector of neighbouring voxels begins at a multiple of its width.</summary>
    internal bool Allow(int width) => width == 1 || (Voxel == 1 && Sample % width == 0 && Class % width == 0);
}

/// <summary>The sizes and strides of a launch of Reduce or Spread, as a parameter of the kernel.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct DeviceVolume
{
    /// <summary>V in vectors.</summary>
    public long Vectors { get; init; }

    /// <summary>Where the logits lie.</summary>
    public DeviceStrides Logits { get; init; }

    /// <summary>Where the labels lie, in vectors of as many labels.</summary>
    public DeviceStrides Labels { get; init; }

    /// <summary>Where the gradient lies.</summary>
    public DeviceStrides Gradient { get; init; }

    /// <summary>The label of the voxels that do not count. Between the limits of int32, themselves excluded.</summary>
    public long IgnoreIndex { get; init; }

    /// <summary>The element type of the labels, a <see cref="Objective.LabelType"/>.</summary>
    public int LabelType { get; init; }

    /// <summary>C.</summary>
    public int Classes { get; init; }

    /// <summary>Whether the device kernels read a layout in place: one step from voxel to voxel is enough for each tensor.</summary>
    public static bool Takes(VolumeLayout? layout) => layout is null || layout.Sizes.Length == 1;

    /// <summary>Describes single voxels.</summary>
    /// <param name="shape">The sizes.</param>
    /// <param name="layout">The layout, or null where all is contiguous.</param>
    /// <param name="labels">The element type of the labels.</param>
    /// <param name="ignoreIndex">The label of the voxels that do not count. Between the limits of int32, themselves excluded.</param>
    /// <exception cref="ArgumentException">The layout is not one that <see cref="Takes"/> accepts.</exception>
    public static DeviceVolume Of(LogitsShape shape, VolumeLayout? layout, LabelType labels, long ignoreIndex)
    {
        if (!Takes(layout))
            throw new ArgumentException("The voxels do not follow each other at one distance.", nameof(layout));
        var contiguous = new DeviceStrides(shape.Classes * shape.Voxels, shape.Voxels, 1);
        return new DeviceVolume
        {
            Vectors = shape.Voxels,
            Logits = layout is null ? contiguous : Strides(layout.Logits),
            Labels = layout is null ? new(shape.Voxels, 0, 1) : Strides(layout.Labels),
            Gradient = layout is null ? contiguous : Strides(layout.Gradient),
            IgnoreIndex = ignoreIndex,
            LabelType = (int)labels,
            Classes = shape.Classes,
        };
    }

    /// <summary>The same volume in vectors of voxels.</summary>
    public DeviceVolume InVectors(int width) => this with
    {
        Vectors = Vectors / width,
        Logits = Logits.InVectors(width),
        Labels = Labels.InVectors(width),
        Gradient = Gradient.InVectors(width),
    };

    private static DeviceStrides Strides(TensorStrides strides) => new(strides.Sample, strides.Class, strides.Axes[0]);
}
