namespace GpuLoss.Kernels.Shape.Device;

/// <summary>A voxel and all around it, numbered in the order of their places: (z·3 + y)·3 + x from the first of them.</summary>
internal static class DeviceNeighbours
{
    /// <summary>Their number.</summary>
    public const int Count = 27;

    /// <summary>The voxel itself.</summary>
    public const int Middle = 13;

    /// <summary>Whether one is in the volume.</summary>
    public static bool IsInside(SkeletonGrid grid, long z, int y, int x, int near)
    {
        var (nearZ, nearY, nearX) = (z + near / 9 - 1, y + near / 3 % 3 - 1, x + near % 3 - 1);
        return nearZ >= 0 && nearZ < grid.Planes && nearY >= 0 && nearY < grid.Rows && nearX >= 0 && nearX < grid.Row;
    }

    /// <summary>How far it is in memory.</summary>
    public static long Step(SkeletonGrid grid, int near) => (near / 9 - 1) * grid.Plane + (near / 3 % 3 - 1) * grid.Row + near % 3 - 1;

    /// <summary>Along how many axes it differs.</summary>
    public static int Axes(int near) => (near / 9 == 1 ? 0 : 1) + (near / 3 % 3 == 1 ? 0 : 1) + (near % 3 == 1 ? 0 : 1);
}
