using ILGPU;
using ILGPU.Util;

namespace GpuLoss.Kernels.Shape.Device;

/// <summary>
/// The sums of blobs on the device. Their voxels have been sorted by blob: a thread adds up a piece of one, and then a thread the pieces of
/// a blob,
/// so that no order of threads matters. Of each pair there is room for the same number of blobs. A grid is (blocks, pairs).
/// </summary>
internal static class DeviceBlobs
{
    /// <summary>The voxels of a piece at most; pieces end at multiples of it.</summary>
    private const int Piece = 512;

    /// <summary>Marks the voxels of the classes.</summary>
    /// <param name="labels">As <see cref="DevicePlanes"/> takes them.</param>
    /// <param name="numbers">Likewise.</param>
    /// <param name="counted">Likewise.</param>
    /// <param name="blobs">Receives [N, C', V]: 1, 0 elsewhere, -1 where a voxel does not count.</param>
    /// <param name="shape">The sizes.</param>
    public static void Mark(
        ArrayView<int> labels, ArrayView<float> numbers, ArrayView<byte> counted, ArrayView<int> blobs, PlaneShape shape)
    {
        var planes = new DevicePlanes(default, labels, numbers, counted, shape);
        var step = (long)Grid.DimX * Group.DimX;
        for (var pair = Grid.IdxY; pair < planes.Pairs; pair += Grid.DimY)
        {
            for (var voxel = (long)Grid.IdxX * Group.DimX + Group.IdxX; voxel < shape.Voxels; voxel += step)
            {
                // C# takes a bool for 1 and 0, and ILGPU takes -1 for a bool where it meets one.
                var isOfClass = Utilities.Select(planes.IsOfClass(pair, voxel), 1, 0);
                blobs[pair * shape.Voxels + voxel] = Utilities.Select(planes.Counts(pair, voxel), isOfClass, -1);
            }
        }
    }

    /// <summary>Adds up the pieces of blobs.</summary>
    /// <param name="predictions">p, [N, C, V].</param>
    /// <param name="sorted">[N, C', V], the blobs of the voxels, rising.</param>
    /// <param name="places">[N, C', V], the voxel of each.</param>
    /// <param name="inside">Receives Σ p of each piece at the place of its first voxel.</param>
    /// <param name="volumes">Receives its Σ p²; or none.</param>
    /// <param name="shape">The sizes.</param>
    public static void Pieces(
        ArrayView<float> predictions, ArrayView<int> sorted, ArrayView<long> places, ArrayView<double> inside, ArrayView<double> volumes,
        PlaneShape shape)
    {
        var planes = new DevicePlanes(predictions, default, default, default, shape);
        var step = (long)Grid.DimX * Group.DimX;
        for (var pair = Grid.IdxY; pair < planes.Pairs; pair += Grid.DimY)
        {
            var first = pair * shape.Voxels;
            for (var i = (long)Grid.IdxX * Group.DimX + Group.IdxX; i < shape.Voxels; i += step)
            {
                var blob = sorted[first + i];
                if (blob < 1 || (i % Piece != 0 && sorted[first + i - 1] == blob))
                    continue;
                var end = Math.Min(shape.Voxels, (i / Piece + 1) * Piece);
                double sum = 0, volume = 0;
                for (var next = i; next < end && sorted[first + next] == blob; next++)
                {
                    double p = planes.Prediction(pair, places[first + next]);
                    sum += p;
                    volume += BlobFormulas.Volume(p, isSquared: true);
                }

                inside[first + i] = sum;
                if (volumes.Length > 0)
                    volumes[first + i] = volume;
            }
        }
    }

    /// <summary>Adds up the blobs.</summary>
    /// <param name="sorted">[N, C', V], the blobs of the voxels, rising.</param>
    /// <param name="inside">What <see cref="Pieces"/> left.</param>
    /// <param name="volumes">Likewise.</param>
    /// <param name="sums">Receives [N, C', most] of Σ p, then of P; after [N, C'] more, of the voxels. All of them are 0 where there is no
    /// blob.</param>
    /// <param name="shape">The sizes.</param>
    /// <param name="most">The room for blobs of a pair.</param>
    public static void Blobs(
        ArrayView<int> sorted, ArrayView<double> inside, ArrayView<double> volumes, ArrayView<double> sums, PlaneShape shape, int most)
    {
        var pairs = shape.Samples * (shape.Classes - shape.FirstClass);
        var all = (long)pairs * most;
        var step = Grid.DimX * Group.DimX;
        for (var pair = Grid.IdxY; pair < pairs; pair += Grid.DimY)
        {
            var first = pair * shape.Voxels;
            for (var i = Grid.IdxX * Group.DimX + Group.IdxX; i < most; i += step)
            {
                var begin = FirstNotBelow(sorted, first, shape.Voxels, i + 1);
                var end = FirstNotBelow(sorted, first, shape.Voxels, i + 2);
                double sum = 0, volume = 0;
                for (var next = begin; next < end; next = (next / Piece + 1) * Piece)
                {
                    sum += inside[first + next];
                    volume += volumes.Length > 0 ? volumes[first + next] : inside[first + next];
                }

                var blob = (long)pair * most + i;
                sums[blob] = sum;
                sums[all + blob] = volume;
                sums[2 * all + pairs + blob] = end - begin;
            }
        }
    }

    /// <summary>Adds up P outside of all blobs.</summary>
    /// <param name="predictions">p, [N, C, V].</param>
    /// <param name="blobs">[N, C', V].</param>
    /// <param name="partials">Receives [N, C', blocks].</param>
    /// <param name="shape">The sizes.</param>
    /// <param name="isSquared">1 for P = Σ p².</param>
    public static void Outside(
        ArrayView<float> predictions, ArrayView<int> blobs, ArrayView<double> partials, PlaneShape shape, int isSquared)
    {
        var planes = new DevicePlanes(predictions, default, default, default, shape);
        var step = (long)Grid.DimX * Group.DimX;
        for (var pair = Grid.IdxY; pair < planes.Pairs; pair += Grid.DimY)
        {
            var ofThread = 0.0;
            for (var voxel = (long)Grid.IdxX * Group.DimX + Group.IdxX; voxel < shape.Voxels; voxel += step)
            {
                if (blobs[pair * shape.Voxels + voxel] == 0)
                    ofThread += BlobFormulas.Volume(planes.Prediction(pair, voxel), isSquared != 0);
            }

            var sum = DeviceSums.OfBlock(ofThread);
            if (Group.IdxX == 0)
                partials[(long)pair * Grid.DimX + Grid.IdxX] = sum;
        }
    }

    /// <summary>Writes the gradient with respect to the predictions.</summary>
    /// <param name="predictions">p, [N, C, V].</param>
    /// <param name="blobs">[N, C', V].</param>
    /// <param name="ofSums">The gradient of the sums, in the order of <see cref="Blobs"/>.</param>
    /// <param name="gradient">Receives [N, C, V]; 0 of a class that does not count.</param>
    /// <param name="shape">The sizes.</param>
    /// <param name="most">The room for blobs of a pair.</param>
    /// <param name="isSquared">1 for P = Σ p².</param>
    public static void Spread(
        ArrayView<float> predictions, ArrayView<int> blobs, ArrayView<double> ofSums, ArrayView<float> gradient, PlaneShape shape, int most,
        int isSquared)
    {
        var counted = shape.Classes - shape.FirstClass;
        var all = (long)shape.Samples * counted * most;
        var step = (long)Grid.DimX * Group.DimX;
        for (var plane = Grid.IdxY; plane < shape.Samples * shape.Classes; plane += Grid.DimY)
        {
            var (sample, @class) = (plane / shape.Classes, plane % shape.Classes - shape.FirstClass);
            var pair = sample * counted + @class;
            for (var voxel = (long)Grid.IdxX * Group.DimX + Group.IdxX; voxel < shape.Voxels; voxel += step)
            {
                var at = plane * shape.Voxels + voxel;
                var slope = 0.0;
                if (@class >= 0)
                {
                    var blob = blobs[pair * shape.Voxels + voxel];
                    var own = (long)pair * most + blob - 1;
                    slope = BlobFormulas.Slope(
                        predictions[at], isSquared != 0, blob, blob > 0 ? ofSums[own] : 0.0,
                        blob > 0 ? ofSums[all + own] : ofSums[2 * all + pair]);
                }

                gradient[at] = (float)slope;
            }
        }
    }

    /// <summary>Where the voxels begin whose blob is not less than a number.</summary>
    private static long FirstNotBelow(ArrayView<int> sorted, long first, long length, int blob)
    {
        var (low, high) = (0L, length);
        while (low < high)
        {
            var middle = low + (high - low) / 2;
            if (sorted[first + middle] < blob)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
