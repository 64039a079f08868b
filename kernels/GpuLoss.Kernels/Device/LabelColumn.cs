using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Util;

namespace GpuLoss.Kernels.Device;

/// <summary>
/// What a thread sums of one class over the voxels of that class alone, in shared memory: one addition per voxel at an address that is its label,
/// where sums in registers would take a comparison per voxel and class. There is a column for every thread of a block, so no two ever meet. Behind
/// the C classes come the voxels that are ignored and the invalid ones, whose probabilities nobody reads.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LabelColumn
{
    /// <summary>The columns behind those of the classes.</summary>
    public const int Others = 2;

    private float intersection;
    private int target;

    /// <summary>T.</summary>
    public readonly int Target => target;

    /// <summary>The number of a label's column: C for ignored voxels, C + 1 for invalid ones.</summary>
    public static int Of(int label, int classes) => Utilities.Select(label >= 0, label, classes + DeviceLabel.Ignored - label);

    /// <summary>The sums with another voxel.</summary>
    public readonly LabelColumn Plus(float probability) => new() { intersection = intersection + probability, target = target + 1 };

    /// <summary>Adds I of a warp to its row of shared memory, class after class, and begins anew.</summary>
    internal static void AddIntersections(ArrayView<LabelColumn> columns, ArrayView<double> row, int classes)
    {
        for (var @class = 0; @class < classes; @class++)
        {
            var index = @class * Group.DimX + Group.IdxX;
            var sums = columns[index];
            var ofWarp = DeviceMath.WarpSum(sums.intersection);
            sums.intersection = 0;
            columns[index] = sums;
            if (Warp.IsFirstLane)
                row[@class] += ofWarp;
        }
    }

    /// <summary>The sum of T over the lanes of a warp.</summary>
    internal static int TargetsOfWarp(ArrayView<LabelColumn> columns, int column) =>
        DeviceMath.WarpSum(columns[column * Group.DimX + Group.IdxX].Target);
}
