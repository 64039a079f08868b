namespace GpuLoss.Kernels.Shape;

/// <summary>The voxels of one volume: how many there are along each axis, the last one contiguous, and how far they are apart.</summary>
internal sealed class SpatialGrid
{
    private readonly long[] sizes;
    private readonly double[] spacing;

    /// <summary>A grid.</summary>
    /// <param name="sizes">Voxels along each axis, 1 or more.</param>
    /// <param name="spacing">The distance of neighbours along each axis, finite and more than 0; empty for 1 everywhere.</param>
    /// <exception cref="ArgumentException">A size or a distance is not as described, or there is another number of them.</exception>
    public SpatialGrid(ReadOnlySpan<long> sizes, ReadOnlySpan<double> spacing = default)
    {
        if (sizes.IsEmpty || sizes.ContainsAnyInRange(long.MinValue, 0))
            throw new ArgumentException("A grid has one axis or more, and voxels along each.", nameof(sizes));
        if (!spacing.IsEmpty && spacing.Length != sizes.Length)
            throw new ArgumentException($"spacing must have {sizes.Length} entries, one per axis, not {spacing.Length}.", nameof(spacing));
        foreach (var edge in spacing)
        {
            if (!(edge > 0 && double.IsFinite(edge)))
                throw new ArgumentException($"spacing must be finite and more than 0, not {edge}.", nameof(spacing));
        }

        this.sizes = sizes.ToArray();
        this.spacing = spacing.IsEmpty ? [.. Enumerable.Repeat(1.0, sizes.Length)] : spacing.ToArray();
        Voxels = 1;
        foreach (var size in this.sizes)
            Voxels = checked(Voxels * size);
    }

    /// <summary>The number of axes.</summary>
    public int Axes => sizes.Length;

    /// <summary>The number of voxels.</summary>
    public long Voxels { get; }

    /// <summary>The smallest distance of two voxels.</summary>
    public double LeastSpacing => spacing.Min();

    /// <summary>The voxels along an axis.</summary>
    public long Size(int axis) => sizes[axis];

    /// <summary>The distance of neighbours along an axis.</summary>
    public double Spacing(int axis) => spacing[axis];

    /// <summary>The voxels between neighbours along an axis.</summary>
    public long Stride(int axis)
    {
        var stride = 1L;
        for (var later = axis + 1; later < Axes; later++)
            stride *= sizes[later];
        return stride;
    }
}
