using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>
/// What the kernels read of each class, as scalars of the lane type. What depends on the target linearly has two columns: its value where t
/// = 1, or, for a target of numbers, how much more that is than where t = 0; and its value where t = 0. Stands at one class at a time,
/// first at class 0.
/// </summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal readonly unsafe struct ClassTable<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    private const int Columns = 5;

    private readonly byte* scalars;

    /// <summary>Takes its memory from <paramref name="scratch"/>.</summary>
    public ClassTable(ScratchMemory scratch, int classes)
        : this(scratch.Take<byte>((long)classes * Columns * TLanes.ScalarSize))
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ClassTable(byte* scalars) => this.scalars = scalars;

    /// <summary>dL/dp where t = 1, without its part linear in p.</summary>
    public TLanes SlopeAtOne
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TLanes.BroadcastFrom(scalars);
    }

    /// <summary>dL/dp where t = 0, without its part linear in p.</summary>
    public TLanes SlopeAtZero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TLanes.BroadcastFrom(scalars + TLanes.ScalarSize);
    }

    /// <summary>The factor of p in dL/dp.</summary>
    public TLanes Linear
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TLanes.BroadcastFrom(scalars + 2 * TLanes.ScalarSize);
    }

    /// <summary>With the softmax, the factor of -ln p in the voxel term where t = 1. With the sigmoid, a.</summary>
    public TLanes TermAtOne
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TLanes.BroadcastFrom(scalars + 3 * TLanes.ScalarSize);
    }

    /// <summary>With the softmax, the factor of -ln p in the voxel term where t = 0. With the sigmoid, b.</summary>
    public TLanes TermAtZero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TLanes.BroadcastFrom(scalars + 4 * TLanes.ScalarSize);
    }

    /// <summary>The next class.</summary>
    public ClassTable<TLanes> Next
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(scalars + Columns * TLanes.ScalarSize);
    }

    /// <summary>The scratch bytes of a table.</summary>
    public static long ScratchSize(int classes) => ScratchMemory.SizeOf<byte>((long)classes * Columns * TLanes.ScalarSize);

    /// <summary>A class.</summary>
    public ClassTable<TLanes> At(int @class) => new(scalars + @class * Columns * TLanes.ScalarSize);

    /// <summary>Fills the table.</summary>
    /// <param name="sum">The sum.</param>
    /// <param name="coefficients">The coefficients of a sample, or null in Reduce.</param>
    /// <param name="classes">C.</param>
    /// <param name="isIndices">Whether the target holds class indices.</param>
    /// <param name="hasSeeds">Whether the factors of the voxel term differ from voxel to voxel, and are left out here.</param>
    public void Fill(in HostSum sum, ClassCoefficients* coefficients, int classes, bool isIndices, bool hasSeeds)
    {
        var smoothing = sum.Definition.LabelSmoothing;
        var row = scalars;
        for (var c = 0; c < classes; c++)
        {
            var ofClass = coefficients == null ? default : coefficients[c];
            WriteLine(row, ofClass.Intersection, ofClass.Constant, isIndices);
            TLanes.WriteScalar(row + 2 * TLanes.ScalarSize, ofClass.Linear);
            var factor = coefficients == null || hasSeeds ? 1 : ofClass.VoxelTerm;
            var (positive, negative) = (sum.Positive == null ? 1 : sum.Positive[c], sum.Negative == null ? 1 : sum.Negative[c]);
            if (sum.Definition.Activation == Activation.Softmax)
            {
                WriteLine(row + 3 * TLanes.ScalarSize, factor * positive * (1 - smoothing), factor * positive * smoothing / classes,
                    isIndices);
            }
            else
            {
                TLanes.WriteScalar(row + 3 * TLanes.ScalarSize, factor * positive);
                TLanes.WriteScalar(row + 4 * TLanes.ScalarSize, factor * negative);
            }

            row += Columns * TLanes.ScalarSize;
        }
    }

    private static void WriteLine(byte* columns, double slope, double atZero, bool isIndices)
    {
        TLanes.WriteScalar(columns, isIndices ? slope + atZero : slope);
        TLanes.WriteScalar(columns + TLanes.ScalarSize, atZero);
    }
}
