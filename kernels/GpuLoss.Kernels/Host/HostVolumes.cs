using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>Where the tensors of a call lie.</summary>
/// <param name="arguments">The call.</param>
/// <param name="gradient">The gradient, or null in Reduce.</param>
internal readonly unsafe struct HostVolumes(in HostArguments arguments, void* gradient)
{
    /// <summary>The logits.</summary>
    public readonly HostVolume Logits = Of(
        arguments, arguments.Logits, ElementTypes.SizeOf(arguments.LogitsType), arguments.Shape.Classes, arguments.Layout?.Logits);

    /// <summary>The target.</summary>
    public readonly HostVolume Target = arguments.TargetKind == TargetKind.Labels
        ? Of(arguments, arguments.Target, ElementTypes.SizeOf(arguments.LabelType), 1, arguments.Layout?.Labels)
        : Of(arguments, arguments.Target, ElementTypes.SizeOf(arguments.TargetKind), arguments.Shape.Classes, arguments.Layout?.Labels);

    /// <summary>The voxel weights.</summary>
    public readonly HostVolume Mask = Of(
        arguments, arguments.Mask, ElementTypes.SizeOf(arguments.MaskKind), 1, arguments.Layout?.Mask);

    /// <summary>The gradient.</summary>
    public readonly HostVolume Gradient = Of(
        arguments, gradient, ElementTypes.SizeOf(arguments.LogitsType), arguments.Shape.Classes, arguments.Layout?.Gradient);

    private static HostVolume Of(in HostArguments arguments, void* address, int elementSize, int classes, TensorStrides? strides) =>
        strides is { } given
            ? new HostVolume(address, elementSize, arguments.Layout!.Sizes, given)
            : new HostVolume(address, elementSize, classes, arguments.Shape.Voxels);
}
