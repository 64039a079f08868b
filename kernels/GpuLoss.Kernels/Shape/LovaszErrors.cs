using System.Numerics;
using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host;

namespace GpuLoss.Kernels.Shape;

/// <summary>What was found among the errors of a class.</summary>
/// <param name="Kept">Errors more than 0: the others add nothing and have no slope.</param>
/// <param name="OfClass">Voxels of the class.</param>
/// <param name="Voxels">Voxels that count.</param>
/// <param name="HasNaN">Whether an error is not a number.</param>
internal readonly record struct LovaszErrors(long Kept, long OfClass, long Voxels, bool HasNaN)
{
    private const long Chunk = 16384;

    /// <summary>The errors of one class of some samples as entries, in the order of the voxels.</summary>
    public static unsafe LovaszErrors Gather<T, TEntry>(
        ShapeTensors<T> tensors, int firstSample, int samples, int @class, bool isHinge, TEntry* entries, IThreadTeam team)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TEntry : unmanaged, ISortEntry<TEntry>
    {
        var perSample = (tensors.Voxels + Chunk - 1) / Chunk;
        var found = new LovaszErrors[samples * perSample];
        void ForEach(Action<long, ShapePlane<T>, long, long> body) => SharedLoop.ForEach(team, found.Length, chunk =>
        {
            var plane = tensors.Plane(firstSample + (int)(chunk / perSample), tensors.FirstClass + @class);
            var first = chunk % perSample * Chunk;
            body(chunk, plane, first, Math.Min(tensors.Voxels, first + Chunk));
        });
        ForEach((chunk, plane, first, end) => found[chunk] = Look(plane, first, end, isHinge));
        var places = new long[found.Length];
        var total = new LovaszErrors(0, 0, 0, false);
        for (var chunk = 0; chunk < found.Length; chunk++)
        {
            places[chunk] = total.Kept;
            total = new(
                total.Kept + found[chunk].Kept, total.OfClass + found[chunk].OfClass, total.Voxels + found[chunk].Voxels, total.HasNaN
                    | found[chunk].HasNaN);
        }

        if (!total.HasNaN)
        {
            ForEach((chunk, plane, first, end) =>
            {
                var sample = firstSample + chunk / perSample;
                Write(plane, first, end, isHinge, (sample * tensors.CountedClasses + @class) * tensors.Voxels, entries + places[chunk]);
            });
        }

        return total;
    }

    /// <summary>Makes the slopes of the voxels that count no numbers.</summary>
    public static unsafe void SpreadNaN<T>(ShapeTensors<T> tensors, int firstSample, int samples, int @class, T* slopes, IThreadTeam team)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (var sample = firstSample; sample < firstSample + samples; sample++)
        {
            var plane = tensors.Plane(sample, tensors.FirstClass + @class);
            var to = slopes + ((long)sample * tensors.CountedClasses + @class) * tensors.Voxels;
            VoxelChunks.ForEach(team, plane.Voxels, (first, end) =>
            {
                for (var voxel = first; voxel < end; voxel++)
                    to[voxel] = plane.Counts(voxel) ? T.NaN : T.Zero;
            });
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe double Error<T>(ShapePlane<T> plane, long voxel, bool isOfClass, bool isHinge)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        LovaszFormulas.Error(double.CreateTruncating(plane.Predictions[voxel]), isOfClass, isHinge);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static LovaszErrors Look<T>(ShapePlane<T> plane, long first, long end, bool isHinge)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var (kept, ofClass, voxels, hasNaN) = (0L, 0L, 0L, false);
        for (var voxel = first; voxel < end; voxel++)
        {
            if (!plane.Counts(voxel))
                continue;
            var isOfClass = plane.IsOfClass(voxel);
            var error = Error(plane, voxel, isOfClass, isHinge);
            voxels++;
            ofClass += isOfClass ? 1 : 0;
            kept += error > 0 ? 1 : 0;
            hasNaN |= double.IsNaN(error);
        }

        return new(kept, ofClass, voxels, hasNaN);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void Write<T, TEntry>(ShapePlane<T> plane, long first, long end, bool isHinge, long offset, TEntry* entries)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TEntry : unmanaged, ISortEntry<TEntry>
    {
        for (var voxel = first; voxel < end; voxel++)
        {
            if (!plane.Counts(voxel))
                continue;
            var isOfClass = plane.IsOfClass(voxel);
            var error = Error(plane, voxel, isOfClass, isHinge);
            if (error > 0)
                *entries++ = TEntry.Of(error, offset + voxel, isOfClass);
        }
    }
}
