using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>The coefficients of one sample as scalars of the lane type, four per class. Stands at one class at a time, first at class 0.</summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal readonly unsafe struct SlopeTable<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    private const int Columns = 4;

    private readonly byte* scalars;

    /// <summary>Takes its memory from <paramref name="scratch"/>.</summary>
    public SlopeTable(ScratchMemory scratch, int classes)
        : this(scratch.Take<byte>((long)classes * Columns * TLanes.ScalarSize))
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private SlopeTable(byte* scalars) => this.scalars = scalars;

    /// <summary>dL/dp in the voxels of the class, without its linear part.</summary>
    public TLanes Own
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TLanes.BroadcastFrom(scalars);
    }

    /// <summary>dL/dp in the other voxels, without its linear part.</summary>
    public TLanes Other
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

    /// <summary>The factor of the cross-entropy gradient in the voxels of the class.</summary>
    public TLanes CrossEntropy
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TLanes.BroadcastFrom(scalars + 3 * TLanes.ScalarSize);
    }

    /// <summary>The coefficients of the next class.</summary>
    public SlopeTable<TLanes> Next
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(scalars + Columns * TLanes.ScalarSize);
    }

    /// <summary>The scratch bytes of a table.</summary>
    public static long ScratchSize(int classes) => ScratchMemory.SizeOf<byte>((long)classes * Columns * TLanes.ScalarSize);

    /// <summary>Fills the table with the coefficients of a sample.</summary>
    public void Fill(ClassCoefficients* coefficients, int classes)
    {
        var row = scalars;
        for (var c = 0; c < classes; c++)
        {
            TLanes.WriteScalar(row, coefficients[c].Constant + coefficients[c].Intersection);
            TLanes.WriteScalar(row + TLanes.ScalarSize, coefficients[c].Constant);
            TLanes.WriteScalar(row + 2 * TLanes.ScalarSize, coefficients[c].Linear);
            TLanes.WriteScalar(row + 3 * TLanes.ScalarSize, coefficients[c].CrossEntropy);
            row += Columns * TLanes.ScalarSize;
        }
    }
}
