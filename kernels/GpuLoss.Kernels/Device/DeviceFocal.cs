namespace GpuLoss.Kernels.Device;

/// <summary>
/// What focal loss makes of the cross-entropy of each voxel. With p the probability of the own class and q = 1 - p, cross-entropy is
/// multiplied by q^γ, and its gradient by <c>q^γ - γ·q^(γ-1)·p·ln p</c>. Whether there is a γ is the same for all threads: the kernels
/// branch on it.
/// </summary>
internal static class DeviceFocal
{
    /// <summary>
    /// Half of the distance from 1 to the next number: the smallest q that is not 0. With it the quotient of ln p by q stays near 1 where p
    /// is rounded to 1, however the logarithm of that p is rounded; q^γ is then too small for anything to be left of the error.
    /// </summary>
    private const float LeastRest = 1f / (1 << 24);

    /// <summary>Keeps the logarithm finite, so that its product with a probability of 0 is 0.</summary>
    private const float LeastProbability = 1e-30f;

    /// <summary>The factor of cross-entropy.</summary>
    public static TVector Weight<TVector>(TVector probability, float gamma)
        where TVector : unmanaged, IVoxelVector<TVector> => Power(Rest(probability), gamma);

    /// <summary>The factor of the gradient of cross-entropy.</summary>
    public static TVector Slope<TVector>(TVector probability, float gamma)
        where TVector : unmanaged, IVoxelVector<TVector>
    {
        var rest = Rest(probability);
        var log = probability.Max(probability.Broadcast(LeastProbability)).Log2();
        var quotient = log.Multiply(probability).Multiply(rest.Reciprocal());
        var sum = quotient.MultiplyAdd(probability.Broadcast(-gamma * DeviceMath.LogOf2), probability.Broadcast(1f));
        return Power(rest, gamma).Multiply(sum);
    }

    private static TVector Power<TVector>(TVector rest, float gamma)
        where TVector : unmanaged, IVoxelVector<TVector> => rest.Log2().Multiply(rest.Broadcast(gamma)).Exp2();

    /// <summary>q.</summary>
    private static TVector Rest<TVector>(TVector probability)
        where TVector : unmanaged, IVoxelVector<TVector> =>
        probability.Broadcast(1f).Subtract(probability).Max(probability.Broadcast(LeastRest));
}
