using ILGPU;

namespace GpuLoss.Kernels.Shape.Device;

/// <summary>
/// Soft skeletons on the device (Shit 2021, arXiv 2003.07311, algorithm 1), a launch for each erosion and each opening of many volumes at
/// once.
/// A grid is (blocks of a plane, planes, volumes), where blocks go on to the planes beyond a grid's end.
/// </summary>
internal static class DeviceSkeleton
{
    /// <summary>Writes the predictions or the target of some pairs one after another.</summary>
    /// <param name="predictions">As <see cref="DevicePlanes"/> takes them.</param>
    /// <param name="labels">Likewise.</param>
    /// <param name="numbers">Likewise.</param>
    /// <param name="counted">Likewise.</param>
    /// <param name="level">Receives them.</param>
    /// <param name="shape">The sizes.</param>
    /// <param name="begin">The first pair.</param>
    /// <param name="ofPrediction">1 for the predictions, 0 for the target.</param>
    public static void Source(
        ArrayView<float> predictions, ArrayView<int> labels, ArrayView<float> numbers, ArrayView<byte> counted, ArrayView<float> level,
        PlaneShape shape, int begin, int ofPrediction)
    {
        var planes = new DevicePlanes(predictions, labels, numbers, counted, shape);
        var pairs = (int)(level.Length / shape.Voxels);
        var step = (long)Grid.DimX * Group.DimX;
        for (var i = Grid.IdxY; i < pairs; i += Grid.DimY)
        {
            for (var voxel = (long)Grid.IdxX * Group.DimX + Group.IdxX; voxel < shape.Voxels; voxel += step)
            {
                level[i * shape.Voxels + voxel] =
                    ofPrediction != 0 ? planes.Prediction(begin + i, voxel) : planes.Target(begin + i, voxel);
            }
        }
    }

    /// <summary>The least of every voxel and its neighbours along the axes.</summary>
    /// <param name="level">The volumes.</param>
    /// <param name="eroded">Receives them.</param>
    /// <param name="sources">Receives which it was, the first of equal ones: 0 the voxel itself, 1 and 2 its neighbours along the row, 3
    /// and 4
    /// along the column, 5 and 6 across the planes; or none.</param>
    /// <param name="grid">The sizes of a volume.</param>
    public static void Erode(ArrayView<float> level, ArrayView<float> eroded, ArrayView<byte> sources, SkeletonGrid grid)
    {
        var place = Grid.IdxX * Group.DimX + Group.IdxX;
        var (y, x, plane) = (place / grid.Row, place % grid.Row, grid.Plane);
        for (long z = Grid.IdxY; z < grid.Planes && place < plane; z += Grid.DimY)
        {
            var at = (Grid.IdxZ * grid.Planes + z) * plane + place;
            var (least, source) = (level[at], 0);
            if (x > 0 && level[at - 1] < least)
                (least, source) = (level[at - 1], 1);
            if (x + 1 < grid.Row && level[at + 1] < least)
                (least, source) = (level[at + 1], 2);
            if (y > 0 && level[at - grid.Row] < least)
                (least, source) = (level[at - grid.Row], 3);
            if (y + 1 < grid.Rows && level[at + grid.Row] < least)
                (least, source) = (level[at + grid.Row], 4);
            if (z > 0 && level[at - plane] < least)
                (least, source) = (level[at - plane], 5);
            if (z + 1 < grid.Planes && level[at + plane] < least)
                (least, source) = (level[at + plane], 6);
            eroded[at] = least;
            if (sources.Length > 0)
                sources[at] = (byte)source;
        }
    }

    /// <summary>What an opening takes away of a level, <c>max(0, e - o)</c>, where o is the largest of the 27 around a voxel in the next
    /// one.</summary>
    /// <param name="level">The volumes.</param>
    /// <param name="eroded">The next level.</param>
    /// <param name="deltas">Receives it; or none.</param>
    /// <param name="sources">Receives which was the largest, the first of equal ones: (z·3 + y)·3 + x of its place from the first of them;
    /// or
    /// none.</param>
    /// <param name="skeletons">Receives the skeletons with it; or none.</param>
    /// <param name="isFirst">1 where there are no skeletons yet.</param>
    /// <param name="grid">The sizes of a volume.</param>
    public static void Open(
        ArrayView<float> level, ArrayView<float> eroded, ArrayView<float> deltas, ArrayView<byte> sources, ArrayView<float> skeletons,
        int isFirst, SkeletonGrid grid)
    {
        var place = Grid.IdxX * Group.DimX + Group.IdxX;
        var (y, x, plane) = (place / grid.Row, place % grid.Row, grid.Plane);
        for (long z = Grid.IdxY; z < grid.Planes && place < plane; z += Grid.DimY)
        {
            var at = (Grid.IdxZ * grid.Planes + z) * plane + place;
            var (largest, source) = (float.NegativeInfinity, 0);
            for (var near = 0; near < DeviceNeighbours.Count; near++)
            {
                if (!DeviceNeighbours.IsInside(grid, z, y, x, near))
                    continue;
                var value = eroded[at + DeviceNeighbours.Step(grid, near)];
                if (value > largest)
                    (largest, source) = (value, near);
            }

            var delta = SkeletonFormulas.Excess(level[at], largest);
            if (deltas.Length > 0)
                deltas[at] = delta;
            if (sources.Length > 0)
                sources[at] = (byte)source;
            if (skeletons.Length > 0)
                skeletons[at] = isFirst != 0 ? delta : SkeletonFormulas.Joined(skeletons[at], delta);
        }
    }

    /// <summary>Gathers the slopes by a level: from its own opening, from the dilation of it, and from the erosion of it.</summary>
    /// <param name="ofDelta">The slopes by what its opening took away; none of the last level.</param>
    /// <param name="largest">What <see cref="Open"/> found in it; none for the first level.</param>
    /// <param name="ofDeltaBefore">The slopes by what the opening of the level before took away; none for the first level.</param>
    /// <param name="least">What <see cref="Erode"/> found in it; none of the last level.</param>
    /// <param name="ofEroded">The slopes by the next level; none of the last level.</param>
    /// <param name="slopes">Receives them.</param>
    /// <param name="grid">The sizes of a volume.</param>
    public static void Collect(
        ArrayView<float> ofDelta, ArrayView<byte> largest, ArrayView<float> ofDeltaBefore, ArrayView<byte> least, ArrayView<float> ofEroded,
        ArrayView<float> slopes, SkeletonGrid grid)
    {
        var place = Grid.IdxX * Group.DimX + Group.IdxX;
        var (y, x, plane) = (place / grid.Row, place % grid.Row, grid.Plane);
        for (long z = Grid.IdxY; z < grid.Planes && place < plane; z += Grid.DimY)
        {
            var at = (Grid.IdxZ * grid.Planes + z) * plane + place;
            var slope = ofDelta.Length > 0 ? ofDelta[at] : 0f;
            for (var near = 0; near < DeviceNeighbours.Count && largest.Length > 0; near++)
            {
                if (!DeviceNeighbours.IsInside(grid, z, y, x, near))
                    continue;
                var other = at + DeviceNeighbours.Step(grid, near);
                if (largest[other] == DeviceNeighbours.Count - 1 - near)
                    slope -= ofDeltaBefore[other];
            }

            if (least.Length > 0)
            {
                if (least[at] == 0)
                    slope += ofEroded[at];
                if (x > 0 && least[at - 1] == 2)
                    slope += ofEroded[at - 1];
                if (x + 1 < grid.Row && least[at + 1] == 1)
                    slope += ofEroded[at + 1];
                if (y > 0 && least[at - grid.Row] == 4)
                    slope += ofEroded[at - grid.Row];
                if (y + 1 < grid.Rows && least[at + grid.Row] == 3)
                    slope += ofEroded[at + grid.Row];
                if (z > 0 && least[at - plane] == 6)
                    slope += ofEroded[at - plane];
                if (z + 1 < grid.Planes && least[at + plane] == 5)
                    slope += ofEroded[at + plane];
            }

            slopes[at] = slope;
        }
    }
}
