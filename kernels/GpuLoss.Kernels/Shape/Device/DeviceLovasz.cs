using ILGPU;

namespace GpuLoss.Kernels.Shape.Device;

/// <summary>
/// Lovász losses on the device, a class of one sample or of all samples at a time: the errors, which torch sorts, and then what every voxel
/// adds to
/// the loss in their order. The M voxels of a class are those of its samples one after another.
/// </summary>
internal static class DeviceLovasz
{
    /// <summary>What is counted of a class: its voxels, all voxels, those whose error is no number; then its loss.</summary>
    public const int Counts = 4;

    private const int OfClass = 0;

    private const int Voxels = 1;

    private const int NoNumbers = 2;

    private const int Loss = 3;

    /// <summary>Writes the errors of a class, and counts. A grid is (blocks, samples).</summary>
    /// <param name="predictions">As <see cref="DevicePlanes"/> takes them.</param>
    /// <param name="labels">Likewise.</param>
    /// <param name="numbers">Likewise.</param>
    /// <param name="counted">Likewise.</param>
    /// <param name="errors">Receives [M]: those more than 0, else 0.</param>
    /// <param name="members">Receives [M]: 1 for a voxel of the class.</param>
    /// <param name="slopes">[N, C', V]: those of the class become 0; or none.</param>
    /// <param name="partials">Receives [3, blocks · rows of blocks].</param>
    /// <param name="shape">The sizes.</param>
    /// <param name="begin">The class of the first sample, as a pair.</param>
    /// <param name="isHinge">1 for the hinge.</param>
    public static void Errors(
        ArrayView<float> predictions, ArrayView<int> labels, ArrayView<float> numbers, ArrayView<byte> counted, ArrayView<float> errors,
        ArrayView<byte> members, ArrayView<float> slopes, ArrayView<double> partials, PlaneShape shape, int begin, int isHinge)
    {
        var planes = new DevicePlanes(predictions, labels, numbers, counted, shape);
        var samples = (int)(errors.Length / shape.Voxels);
        var step = (long)Grid.DimX * Group.DimX;
        double ofClass = 0, voxels = 0, noNumbers = 0;
        for (var sample = Grid.IdxY; sample < samples; sample += Grid.DimY)
        {
            var pair = begin + sample * (shape.Classes - shape.FirstClass);
            for (var voxel = (long)Grid.IdxX * Group.DimX + Group.IdxX; voxel < shape.Voxels; voxel += step)
            {
                var (at, error, isMember) = (sample * shape.Voxels + voxel, 0.0, false);
                if (planes.Counts(pair, voxel))
                {
                    isMember = planes.IsOfClass(pair, voxel);
                    error = LovaszFormulas.Error(planes.Prediction(pair, voxel), isMember, isHinge != 0);
                    voxels++;
                    ofClass += isMember ? 1.0 : 0.0;
                    noNumbers += double.IsNaN(error) ? 1.0 : 0.0;
                }

                errors[at] = error > 0 ? (float)error : 0f;
                members[at] = isMember ? (byte)1 : (byte)0;
                if (slopes.Length > 0)
                    slopes[pair * shape.Voxels + voxel] = 0f;
            }
        }

        Leave(partials, OfClass, ofClass);
        Leave(partials, Voxels, voxels);
        Leave(partials, NoNumbers, noNumbers);
    }

    /// <summary>Adds up the loss of sorted errors, each group of equal ones by the thread of its first, and writes the slopes of the
    /// voxels.</summary>
    /// <param name="predictions">As <see cref="DevicePlanes"/> takes them.</param>
    /// <param name="labels">Likewise.</param>
    /// <param name="numbers">Likewise.</param>
    /// <param name="counted">Likewise.</param>
    /// <param name="errors">[M], falling.</param>
    /// <param name="places">[M], the voxel of each.</param>
    /// <param name="inside">[M], the voxels of the class up to each.</param>
    /// <param name="counts">What <see cref="Errors"/> counted.</param>
    /// <param name="slopes">Receives those of the class in [N, C', V]; or none.</param>
    /// <param name="partials">Receives [blocks].</param>
    /// <param name="shape">The sizes.</param>
    /// <param name="begin">The class of the first sample, as a pair.</param>
    public static void Slopes(
        ArrayView<float> predictions, ArrayView<int> labels, ArrayView<float> numbers, ArrayView<byte> counted, ArrayView<float> errors,
        ArrayView<long> places, ArrayView<int> inside, ArrayView<double> counts, ArrayView<float> slopes, ArrayView<double> partials,
        PlaneShape shape, int begin)
    {
        var planes = new DevicePlanes(predictions, labels, numbers, counted, shape);
        var (length, step) = ((int)errors.Length, Grid.DimX * Group.DimX);
        var (ofClass, hasNoNumbers, voxels) = ((long)counts[OfClass], counts[NoNumbers] > 0, (int)shape.Voxels);
        var sum = 0.0;
        for (var i = Grid.IdxX * Group.DimX + Group.IdxX; i < length; i += step)
        {
            var error = errors[i];
            var (sample, voxel) = ((int)places[i] / voxels, (int)places[i] % voxels);
            var pair = begin + sample * (shape.Classes - shape.FirstClass);
            if (hasNoNumbers)
            {
                if (slopes.Length > 0 && planes.Counts(pair, voxel))
                    slopes[pair * shape.Voxels + voxel] = float.NaN;
            }
            else if (error > 0)
            {
                var first = i > 0 && errors[i - 1] == error ? FirstNotAbove(errors, error, 0, i) : i;
                var end = i + 1 < length && errors[i + 1] == error ? FirstBelow(errors, error, i + 1, length) : i + 1;
                long before = first > 0 ? inside[first - 1] : 0;
                var members = inside[end - 1] - before;
                var others = end - first - members;
                var shares = LovaszFormulas.Shares(ofClass, before, first - before, members, others);
                if (first == i)
                    sum += LovaszFormulas.OfGroup(error, shares, members, others);
                if (slopes.Length > 0)
                {
                    var isOfClass = inside[i] > (i > 0 ? inside[i - 1] : 0);
                    slopes[pair * shape.Voxels + voxel] = (float)LovaszFormulas.Slope(shares, isOfClass);
                }
            }
        }

        Leave(partials, 0, sum);
    }

    /// <summary>Writes the value of a class, where it has one.</summary>
    /// <param name="counts">What was counted, and the loss.</param>
    /// <param name="values">Receives the values of all classes.</param>
    /// <param name="counted">Receives 1 for each that has one.</param>
    /// <param name="value">Which it is.</param>
    /// <param name="isWanted">0 where it is not asked for.</param>
    /// <param name="presentOnly">1 where a class without voxels has none.</param>
    public static void Finish(
        ArrayView<double> counts, ArrayView<double> values, ArrayView<double> counted, int value, int isWanted, int presentOnly)
    {
        if (Group.IdxX != 0)
            return;
        var has = isWanted != 0 && counts[Voxels] > 0 && (presentOnly == 0 || counts[OfClass] > 0);
        counted[value] = has ? 1.0 : 0.0;
        values[value] = !has ? 0.0 : counts[NoNumbers] > 0 ? double.NaN : counts[Loss];
    }

    /// <summary>Where the errors that are not larger than one begin.</summary>
    private static int FirstNotAbove(ArrayView<float> errors, float error, int low, int high)
    {
        while (low < high)
        {
            var middle = low + (high - low) / 2;
            if (errors[middle] > error)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    /// <summary>Where the errors that are less than one begin.</summary>
    private static int FirstBelow(ArrayView<float> errors, float error, int low, int high)
    {
        while (low < high)
        {
            var middle = low + (high - low) / 2;
            if (errors[middle] < error)
                high = middle;
            else
                low = middle + 1;
        }

        return low;
    }

    private static void Leave(ArrayView<double> partials, int row, double ofThread)
    {
        var sum = DeviceSums.OfBlock(ofThread);
        if (Group.IdxX == 0)
            partials[(long)row * Grid.DimX * Grid.DimY + Grid.IdxY * Grid.DimX + Grid.IdxX] = sum;
    }
}
