using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Util;

namespace GpuLoss.Kernels.Device;

/// <summary>
/// What a thread sums of one class over the voxels of that class alone, in shared memory: one addition per voxel at an address that is its
/// label, where sums in registers would take a comparison per voxel and class. There is a column for every thread of a block, so no two
/// ever meet. Behind the C classes come the voxels that are ignored and the invalid ones, whose probabilities nobody reads.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LabelColumn
{
    /// <summary>The columns behind those of the classes.</summary>
    public const int Others = 2;

    // The bits of a float32: one access moves two integers.
    private int intersection;
    private int target;

    /// <summary>I.</summary>
    public readonly float Intersection => Interop.IntAsFloat((uint)intersection);

    /// <summary>T.</summary>
    public readonly int Target => target;

    /// <summary>The number of a label's column: C for ignored voxels, C + 1 for invalid ones.</summary>
    public static int Of(int label, int classes) => Utilities.Select(label >= 0, label, classes + DeviceLabel.Ignored - label);

    /// <summary>The sums with those of another thread.</summary>
    public readonly LabelColumn Plus(LabelColumn other) => new()
    {
        intersection = (int)Interop.FloatAsInt(Intersection + other.Intersection),
        target = target + other.target,
    };

    /// <summary>The sums with another voxel.</summary>
    public readonly LabelColumn Plus(float probability) =>
        new() { intersection = (int)Interop.FloatAsInt(Intersection + probability), target = target + 1 };
}

/// <summary>The columns of two neighbouring threads, which one access moves.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LabelColumnPair
{
    private LabelColumn first;
    private LabelColumn second;

    /// <summary>The sums of both threads.</summary>
    public static LabelColumn Sum(LabelColumnPair pair) => pair.first.Plus(pair.second);
}

/// <summary>
/// The columns that a lane adds up: those of one class, the number of its lowest bits, of all threads of its warp or, with few classes, of
/// a part of them. It goes over them in an order of its own, so that no two lanes ask the same bank of the memory.
/// </summary>
internal readonly struct LabelColumnShare
{
    private readonly int ofClass;
    private readonly int begin;
    private readonly int turn;

    /// <summary>The share of this lane.</summary>
    /// <param name="first">The column of the first lane.</param>
    /// <param name="pairsOfRow">The pairs of columns of a class.</param>
    /// <param name="span">The smallest power of 2 that is not less than C, a constant.</param>
    public LabelColumnShare(int first, int pairsOfRow, int span)
    {
        var lanes = Lanes(span);
        ofClass = Warp.LaneIdx & (lanes - 1);
        begin = ofClass * pairsOfRow + (first + (Warp.LaneIdx & -lanes)) / 2;
        turn = ofClass & (Pairs(span) - 1);
    }

    /// <summary>Begins anew.</summary>
    public void Clear(ArrayView<LabelColumnPair> pairs, int classes, int span)
    {
        for (var i = 0; ofClass < classes && i < Pairs(span); i++)
            pairs[begin + (i ^ turn)] = default;
    }

    /// <summary>I and T of the lane's class over the threads of its warp. Nobody may write the columns meanwhile.</summary>
    public (float Intersection, int Target) Sum(ArrayView<LabelColumnPair> pairs, int classes, int span)
    {
        var (intersection, target) = (0f, 0);
        for (var i = 0; ofClass < classes && i < Pairs(span); i += 4)
        {
            var (four, turnOfFour) = (begin + (i ^ (turn & ~3)), turn & 3);
            var sum = LabelColumnPair.Sum(pairs[four + turnOfFour]);
            if (Pairs(span) > 1)
                sum = sum.Plus(LabelColumnPair.Sum(pairs[four + (1 ^ turnOfFour)]));
            if (Pairs(span) > 2)
                sum = sum.Plus(LabelColumnPair.Sum(pairs[four + (2 ^ turnOfFour)])
                    .Plus(LabelColumnPair.Sum(pairs[four + (3 ^ turnOfFour)])));
            intersection += sum.Intersection;
            target += sum.Target;
        }

        return (WarpSum.Across(intersection, Lanes(span), WarpSum.Lanes), WarpSum.Across(target, Lanes(span), WarpSum.Lanes));
    }

    /// <summary>The lanes that go over the columns of the same threads: a pair at least for each.</summary>
    private static int Lanes(int span) => span + (span & 1);

    private static int Pairs(int span) => Lanes(span) / 2;
}
