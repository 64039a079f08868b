using ILGPU;
using ILGPU.Runtime.Cuda;

namespace GpuLoss.Kernels.Shape.Device;

/// <summary>
/// Connected parts on the device: a forest of voxels, in which every voxel knows one that is not behind it in its part, itself at first
/// (Playne and
/// Hawick 2018, A new algorithm for parallel connected-component labelling on GPUs). Whatever the order of threads, the root of a part is
/// its first
/// voxel in the end: minima do not depend on an order.
/// </summary>
internal static class DeviceParts
{
    /// <summary>Makes every voxel of the sets a part of its own.</summary>
    /// <param name="labels">[volumes, V], more than 0 in the set.</param>
    /// <param name="parents">Receives the place of each in its volume, -1 outside.</param>
    /// <param name="voxels">Those of a volume.</param>
    public static void Plant(ArrayView<int> labels, ArrayView<int> parents, long voxels)
    {
        var step = (long)Grid.DimX * Group.DimX;
        for (var at = (long)Grid.IdxX * Group.DimX + Group.IdxX; at < labels.Length; at += step)
            parents[at] = labels[at] > 0 ? (int)(at % voxels) : -1;
    }

    /// <summary>Joins the parts of voxels that are neighbours. A grid is that of <see cref="DeviceSkeleton"/>.</summary>
    /// <param name="parents">The address of int32 [volumes, V], as <see cref="Plant"/> left them; receives another voxel of its part for
    /// each.</param>
    /// <param name="grid">The sizes of a volume.</param>
    /// <param name="connectivity">Along how many axes at once neighbours may differ.</param>
    public static void Link(long parents, SkeletonGrid grid, int connectivity)
    {
        var place = Grid.IdxX * Group.DimX + Group.IdxX;
        var (y, x, plane) = (place / grid.Row, place % grid.Row, grid.Plane);
        var volume = parents + Grid.IdxZ * grid.Planes * plane * sizeof(int);
        for (long z = Grid.IdxY; z < grid.Planes && place < plane; z += Grid.DimY)
        {
            var at = (int)(z * plane) + place;
            if (Load(volume, at) < 0)
                continue;

            // Those behind come to this one themselves.
            for (var near = 0; near < DeviceNeighbours.Middle; near++)
            {
                if (DeviceNeighbours.Axes(near) > connectivity || !DeviceNeighbours.IsInside(grid, z, y, x, near))
                    continue;
                var other = at + (int)DeviceNeighbours.Step(grid, near);
                if (Load(volume, other) >= 0)
                    Join(volume, at, other);
            }
        }
    }

    /// <summary>Finds the first voxel of the part of every voxel.</summary>
    /// <param name="parents">As <see cref="Link"/> left them.</param>
    /// <param name="labels">Receives its place in its volume, plus 1; what is outside of the sets stays.</param>
    /// <param name="voxels">Those of a volume.</param>
    public static void Flatten(ArrayView<int> parents, ArrayView<int> labels, long voxels)
    {
        var step = (long)Grid.DimX * Group.DimX;
        for (var at = (long)Grid.IdxX * Group.DimX + Group.IdxX; at < parents.Length; at += step)
        {
            var (first, root) = (at / voxels * voxels, parents[at]);
            if (root < 0)
                continue;
            while (parents[first + root] != root)
                root = parents[first + root];
            labels[at] = root + 1;
        }
    }

    /// <summary>Makes one tree of two: the later root gets the earlier one for its parent, unless another thread was faster.</summary>
    private static void Join(long volume, int one, int other)
    {
        while (true)
        {
            one = Root(volume, one);
            other = Root(volume, other);
            if (one == other)
                return;
            var (first, last) = (Math.Min(one, other), Math.Max(one, other));
            var before = Lower(volume, last, first);
            if (before == last)
                return;
            (one, other) = (before, first);
        }
    }

    private static int Root(long volume, int voxel)
    {
        var parent = Load(volume, voxel);
        while (parent != voxel)
        {
            voxel = parent;
            parent = Load(volume, voxel);
        }

        return voxel;
    }

    /// <summary>Reads what other threads may write at the same time.</summary>
    private static int Load(long volume, int voxel)
    {
        CudaAsm.Emit("ld.relaxed.gpu.global.s32 %0, [%1];", out int value, volume + (long)voxel * sizeof(int));
        return value;
    }

    /// <summary>Writes the lesser of a number and of what is there.</summary>
    /// <returns>What was there.</returns>
    private static int Lower(long volume, int voxel, int value)
    {
        CudaAsm.Emit("atom.relaxed.gpu.global.min.s32 %0, [%1], %2;", out int before, volume + (long)voxel * sizeof(int), value);
        return before;
    }
}
