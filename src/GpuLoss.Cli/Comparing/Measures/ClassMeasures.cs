using GpuLoss.Cli.Volumes;

namespace GpuLoss.Cli.Comparing.Measures;

/// <summary>How well one class was segmented. TP counts voxels in both, P those predicted, T the true ones.</summary>
/// <param name="Dice">2·TP / (P + T). A volume in which the class is not, and none of it was predicted, has none; one in which it was predicted has 0.</param>
/// <param name="Sensitivity">TP / T.</param>
/// <param name="Precision">TP / P, or null where nothing was predicted.</param>
/// <param name="VolumeError">(P - T) / T: -1 where nothing was predicted, 1 where twice as much as there is.</param>
/// <param name="Hausdorff95">The 95 % Hausdorff distance in mm, or null where nothing was predicted.</param>
internal sealed record ClassMeasures(double Dice, double Sensitivity, double? Precision, double VolumeError, double? Hausdorff95)
{
    /// <summary>The measures of a class on several volumes, each the mean over the volumes where it is defined.</summary>
    public static ClassMeasures Of(IReadOnlyList<LabelledVolume> volumes, IReadOnlyList<byte[]> predictions, byte @class)
    {
        var each = volumes.Zip(predictions, (volume, predicted) => Of(volume, predicted, @class)).ToList();
        return new ClassMeasures(
            Mean(each, measures => measures.Dice), Mean(each, measures => measures.Sensitivity), each.Average(measures => measures.Precision),
            Mean(each, measures => measures.VolumeError), each.Average(measures => measures.Hausdorff95));
    }

    private static double Mean(IEnumerable<ClassMeasures> each, Func<ClassMeasures, double> measure) =>
        each.Select(measure).Where(value => !double.IsNaN(value)).DefaultIfEmpty(double.NaN).Average();

    /// <summary>The measures on one volume: NaN where the class is not there and a measure not defined.</summary>
    private static ClassMeasures Of(LabelledVolume volume, byte[] predicted, byte @class)
    {
        double both = 0, inPrediction = 0, inTruth = 0;
        for (var voxel = 0; voxel < predicted.Length; voxel++)
        {
            var (isPredicted, isTrue) = (predicted[voxel] == @class, volume.Labels[voxel] == @class);
            inPrediction += isPredicted ? 1 : 0;
            inTruth += isTrue ? 1 : 0;
            both += isPredicted && isTrue ? 1 : 0;
        }

        return new ClassMeasures(
            2 * both / (inPrediction + inTruth), both / inTruth, inPrediction > 0 ? both / inPrediction : null,
            inTruth > 0 ? (inPrediction - inTruth) / inTruth : double.NaN,
            SurfaceDistance.Hausdorff95(volume.Size, volume.Spacing, predicted, volume.Labels, @class));
    }
}
