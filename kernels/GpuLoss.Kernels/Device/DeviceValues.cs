using ILGPU;

namespace GpuLoss.Kernels.Device;

/// <summary>The voxel term of each voxel, [N, V], which some losses ask for: those that are not reduced, and those of the largest
/// values.</summary>
internal static class DeviceValues
{
    /// <summary>Leaves the values, where the pass has any. All threads of a team come here.</summary>
    /// <param name="values">Receives them.</param>
    /// <param name="volume">Sizes.</param>
    /// <param name="v">Which voxels of the grid's sample.</param>
    /// <param name="exists">Whether they exist.</param>
    /// <param name="scaled">What the classes of this thread add to them, times <see cref="DeviceMath.TermScale"/>.</param>
    public static void Store<TVector, TTeam>(ArrayView<float> values, DeviceVolume volume, long v, bool exists, TVector scaled)
        where TVector : unmanaged, IVoxelVector<TVector>
        where TTeam : struct, IClassTeam
    {
        if (!volume.HasValues)
            return;

        // With the sigmoid a turn has no other sum of a team: what it wrote last must have been read.
        if (default(TTeam).Parts > 1)
            Group.Barrier();
        var value = default(TTeam).Sum(scaled) * TVector.Broadcast(1f / DeviceMath.TermScale);
        if (default(TTeam).Part == 0 && exists)
            values.Cast<TVector>()[Grid.IdxY * volume.Vectors + v] = value;
    }

    /// <summary>What is added to the coefficient of the voxel term, 0 where the pass has no values.</summary>
    /// <param name="seeds">The derivatives by the values.</param>
    /// <param name="volume">Sizes.</param>
    /// <param name="v">Which voxels of the grid's sample.</param>
    public static TVector Seeds<TVector>(ArrayView<float> seeds, DeviceVolume volume, long v)
        where TVector : unmanaged, IVoxelVector<TVector>
    {
        var ofVoxels = TVector.Broadcast(0f);
        if (volume.HasValues)
            ofVoxels = seeds.Cast<TVector>()[Grid.IdxY * volume.Vectors + v];
        return ofVoxels;
    }
}
