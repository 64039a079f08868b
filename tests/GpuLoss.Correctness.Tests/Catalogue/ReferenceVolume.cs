namespace GpuLossTests;

/// <summary>What a loss is a function of, voxel by voxel, in float64, with torch's own operations and the graph they leave.</summary>
/// <param name="P">Probabilities [N, C, V], 0 where a voxel does not count.</param>
/// <param name="LogP">Their logarithms.</param>
/// <param name="T">1 where a voxel counts and its label is the class, [N, C, V].</param>
/// <param name="Counted">1 where a voxel counts, [N, 1, V].</param>
internal sealed record ReferenceVolume(Tensor P, Tensor LogP, Tensor T, Tensor Counted)
{
    public long Classes => P.shape[1];

    /// <summary>The softmax of logits and the one-hot code of class indices.</summary>
    public static ReferenceVolume Softmax(Tensor logits, Tensor target, long ignore)
    {
        var labels = target.to_type(ScalarType.Int64).reshape([logits.shape[0], 1, -1]);
        var counted = labels.ne(ignore);
        var classes = arange(logits.shape[1], dtype: ScalarType.Int64).reshape([1, -1, 1]);
        var own = labels.eq(classes).logical_and(counted).to_type(ScalarType.Float64);

        // Voxels that do not count are replaced before the softmax: what they hold must not reach a sum.
        var flat = logits.flatten(2);
        var log = torch.nn.functional.log_softmax(where(counted, flat, zeros_like(flat)), 1);
        var mask = counted.to_type(ScalarType.Float64);
        return new(log.exp() * mask, log, own, mask);
    }
}
