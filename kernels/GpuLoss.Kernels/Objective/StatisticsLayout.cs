namespace GpuLoss.Kernels.Objective;

/// <summary>The sizes every step needs: logits are [Samples, Classes, Voxels], targets [Samples, Voxels].</summary>
/// <param name="Samples">N, the batch size.</param>
/// <param name="Classes">C.</param>
/// <param name="Voxels">The product of the spatial sizes.</param>
internal readonly record struct LogitsShape(int Samples, int Classes, long Voxels);

/// <summary>
/// Where the sums of one reduction lie in a buffer of doubles. A row per sample: I of every class, P of every class, T of every class, the
/// weighted cross-entropy Σ w·(-log p), the number of voxels that count, and that of labels that name no class. Every entry is a sum over
/// voxels, so the statistics of the parts of a volume, or of the ranks of a batch, add up to the statistics of the whole.
/// </summary>
/// <param name="Classes">C.</param>
internal readonly record struct StatisticsLayout(int Classes)
{
    /// <summary>Doubles per sample.</summary>
    public int Stride => 3 * Classes + 3;

    /// <summary>Index of I = Σ p·t.</summary>
    public long Intersection(long sample, int @class) => sample * Stride + @class;

    /// <summary>Index of P = Σ p or Σ p².</summary>
    public long Prediction(long sample, int @class) => sample * Stride + Classes + @class;

    /// <summary>Index of T = Σ t.</summary>
    public long Target(long sample, int @class) => sample * Stride + 2 * Classes + @class;

    /// <summary>Index of Σ w·(-log p) over the voxels that are not ignored, or of another term that is added up voxel by voxel.</summary>
    public long VoxelTerm(long sample) => sample * Stride + 3 * Classes;

    /// <summary>Index of the number of voxels that are not ignored; with voxel weights, the sum of these.</summary>
    public long Voxels(long sample) => sample * Stride + 3 * Classes + 1;

    /// <summary>Index of the number of labels outside 0..C-1 that are not the ignored one, of numbers of the target outside of 0 to 1 where
    /// a loss asks, and of voxel weights that are not finite or negative.</summary>
    public long InvalidLabels(long sample) => sample * Stride + 3 * Classes + 2;
}
