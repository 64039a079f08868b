using GpuLoss.Cli.Comparing.Measures;
using GpuLoss.Cli.Training;
using GpuLoss.Cli.Volumes;

namespace GpuLoss.Cli.Comparing.Explaining;

/// <summary>The weight of a class in generalized Dice over the patches of a training.</summary>
/// <param name="Class">The class.</param>
/// <param name="Absent">The part of the patches in which it has no voxel; it then has the largest weight of the others.</param>
/// <param name="Low">The 10th percentile over the patches of w_c / Σ w.</param>
/// <param name="Median">The median.</param>
/// <param name="High">The 90th percentile.</param>
internal sealed record ClassWeightShare(int Class, double Absent, double Low, double Median, double High);

/// <summary>Generalized Dice's weights, w_c = 1 / T_c² of every patch, as a part of their sum.</summary>
internal static class GeneralizedDiceWeights
{
    /// <summary>The weights over patches.</summary>
    public static IReadOnlyList<ClassWeightShare> Over(IReadOnlyList<LabelledVolume> volumes, IEnumerable<PatchPlace> places, int side)
    {
        var counts = places.Select(place => Count(volumes[place.Volume], place, side)).ToList();
        var shares = counts.Select(Shares).ToList();
        return
        [
            .. Enumerable.Range(0, volumes[0].Classes).Select(c =>
            {
                var sorted = shares.Select(share => share[c]).Order().ToArray();
                return new ClassWeightShare(
                    c, counts.Average(count => count[c] == 0 ? 1.0 : 0), SurfaceDistance.PercentileOf(sorted, 0.1),
                    SurfaceDistance.PercentileOf(sorted, 0.5), SurfaceDistance.PercentileOf(sorted, 0.9));
            }),
        ];
    }

    private static double[] Shares(long[] count)
    {
        var largest = count.Where(voxels => voxels > 0).Max(voxels => 1.0 / voxels / voxels);
        var weights = Array.ConvertAll(count, voxels => voxels > 0 ? 1.0 / voxels / voxels : largest);
        var sum = weights.Sum();
        return Array.ConvertAll(weights, weight => weight / sum);
    }

    /// <summary>The voxels of every class in a patch. Beyond the end of a volume smaller than a patch lies background.</summary>
    private static long[] Count(LabelledVolume volume, PatchPlace place, int side)
    {
        var count = new long[volume.Classes];
        var (size, inside) = (volume.Size, 0L);
        for (var z = place.Z; z < Math.Min(place.Z + side, size.Z); z++)
        {
            for (var y = place.Y; y < Math.Min(place.Y + side, size.Y); y++)
            {
                var row = volume.Labels.AsSpan((z * size.Y + y) * size.X + place.X, Math.Min(side, size.X - place.X));
                inside += row.Length;
                foreach (var label in row)
                    count[label]++;
            }
        }

        count[0] += (long)side * side * side - inside;
        return count;
    }
}
