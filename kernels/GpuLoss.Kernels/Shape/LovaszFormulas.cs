using System.Runtime.CompilerServices;

namespace GpuLoss.Kernels.Shape;

/// <summary>What a Lovász loss is made of, for host and device.</summary>
internal static class LovaszFormulas
{
    /// <summary>The error of a voxel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Error(double prediction, bool isOfClass, bool isHinge) => isHinge
        ? isOfClass ? 1 - prediction : 1 + prediction
        : isOfClass ? Math.Abs(1 - prediction) : Math.Abs(prediction);

    /// <summary>
    /// What each voxel of a group of equal errors adds to the Jaccard loss 1 - (G - F) / (G + B): the mean of the orders that take the
    /// voxels of
    /// the class first and last.
    /// </summary>
    /// <param name="ofClass">G, all voxels of the class.</param>
    /// <param name="inside">F, those with larger errors.</param>
    /// <param name="outside">B, other voxels with larger errors.</param>
    /// <param name="members">Voxels of the class in the group.</param>
    /// <param name="others">Other voxels in the group.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (double OfMember, double OfOther) Shares(long ofClass, long inside, long outside, long members, long others)
    {
        // Of an absent class the first wrong voxel makes the whole loss.
        if (ofClass == 0)
            return (0, outside == 0 ? 1.0 / others : 0);
        double union = ofClass + outside;
        var larger = union + others;
        return (0.5 / union + 0.5 / larger, 0.5 * (2 * (ofClass - inside) - members) / (union * larger));
    }

    /// <summary>The loss of a group.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double OfGroup(double error, (double OfMember, double OfOther) shares, long members, long others) =>
        error * (members * shares.OfMember + others * shares.OfOther);

    /// <summary>The slope of a voxel of a group.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Slope((double OfMember, double OfOther) shares, bool isOfClass) => isOfClass ? -shares.OfMember : shares.OfOther;
}
