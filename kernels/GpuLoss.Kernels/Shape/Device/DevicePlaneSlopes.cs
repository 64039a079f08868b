using ILGPU;

namespace GpuLoss.Kernels.Shape.Device;

/// <summary>
/// Losses that are known with their slopes by every prediction, on the device: the kernels around the distance transform. A grid is
/// (blocks,
/// pairs), where blocks go on to the pairs beyond a grid's end. Scratch memory holds some pairs at a time, from the pair <c>begin</c> on.
/// </summary>
internal static class DevicePlaneSlopes
{
    /// <summary>Marks the voxels that count and whose target, or prediction, is more than a half.</summary>
    /// <param name="predictions">As <see cref="DevicePlanes"/> takes them.</param>
    /// <param name="labels">Likewise.</param>
    /// <param name="numbers">Likewise.</param>
    /// <param name="counted">Likewise.</param>
    /// <param name="marks">Receives [pairs, V].</param>
    /// <param name="shape">The sizes.</param>
    /// <param name="begin">The first pair.</param>
    /// <param name="ofPrediction">1 for the predictions, 0 for the target.</param>
    public static void Mark(
        ArrayView<float> predictions, ArrayView<int> labels, ArrayView<float> numbers, ArrayView<byte> counted, ArrayView<byte> marks,
        PlaneShape shape, int begin, int ofPrediction)
    {
        var planes = new DevicePlanes(predictions, labels, numbers, counted, shape);
        var pairs = (int)(marks.Length / shape.Voxels);
        for (var i = Grid.IdxY; i < pairs; i += Grid.DimY)
        {
            for (var voxel = First; voxel < shape.Voxels; voxel += Step)
            {
                var isMarked = planes.Counts(begin + i, voxel)
                    && (ofPrediction != 0 ? planes.Prediction(begin + i, voxel) > 0.5f : planes.IsOfClass(begin + i, voxel));
                marks[i * shape.Voxels + voxel] = isMarked ? (byte)1 : (byte)0;
            }
        }
    }

    /// <summary>Writes the part of signed distance maps outside of the classes, or the one inside; 0 where there is no boundary.</summary>
    /// <param name="marks">[pairs, V].</param>
    /// <param name="squared">The squared distances to the voxels (not) marked.</param>
    /// <param name="maps">Receives all pairs.</param>
    /// <param name="offset">Where the first pair begins in them.</param>
    /// <param name="toMarked">1 for the part outside.</param>
    /// <param name="least">The least spacing.</param>
    public static void Sign(
        ArrayView<byte> marks, ArrayView<double> squared, ArrayView<float> maps, long offset, int toMarked, double least)
    {
        for (var voxel = First; voxel < marks.Length; voxel += Step)
        {
            var isInside = marks[voxel] != 0;
            if (isInside == (toMarked == 0))
            {
                var square = squared[voxel];
                maps[offset + voxel] = square == double.PositiveInfinity ? 0f : (float)DistanceFormulas.Signed(square, isInside, least);
            }
        }
    }

    /// <summary>Adds the powers of the distances of the voxels (not) marked.</summary>
    /// <param name="marks">[pairs, V].</param>
    /// <param name="squared">The squared distances to the others.</param>
    /// <param name="distances">Receives all pairs.</param>
    /// <param name="offset">Where the first pair begins in them.</param>
    /// <param name="toMarked">1 for the voxels not marked.</param>
    /// <param name="isFirst">1 where nothing is there yet.</param>
    /// <param name="alpha">The exponent.</param>
    public static void AddPower<TPower>(
        ArrayView<byte> marks, ArrayView<double> squared, ArrayView<float> distances, long offset, int toMarked, int isFirst, double alpha)
        where TPower : struct, IDistancePower
    {
        for (var voxel = First; voxel < marks.Length; voxel += Step)
        {
            if ((marks[voxel] != 0) == (toMarked != 0))
                continue;
            var square = squared[voxel];
            var power = square == double.PositiveInfinity ? 0f : (float)default(TPower).Of(square, alpha);
            distances[offset + voxel] = isFirst != 0 ? power : distances[offset + voxel] + power;
        }
    }

    /// <summary>Adds up every prediction times a number, of the voxels that count.</summary>
    /// <param name="predictions">As <see cref="DevicePlanes"/> takes them.</param>
    /// <param name="labels">Likewise.</param>
    /// <param name="numbers">Likewise.</param>
    /// <param name="counted">Likewise.</param>
    /// <param name="factors">[N, C', V], the numbers.</param>
    /// <param name="partials">Receives [N, C', blocks].</param>
    /// <param name="shape">The sizes.</param>
    public static void Products(
        ArrayView<float> predictions, ArrayView<int> labels, ArrayView<float> numbers, ArrayView<byte> counted, ArrayView<float> factors,
        ArrayView<double> partials, PlaneShape shape)
    {
        var planes = new DevicePlanes(predictions, labels, numbers, counted, shape);
        for (var pair = Grid.IdxY; pair < planes.Pairs; pair += Grid.DimY)
        {
            var sum = 0.0;
            for (var voxel = First; voxel < shape.Voxels; voxel += Step)
            {
                if (planes.Counts(pair, voxel))
                    sum += (double)planes.Prediction(pair, voxel) * factors[pair * shape.Voxels + voxel];
            }

            Leave(partials, pair, sum);
        }
    }

    /// <summary>Makes slopes of distances, and adds up the loss.</summary>
    /// <param name="predictions">As <see cref="DevicePlanes"/> takes them.</param>
    /// <param name="labels">Likewise.</param>
    /// <param name="numbers">Likewise.</param>
    /// <param name="counted">Likewise.</param>
    /// <param name="slopes">[N, C', V], the distances.</param>
    /// <param name="partials">Receives [N, C', blocks].</param>
    /// <param name="shape">The sizes.</param>
    public static void Hausdorff(
        ArrayView<float> predictions, ArrayView<int> labels, ArrayView<float> numbers, ArrayView<byte> counted, ArrayView<float> slopes,
        ArrayView<double> partials, PlaneShape shape)
    {
        var planes = new DevicePlanes(predictions, labels, numbers, counted, shape);
        for (var pair = Grid.IdxY; pair < planes.Pairs; pair += Grid.DimY)
        {
            var sum = 0.0;
            for (var voxel = First; voxel < shape.Voxels; voxel += Step)
            {
                var (at, slope) = (pair * shape.Voxels + voxel, 0f);
                if (planes.Counts(pair, voxel))
                {
                    var error = (double)planes.Prediction(pair, voxel) - planes.Target(pair, voxel);
                    double distance = slopes[at];
                    sum += DistanceFormulas.Hausdorff(error, distance);
                    slope = (float)DistanceFormulas.HausdorffSlope(error, distance);
                }

                slopes[at] = slope;
            }

            Leave(partials, pair, sum);
        }
    }

    /// <summary>Writes the gradient: the slopes times the gradient of their value, 0 for a class that does not count.</summary>
    /// <param name="slopes">[N, C', V].</param>
    /// <param name="ofValues">[R, C'], R = N or 1.</param>
    /// <param name="gradient">Receives [N, C, V].</param>
    /// <param name="shape">The sizes.</param>
    public static void Gradient(ArrayView<float> slopes, ArrayView<double> ofValues, ArrayView<float> gradient, PlaneShape shape)
    {
        var counted = shape.Classes - shape.FirstClass;
        for (var plane = Grid.IdxY; plane < shape.Samples * shape.Classes; plane += Grid.DimY)
        {
            var (sample, @class) = (plane / shape.Classes, plane % shape.Classes - shape.FirstClass);
            var pair = sample * counted + @class;
            var factor = @class < 0 ? 0f : (float)ofValues[ofValues.Length == counted ? @class : pair];
            for (var voxel = First; voxel < shape.Voxels; voxel += Step)
                gradient[plane * shape.Voxels + voxel] = @class < 0 ? 0f : slopes[pair * shape.Voxels + voxel] * factor;
        }
    }

    private static long First => (long)Grid.IdxX * Group.DimX + Group.IdxX;

    private static long Step => (long)Grid.DimX * Group.DimX;

    private static void Leave(ArrayView<double> partials, int pair, double ofThread)
    {
        var sum = DeviceSums.OfBlock(ofThread);
        if (Group.IdxX == 0)
            partials[(long)pair * Grid.DimX + Grid.IdxX] = sum;
    }
}
