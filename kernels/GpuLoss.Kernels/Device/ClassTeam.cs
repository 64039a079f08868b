using ILGPU;

namespace GpuLoss.Kernels.Device;

/// <summary>
/// Who has the classes of a voxel: one thread all of them, or the warps of a block a part each, lane by lane the same voxels. A type, so
/// that a kernel knows what it can.
/// </summary>
internal interface IClassTeam
{
    /// <summary>The parts of the classes, a constant.</summary>
    int Parts { get; }

    /// <summary>The part of this thread.</summary>
    int Part { get; }

    /// <summary>The vectors of voxels that a block has at a time.</summary>
    int Voxels { get; }

    /// <summary>Which of them this thread has.</summary>
    int Voxel { get; }

    /// <summary>Whether this thread takes another turn. A team meets at barriers: its threads take as many turns as the one that has
    /// most.</summary>
    bool GoesOn(long voxel, long end);

    /// <summary>Whether a voxel of a turn exists.</summary>
    bool Exists(long voxel, long end);

    /// <summary>The largest of what the team has.</summary>
    TVector Max<TVector>(TVector ofPart)
        where TVector : unmanaged, IVoxelVector<TVector>;

    /// <summary>The sum of what the team has, in the order of the classes.</summary>
    TVector Sum<TVector>(TVector ofPart)
        where TVector : unmanaged, IVoxelVector<TVector>;
}

/// <summary>A thread has all classes of its voxels.</summary>
internal struct AllClasses : IClassTeam
{
    /// <inheritdoc/>
    public readonly int Parts => 1;

    /// <inheritdoc/>
    public readonly int Part => 0;

    /// <inheritdoc/>
    public readonly int Voxels => Group.DimX;

    /// <inheritdoc/>
    public readonly int Voxel => Group.IdxX;

    /// <inheritdoc/>
    public readonly bool GoesOn(long voxel, long end) => voxel < end;

    /// <inheritdoc/>
    public readonly bool Exists(long voxel, long end) => true;

    /// <inheritdoc/>
    public readonly TVector Max<TVector>(TVector ofPart)
        where TVector : unmanaged, IVoxelVector<TVector> => ofPart;

    /// <inheritdoc/>
    public readonly TVector Sum<TVector>(TVector ofPart)
        where TVector : unmanaged, IVoxelVector<TVector> => ofPart;
}

/// <summary>One warp more than another team has: <c>AnotherPart&lt;AnotherPart&lt;AllClasses&gt;&gt;</c> are three.</summary>
/// <typeparam name="TOthers">The other team.</typeparam>
internal struct AnotherPart<TOthers> : IClassTeam
    where TOthers : struct, IClassTeam
{
    /// <inheritdoc/>
    public readonly int Parts => default(TOthers).Parts + 1;

    /// <inheritdoc/>
    public readonly int Part => WarpSum.Index;

    /// <inheritdoc/>
    public readonly int Voxels => WarpSum.Lanes;

    /// <inheritdoc/>
    public readonly int Voxel => Warp.LaneIdx;

    /// <inheritdoc/>
    public readonly bool GoesOn(long voxel, long end) => voxel - Warp.LaneIdx < end;

    /// <inheritdoc/>
    public readonly bool Exists(long voxel, long end) => voxel < end;

    /// <inheritdoc/>
    public readonly TVector Max<TVector>(TVector ofPart)
        where TVector : unmanaged, IVoxelVector<TVector>
    {
        // Every call of this method has memory of its own, so that nobody writes here before all have met at the barrier of another call.
        var parts = SharedMemory.Allocate1D<TVector>((default(TOthers).Parts + 1) * WarpSum.Lanes);
        parts[Group.IdxX] = ofPart;
        Group.Barrier();
        var largest = parts[Warp.LaneIdx];
        for (var part = 1; part < Parts; part++)
            largest = TVector.Max(largest, parts[part * WarpSum.Lanes + Warp.LaneIdx]);
        return largest;
    }

    /// <inheritdoc/>
    public readonly TVector Sum<TVector>(TVector ofPart)
        where TVector : unmanaged, IVoxelVector<TVector>
    {
        var parts = SharedMemory.Allocate1D<TVector>((default(TOthers).Parts + 1) * WarpSum.Lanes);
        parts[Group.IdxX] = ofPart;
        Group.Barrier();
        var sum = parts[Warp.LaneIdx];
        for (var part = 1; part < Parts; part++)
            sum += parts[part * WarpSum.Lanes + Warp.LaneIdx];
        return sum;
    }
}
