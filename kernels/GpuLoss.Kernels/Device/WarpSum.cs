using ILGPU;
using ILGPU.Util;

namespace GpuLoss.Kernels.Device;

/// <summary>Sums over the lanes of a warp, always in the same order.</summary>
internal static class WarpSum
{
    /// <summary>The lanes of a warp.</summary>
    public const int Lanes = 32;

    /// <summary>The number of the warp in its block.</summary>
    public static int Index => Group.IdxX / Lanes;

    /// <summary>The sum over all lanes, in every lane: the partners of a butterfly add the same two numbers.</summary>
    public static float Of(float value) => Across(value, 1, Lanes);

    /// <summary>The sum over all lanes, in every lane.</summary>
    public static int Of(int value) => Across(value, 1, Lanes);

    /// <summary>
    /// The sum over the lanes whose numbers differ in the bits from one power of 2 up to, and without, another: constants, one step for
    /// each.
    /// </summary>
    public static float Across(float value, int from, int to)
    {
        if (from <= 1 && to > 1)
            value += Warp.ShuffleXor(value, 1);
        if (from <= 2 && to > 2)
            value += Warp.ShuffleXor(value, 2);
        if (from <= 4 && to > 4)
            value += Warp.ShuffleXor(value, 4);
        if (from <= 8 && to > 8)
            value += Warp.ShuffleXor(value, 8);
        if (from <= 16 && to > 16)
            value += Warp.ShuffleXor(value, 16);
        return value;
    }

    /// <summary>
    /// Half of the lanes, those whose numbers lack a bit, go on with one value and half with another, each with what the other half has of
    /// it.
    /// </summary>
    public static float Halves(float without, float with, int bit)
    {
        var has = (Warp.LaneIdx & bit) != 0;
        return Utilities.Select(has, with, without) + Warp.ShuffleXor(Utilities.Select(has, without, with), bit);
    }

    /// <summary><see cref="Across(float, int, int)"/> of integers.</summary>
    public static int Across(int value, int from, int to)
    {
        if (from <= 1 && to > 1)
            value += Warp.ShuffleXor(value, 1);
        if (from <= 2 && to > 2)
            value += Warp.ShuffleXor(value, 2);
        if (from <= 4 && to > 4)
            value += Warp.ShuffleXor(value, 4);
        if (from <= 8 && to > 8)
            value += Warp.ShuffleXor(value, 8);
        if (from <= 16 && to > 16)
            value += Warp.ShuffleXor(value, 16);
        return value;
    }
}
