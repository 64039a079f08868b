namespace GpuLoss.Kernels.Device;

/// <summary>What P, and T, sum: p or p². A type, so that a kernel holds the code of one.</summary>
internal interface IProbabilityPower
{
    /// <summary>The summand.</summary>
    TVector Of<TVector>(TVector probability)
        where TVector : unmanaged, IVoxelVector<TVector>;
}

/// <summary>P = Σ p.</summary>
internal struct PlainProbability : IProbabilityPower
{
    /// <inheritdoc/>
    public readonly TVector Of<TVector>(TVector probability)
        where TVector : unmanaged, IVoxelVector<TVector> => probability;
}

/// <summary>P = Σ p².</summary>
internal struct SquaredProbability : IProbabilityPower
{
    /// <inheritdoc/>
    public readonly TVector Of<TVector>(TVector probability)
        where TVector : unmanaged, IVoxelVector<TVector> => probability * probability;
}
