using System.Numerics;
using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host;

namespace GpuLoss.Kernels.Shape;

/// <summary>The sums of a sample and class that centerline Dice is a function of.</summary>
internal enum SkeletonSum
{
    /// <summary>Σ s(p)·t, s the soft skeleton.</summary>
    PredictedInTarget,

    /// <summary>Σ s(p).</summary>
    Predicted,

    /// <summary>Σ s(t)·p.</summary>
    TargetInPrediction,

    /// <summary>Σ s(t).</summary>
    Target,

    /// <summary>I = Σ p·t.</summary>
    Intersection,

    /// <summary>P = Σ p.</summary>
    Prediction,

    /// <summary>T = Σ t.</summary>
    TargetVolume,
}

/// <summary>
/// Soft skeletons (Shit 2021, arXiv 2003.07311, algorithm 1, as MONAI 1.5 computes it) of predictions and target: all iterations in one
/// pass over the volume, forward and backward, by waves of planes. Every sample and class is the work of one thread, so that no bit depends
/// on their number.
/// </summary>
internal static unsafe class SkeletonKernel
{
    /// <summary>The sums of a sample and class.</summary>
    public const int Sums = (int)SkeletonSum.TargetVolume + 1;

    /// <summary>The sums of all samples and classes that count, as <see cref="SkeletonSum"/> orders them.</summary>
    /// <param name="tensors">Predictions and target; all voxels count.</param>
    /// <param name="grid">The voxels of a sample: one to three axes.</param>
    /// <param name="iterations">K: the volume is eroded K times after the first opening.</param>
    /// <param name="sums">Receives [N, C', 7].</param>
    /// <param name="team">The threads.</param>
    /// <typeparam name="T">float or double.</typeparam>
    public static void Forward<T>(ShapeTensors<T> tensors, SpatialGrid grid, int iterations, double* sums, IThreadTeam team)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(grid);
        var volume = SkeletonGrid.Of(grid);

        // Predictions and targets, one after another.
        SharedLoop.ForEach(team, 2L * tensors.Pairs, step =>
        {
            var plane = tensors.Plane((int)(step / 2));
            var own = sums + step / 2 * Sums;
            if (step % 2 == 0)
                OfPrediction(plane, volume, iterations, own);
            else
                OfTarget(plane, volume, iterations, own);
        });
    }

    /// <summary>Writes the gradient with respect to the predictions.</summary>
    /// <param name="tensors">Predictions and target; all voxels count.</param>
    /// <param name="grid">The voxels of a sample: one to three axes.</param>
    /// <param name="iterations">K.</param>
    /// <param name="ofSums">The gradient of the sums, [N, C', 7].</param>
    /// <param name="gradient">Receives it, [N, C, V]; that of a class that does not count is 0.</param>
    /// <param name="team">The threads.</param>
    /// <typeparam name="T">float or double.</typeparam>
    public static void Backward<T>(ShapeTensors<T> tensors, SpatialGrid grid, int iterations, double* ofSums, T* gradient, IThreadTeam team)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        ArgumentNullException.ThrowIfNull(grid);
        var volume = SkeletonGrid.Of(grid);
        SharedLoop.ForEach(team, (long)tensors.Samples * tensors.Classes, step =>
        {
            var (sample, @class) = Math.DivRem((int)step, tensors.Classes);
            var to = gradient + step * tensors.Voxels;
            for (var z = 0L; z < volume.Planes; z++)
                new Span<T>(to + z * volume.Plane, checked((int)volume.Plane)).Clear();
            if (@class < tensors.FirstClass)
                return;
            var own = ofSums + ((long)sample * tensors.CountedClasses + @class - tensors.FirstClass) * Sums;
            var plane = tensors.Plane(sample, @class);
            using (var adjoint = new SkeletonAdjoint<T>(volume, iterations, plane, own[(int)SkeletonSum.PredictedInTarget],
                own[(int)SkeletonSum.Predicted], to))
                adjoint.Run();
            AddDirect(plane, volume, iterations, own, to);
        });
    }

    private static void OfPrediction<T>(ShapePlane<T> plane, SkeletonGrid volume, int iterations, double* own)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        double inTarget = 0, all = 0;
        using var skeleton = new SoftSkeleton<T>(volume, iterations, new(plane.Predictions, volume.Plane, volume.Planes));
        skeleton.Run((z, s) =>
        {
            var (both, sum) = Products(plane, s, z * volume.Plane, volume.Plane);
            (inTarget, all) = (inTarget + both, all + sum);
        });
        (own[(int)SkeletonSum.PredictedInTarget], own[(int)SkeletonSum.Predicted]) = (inTarget, all);
    }

    private static void OfTarget<T>(ShapePlane<T> plane, SkeletonGrid volume, int iterations, double* own)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (var sum = (int)SkeletonSum.TargetInPrediction; sum < Sums; sum++)
            own[sum] = 0;
        using var skeleton = SoftSkeleton<T>.OfTarget(volume, iterations, plane);
        skeleton.Run((z, s) => AddSums(plane, s, z * volume.Plane, volume.Plane, own));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static (double Both, double All) Products<T>(ShapePlane<T> plane, T* skeleton, long first, long count)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        double both = 0, all = 0;
        for (var i = 0L; i < count; i++)
        {
            var s = double.CreateTruncating(skeleton[i]);
            both += s * double.CreateTruncating(plane.Target(first + i));
            all += s;
        }

        return (both, all);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddSums<T>(ShapePlane<T> plane, T* skeleton, long first, long count, double* own)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        double inPrediction = 0, ofSkeleton = 0, intersection = 0, prediction = 0, target = 0;
        for (var i = 0L; i < count; i++)
        {
            var (s, p) = (double.CreateTruncating(skeleton[i]), double.CreateTruncating(plane.Predictions[first + i]));
            var t = double.CreateTruncating(plane.Target(first + i));
            inPrediction += s * p;
            ofSkeleton += s;
            intersection += p * t;
            prediction += p;
            target += t;
        }

        own[(int)SkeletonSum.TargetInPrediction] += inPrediction;
        own[(int)SkeletonSum.Target] += ofSkeleton;
        own[(int)SkeletonSum.Intersection] += intersection;
        own[(int)SkeletonSum.Prediction] += prediction;
        own[(int)SkeletonSum.TargetVolume] += target;
    }

    /// <summary>Adds the slopes of the sums that are linear in p. The skeleton of the target is made again: it was not kept.</summary>
    private static void AddDirect<T>(ShapePlane<T> plane, SkeletonGrid volume, int iterations, double* own, T* gradient)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var ofSkeleton = own[(int)SkeletonSum.TargetInPrediction];
        var (ofTarget, ofAll) = (own[(int)SkeletonSum.Intersection], own[(int)SkeletonSum.Prediction]);
        using var skeleton = SoftSkeleton<T>.OfTarget(volume, iterations, plane);
        skeleton.Run((z, s) =>
        {
            var first = z * volume.Plane;
            for (var i = 0L; i < volume.Plane; i++)
            {
                gradient[first + i] += T.CreateTruncating(
                    ofSkeleton * double.CreateTruncating(s[i]) + ofTarget * double.CreateTruncating(plane.Target(first + i)) + ofAll);
            }
        });
    }
}
