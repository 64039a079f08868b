namespace GpuLossTests;

/// <summary>What a loss is a function of, voxel by voxel, in float64, with torch's own operations and the graph they leave.</summary>
/// <param name="P">Probabilities [N, C, V].</param>
/// <param name="LogP">Their logarithms.</param>
/// <param name="LogNotP">The logarithms of 1 - p.</param>
/// <param name="T">1 where the label of a voxel is the class, [N, C, V].</param>
/// <param name="Times">How often a voxel counts, [N, 1, V]: 0 where it is ignored.</param>
internal sealed record ReferenceVolume(Tensor P, Tensor LogP, Tensor LogNotP, Tensor T, Tensor Times)
{
    public long Classes => P.shape[1];

    /// <summary>The softmax of logits and the one-hot code of class indices.</summary>
    public static ReferenceVolume Softmax(Tensor logits, Tensor target, long ignore) => Of(logits, target, ignore, flat =>
    {
        var log = torch.nn.functional.log_softmax(flat, 1);
        return (log.exp(), log, (-log.exp()).log1p());
    });

    /// <summary>The sigmoid of logits, class by class, and the one-hot code of class indices.</summary>
    public static ReferenceVolume Sigmoid(Tensor logits, Tensor target, long ignore) => Of(
        logits, target, ignore, flat => (flat.sigmoid(), torch.nn.functional.logsigmoid(flat), torch.nn.functional.logsigmoid(-flat)));

    private static ReferenceVolume Of(
        Tensor logits, Tensor target, long ignore, Func<Tensor, (Tensor P, Tensor LogP, Tensor LogNotP)> activate)
    {
        var labels = target.to_type(ScalarType.Int64).reshape([logits.shape[0], 1, -1]);
        var counted = labels.ne(ignore);
        var classes = arange(logits.shape[1], dtype: ScalarType.Int64).reshape([1, -1, 1]);

        // Voxels that do not count are replaced before the activation: what they hold must not reach a sum.
        var flat = logits.flatten(2);
        var (p, log, logNot) = activate(where(counted, flat, zeros_like(flat)));
        return new(p, log, logNot, labels.eq(classes).to_type(ScalarType.Float64), counted.to_type(ScalarType.Float64));
    }
}
