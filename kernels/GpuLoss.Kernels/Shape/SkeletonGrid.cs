namespace GpuLoss.Kernels.Shape;

/// <summary>
/// A volume of planes of rows, through which a skeleton goes plane by plane: [Z, Y, X] of three axes, [H, 1, W] of two, so that a plane is
/// a row then, [1, 1, X] of one. An axis of one voxel has no neighbours and changes nothing.
/// </summary>
/// <param name="Planes">Z.</param>
/// <param name="Rows">Y.</param>
/// <param name="Row">X.</param>
internal readonly record struct SkeletonGrid(long Planes, int Rows, int Row)
{
    /// <summary>The grid of a volume.</summary>
    public static SkeletonGrid Of(SpatialGrid grid) => grid.Axes switch
    {
        1 => new(1, 1, checked((int)grid.Size(0))),
        2 => new(grid.Size(0), 1, checked((int)grid.Size(1))),
        3 => new(grid.Size(0), checked((int)grid.Size(1)), checked((int)grid.Size(2))),
        var axes => throw new ArgumentException($"A skeleton is of one to three axes, not {axes}.", nameof(grid)),
    };

    /// <summary>The voxels of a plane.</summary>
    public long Plane => (long)Rows * Row;
}

/// <summary>The last planes of a volume that is made plane by plane.</summary>
/// <typeparam name="T">float or double.</typeparam>
/// <param name="memory">Memory for the planes.</param>
/// <param name="plane">Elements of a plane.</param>
/// <param name="capacity">The planes that are kept; all, where it is their number.</param>
internal readonly unsafe struct PlaneRing<T>(T* memory, long plane, long capacity)
    where T : unmanaged
{
    /// <summary>A plane.</summary>
    public T* this[long z] => memory + z % capacity * plane;

    /// <summary>A plane, or the nearest there is.</summary>
    public T* Clamped(long z, long planes) => this[Math.Clamp(z, 0, planes - 1)];
}
