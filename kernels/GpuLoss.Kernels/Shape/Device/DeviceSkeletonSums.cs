using ILGPU;

namespace GpuLoss.Kernels.Shape.Device;

/// <summary>The sums of soft skeletons on the device, and their slopes. A grid is (blocks, pairs).</summary>
internal static class DeviceSkeletonSums
{
    /// <summary>Adds up what centerline Dice is a function of, as <see cref="SkeletonSum"/> orders it.</summary>
    /// <param name="predictions">As <see cref="DevicePlanes"/> takes them.</param>
    /// <param name="labels">Likewise.</param>
    /// <param name="numbers">Likewise.</param>
    /// <param name="counted">Likewise.</param>
    /// <param name="ofPrediction">The skeletons of the predictions of some pairs.</param>
    /// <param name="ofTarget">Those of the targets.</param>
    /// <param name="partials">Receives [N, C', 7, blocks].</param>
    /// <param name="shape">The sizes.</param>
    /// <param name="begin">The first pair.</param>
    public static void Sums(
        ArrayView<float> predictions, ArrayView<int> labels, ArrayView<float> numbers, ArrayView<byte> counted,
        ArrayView<float> ofPrediction, ArrayView<float> ofTarget, ArrayView<double> partials, PlaneShape shape, int begin)
    {
        var planes = new DevicePlanes(predictions, labels, numbers, counted, shape);
        var pairs = (int)(ofTarget.Length / shape.Voxels);
        var step = (long)Grid.DimX * Group.DimX;
        for (var i = Grid.IdxY; i < pairs; i += Grid.DimY)
        {
            double predictedInTarget = 0, predicted = 0, targetInPrediction = 0, target = 0, intersection = 0, prediction = 0, volume = 0;
            for (var voxel = (long)Grid.IdxX * Group.DimX + Group.IdxX; voxel < shape.Voxels; voxel += step)
            {
                double p = planes.Prediction(begin + i, voxel), t = planes.Target(begin + i, voxel);
                double ofP = ofPrediction[i * shape.Voxels + voxel], ofT = ofTarget[i * shape.Voxels + voxel];
                predictedInTarget += ofP * t;
                predicted += ofP;
                targetInPrediction += ofT * p;
                target += ofT;
                intersection += p * t;
                prediction += p;
                volume += t;
            }

            Leave(partials, begin + i, (int)SkeletonSum.PredictedInTarget, predictedInTarget);
            Leave(partials, begin + i, (int)SkeletonSum.Predicted, predicted);
            Leave(partials, begin + i, (int)SkeletonSum.TargetInPrediction, targetInPrediction);
            Leave(partials, begin + i, (int)SkeletonSum.Target, target);
            Leave(partials, begin + i, (int)SkeletonSum.Intersection, intersection);
            Leave(partials, begin + i, (int)SkeletonSum.Prediction, prediction);
            Leave(partials, begin + i, (int)SkeletonSum.TargetVolume, volume);
        }
    }

    /// <summary>Makes of what the openings took away the slopes of the loss by it.</summary>
    /// <param name="predictions">As <see cref="DevicePlanes"/> takes them.</param>
    /// <param name="labels">Likewise.</param>
    /// <param name="numbers">Likewise.</param>
    /// <param name="counted">Likewise.</param>
    /// <param name="ofSums">The gradient of the sums, [N, C', 7].</param>
    /// <param name="deltas">[iterations + 1, pairs, V]; receives the slopes.</param>
    /// <param name="shape">The sizes.</param>
    /// <param name="begin">The first pair.</param>
    /// <param name="pairs">Their number.</param>
    /// <param name="iterations">K.</param>
    public static void Slopes(
        ArrayView<float> predictions, ArrayView<int> labels, ArrayView<float> numbers, ArrayView<byte> counted, ArrayView<double> ofSums,
        ArrayView<float> deltas, PlaneShape shape, int begin, int pairs, int iterations)
    {
        var planes = new DevicePlanes(predictions, labels, numbers, counted, shape);
        var (step, level) = ((long)Grid.DimX * Group.DimX, pairs * shape.Voxels);
        for (var i = Grid.IdxY; i < pairs; i += Grid.DimY)
        {
            var first = (begin + i) * (long)SkeletonKernel.Sums;
            var (ofTarget, ofAll) = (ofSums[first + (int)SkeletonSum.PredictedInTarget], ofSums[first + (int)SkeletonSum.Predicted]);
            for (var voxel = (long)Grid.IdxX * Group.DimX + Group.IdxX; voxel < shape.Voxels; voxel += step)
            {
                var at = i * shape.Voxels + voxel;
                var slope = (float)(ofTarget * planes.Target(begin + i, voxel) + ofAll);
                for (var k = iterations; k >= 0; k--)
                {
                    // The skeletons are not kept: each is made again of the deltas, which are there up to this one.
                    var skeleton = 0f;
                    for (var before = 0; before < k; before++)
                        skeleton = before == 0 ? deltas[at] : SkeletonFormulas.Joined(skeleton, deltas[before * level + at]);
                    var delta = deltas[k * level + at];
                    deltas[k * level + at] = SkeletonFormulas.OfDelta(skeleton, delta, slope);
                    slope = SkeletonFormulas.OfSkeleton(skeleton, delta, slope);
                }
            }
        }
    }

    /// <summary>Writes the gradient: the slopes of the skeletons of the predictions, and those of the sums that are linear in p.</summary>
    /// <param name="predictions">As <see cref="DevicePlanes"/> takes them.</param>
    /// <param name="labels">Likewise.</param>
    /// <param name="numbers">Likewise.</param>
    /// <param name="counted">Likewise.</param>
    /// <param name="ofSums">The gradient of the sums, [N, C', 7].</param>
    /// <param name="slopes">The former, of some pairs.</param>
    /// <param name="skeletons">The skeletons of their targets.</param>
    /// <param name="gradient">Receives [N, C, V]; 0 of a class that does not count, with the first that does.</param>
    /// <param name="shape">The sizes.</param>
    /// <param name="begin">The first pair.</param>
    public static void Finish(
        ArrayView<float> predictions, ArrayView<int> labels, ArrayView<float> numbers, ArrayView<byte> counted, ArrayView<double> ofSums,
        ArrayView<float> slopes, ArrayView<float> skeletons, ArrayView<float> gradient, PlaneShape shape, int begin)
    {
        var planes = new DevicePlanes(predictions, labels, numbers, counted, shape);
        var pairs = (int)(slopes.Length / shape.Voxels);
        var step = (long)Grid.DimX * Group.DimX;
        for (var i = Grid.IdxY; i < pairs; i += Grid.DimY)
        {
            var (plane, own) = (planes.Plane(begin + i), (begin + i) * (long)SkeletonKernel.Sums);
            var left = (begin + i) % (shape.Classes - shape.FirstClass) == 0 ? shape.FirstClass : 0;
            for (var voxel = (long)Grid.IdxX * Group.DimX + Group.IdxX; voxel < shape.Voxels; voxel += step)
            {
                var at = i * shape.Voxels + voxel;
                gradient[plane * shape.Voxels + voxel] = slopes[at] + (float)(
                    ofSums[own + (int)SkeletonSum.TargetInPrediction] * skeletons[at]
                    + ofSums[own + (int)SkeletonSum.Intersection] * planes.Target(begin + i, voxel)
                    + ofSums[own + (int)SkeletonSum.Prediction]);
                for (var before = 1; before <= left; before++)
                    gradient[(plane - before) * shape.Voxels + voxel] = 0f;
            }
        }
    }

    private static void Leave(ArrayView<double> partials, int pair, int sum, double ofThread)
    {
        var ofBlock = DeviceSums.OfBlock(ofThread);
        if (Group.IdxX == 0)
            partials[((long)pair * SkeletonKernel.Sums + sum) * Grid.DimX + Grid.IdxX] = ofBlock;
    }
}
