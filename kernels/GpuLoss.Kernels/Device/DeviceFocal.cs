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
        var log = TVector.Log2(TVector.Max(probability, TVector.Broadcast(LeastProbability)));
        var quotient = log * probability * TVector.Reciprocal(rest);
        var sum = TVector.MultiplyAdd(quotient, TVector.Broadcast(-gamma * DeviceMath.LogOf2), TVector.Broadcast(1f));
        return Power(rest, gamma) * sum;
    }

    private static TVector Power<TVector>(TVector rest, float gamma)
        where TVector : unmanaged, IVoxelVector<TVector> => TVector.Exp2(TVector.Log2(rest) * TVector.Broadcast(gamma));

    /// <summary>q.</summary>
    private static TVector Rest<TVector>(TVector probability)
        where TVector : unmanaged, IVoxelVector<TVector> =>
        TVector.Max(TVector.Broadcast(1f) - probability, TVector.Broadcast(LeastRest));
}
