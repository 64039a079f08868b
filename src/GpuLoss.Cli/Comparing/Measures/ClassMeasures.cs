using GpuLoss.Cli.Volumes;

namespace GpuLoss.Cli.Comparing.Measures;

/// <summary>How well one class was segmented. TP counts voxels in both, P those predicted, T the true ones.</summary>
/// <param name="Dice">2·TP / (P + T); NaN where the class is neither there nor predicted, 0 where it is predicted and not there.</param>
/// <param name="Sensitivity">TP / T, or null where the class is not there.</param>
/// <param name="Precision">TP / P, or null where nothing was predicted.</param>
/// <param name="VolumeError">(P - T) / T: -1 where nothing was predicted, 1 where twice as much as there is; null where the class is not
/// there.</param>
/// <param name="Hausdorff95">The 95 % Hausdorff distance in mm, or null where nothing was predicted or the class is not there.</param>
internal sealed record ClassMeasures(double Dice, double? Sensitivity, double? Precision, double? VolumeError, double? Hausdorff95)
{
    /// <summary>Each measure's mean over the volumes where it is defined.</summary>
    public static ClassMeasures Mean(IReadOnlyList<ClassMeasures> each) => new(
        MeanDice(each.Select(measures => measures.Dice)),
        each.Average(measures => measures.Sensitivity), each.Average(measures => measures.Precision),
        each.Average(measures => measures.VolumeError), each.Average(measures => measures.Hausdorff95));

    /// <summary>The mean of Dice where it is defined; NaN where it is nowhere.</summary>
    public static double MeanDice(IEnumerable<double> dice) =>
        dice.Where(value => !double.IsNaN(value)).DefaultIfEmpty(double.NaN).Average();

    /// <summary>The measures of a class on one volume.</summary>
    public static ClassMeasures Of(LabelledVolume volume, byte[] predicted, byte @class)
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
            inPrediction + inTruth > 0 ? 2 * both / (inPrediction + inTruth) : double.NaN, inTruth > 0 ? both / inTruth : null,
            inPrediction > 0 ? both / inPrediction : null, inTruth > 0 ? (inPrediction - inTruth) / inTruth : null,
            SurfaceDistance.Hausdorff95(volume.Size, volume.Spacing, predicted, volume.Labels, @class));
    }
}
