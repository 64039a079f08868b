using System.Collections.Immutable;

namespace GpuLoss.Kernels.Objective;

/// <summary>Where the elements of a tensor [N, C, *S] or [N, *S] lie, counted in elements.</summary>
/// <param name="Sample">From one sample to the next.</param>
/// <param name="Class">From one class to the next; 0 for labels.</param>
/// <param name="Axes">From one voxel to the next along each spatial axis.</param>
internal readonly record struct TensorStrides(long Sample, long Class, ImmutableArray<long> Axes);

/// <summary>
/// How logits, labels and gradient lie in memory where they are not all contiguous. A voxel has a number, counted through the spatial axes
/// with the last one fastest, and the sums of a loss are taken in the order of these numbers: the same values have the same loss in any
/// layout, bit for bit.
/// </summary>
internal sealed class VolumeLayout
{
    private VolumeLayout(
        ImmutableArray<long> sizes, TensorStrides logits, TensorStrides labels, TensorStrides gradient, TensorStrides mask) =>
        (Sizes, Logits, Labels, Gradient, Mask) = (sizes, logits, labels, gradient, mask);

    /// <summary>The sizes of the spatial axes, at least one. Neighbours are merged where all tensors allow it.</summary>
    public ImmutableArray<long> Sizes { get; }

    /// <summary>Where the logits lie.</summary>
    public TensorStrides Logits { get; }

    /// <summary>Where the labels lie, or the numbers of the target.</summary>
    public TensorStrides Labels { get; }

    /// <summary>Where the gradient lies.</summary>
    public TensorStrides Gradient { get; }

    /// <summary>Where the voxel weights lie; where there are none, as the labels.</summary>
    public TensorStrides Mask { get; }

    /// <summary>
    /// Whether logits and gradient are [N, *S, C] in memory, with the classes of a voxel side by side, and labels are contiguous ("channels
    /// last").
    /// </summary>
    /// <param name="classes">C.</param>
    public bool IsChannelsLast(int classes) =>
        Sizes.Length == 1 && IsChannelsLast(Logits, classes) && IsChannelsLast(Gradient, classes) && Labels.Axes[0] == 1;

    /// <summary>Whether the gradient, which holds every element once, fills one block of memory without gaps.</summary>
    /// <param name="shape">The sizes of the gradient.</param>
    public bool IsGradientDense(LogitsShape shape)
    {
        var last = (shape.Samples - 1) * Gradient.Sample + (shape.Classes - 1) * Gradient.Class;
        for (var axis = 0; axis < Sizes.Length; axis++)
            last += (Sizes[axis] - 1) * Gradient.Axes[axis];
        return last + 1 == shape.Samples * shape.Classes * shape.Voxels;
    }

    /// <summary>The layout of tensors of the same sizes.</summary>
    /// <param name="sizes">The spatial sizes *S.</param>
    /// <param name="logits">One step per entry of <paramref name="sizes"/>.</param>
    /// <param name="labels">Likewise.</param>
    /// <param name="gradient">Likewise; before there is a gradient, the logits'.</param>
    /// <param name="mask">Likewise, or null.</param>
    public static VolumeLayout Of(
        ReadOnlySpan<long> sizes, TensorStrides logits, TensorStrides labels, TensorStrides gradient, TensorStrides? mask = null)
    {
        var weights = mask ?? labels;
        var merged = new List<(long Size, long Logits, long Labels, long Gradient, long Mask)>();
        for (var axis = 0; axis < sizes.Length; axis++)
        {
            if (sizes[axis] == 1)
                continue;
            var next = (
                Size: sizes[axis], Logits: logits.Axes[axis], Labels: labels.Axes[axis], Gradient: gradient.Axes[axis],
                Mask: weights.Axes[axis]);
            if (merged.Count > 0
                && merged[^1].Logits == next.Logits * next.Size
                && merged[^1].Labels == next.Labels * next.Size
                && merged[^1].Gradient == next.Gradient * next.Size
                && merged[^1].Mask == next.Mask * next.Size)
            {
                merged[^1] = next with { Size = next.Size * merged[^1].Size };
            }
            else
            {
                merged.Add(next);
            }
        }

        if (merged.Count == 0)
            merged.Add((1, 1, 1, 1, 1));
        return new VolumeLayout(
            [.. merged.Select(axis => axis.Size)],
            logits with { Axes = [.. merged.Select(axis => axis.Logits)] },
            labels with { Axes = [.. merged.Select(axis => axis.Labels)] },
            gradient with { Axes = [.. merged.Select(axis => axis.Gradient)] },
            weights with { Axes = [.. merged.Select(axis => axis.Mask)] });
    }

    private static bool IsChannelsLast(TensorStrides strides, int classes) => strides.Class == 1 && strides.Axes[0] == classes;
}
