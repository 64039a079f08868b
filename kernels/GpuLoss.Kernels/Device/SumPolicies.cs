using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Device;

/// <summary>From logits to predictions and back. A type, so that a kernel holds the code of one.</summary>
internal interface ISumActivation
{
    /// <summary>Its name.</summary>
    Activation Activation { get; }

    /// <summary>Whether the derivatives of a class are of no other.</summary>
    bool IsApart { get; }

    /// <summary>The prediction of a class.</summary>
    /// <param name="value">The logit; with the softmax its distance from the largest.</param>
    /// <param name="exponential">With the softmax that of the distance.</param>
    /// <param name="softmax">With the softmax what it needs of the other classes.</param>
    Prediction<TVector> Predict<TVector>(TVector value, TVector exponential, SumSoftmax<TVector> softmax)
        where TVector : unmanaged, IVoxelVector<TVector>;

    /// <summary>The derivative by the logit.</summary>
    /// <param name="value">p.</param>
    /// <param name="rest">1 - p.</param>
    /// <param name="overlap">The overlap's by p; with the softmax less its mean.</param>
    /// <param name="term">The voxel term's, as <see cref="SumTerm"/> has it.</param>
    /// <param name="terms">With the softmax those of all classes.</param>
    TVector Derivative<TVector>(TVector value, TVector rest, TVector overlap, TVector term, TVector terms)
        where TVector : unmanaged, IVoxelVector<TVector>;
}

/// <summary>The softmax.</summary>
internal struct SumOfSoftmax : ISumActivation
{
    /// <inheritdoc/>
    public readonly Activation Activation => Activation.Softmax;

    /// <inheritdoc/>
    public readonly bool IsApart => false;

    /// <inheritdoc/>
    public readonly Prediction<TVector> Predict<TVector>(TVector value, TVector exponential, SumSoftmax<TVector> softmax)
        where TVector : unmanaged, IVoxelVector<TVector> =>
        Activations.Softmax(value, exponential, softmax.Others, softmax.Scale, softmax.LogOfSum);

    /// <inheritdoc/>
    public readonly TVector Derivative<TVector>(TVector value, TVector rest, TVector overlap, TVector term, TVector terms)
        where TVector : unmanaged, IVoxelVector<TVector> => value * (overlap + (terms - term)) - rest * term;
}

/// <summary>The sigmoid.</summary>
internal struct SumOfSigmoid : ISumActivation
{
    /// <inheritdoc/>
    public readonly Activation Activation => Activation.Sigmoid;

    /// <inheritdoc/>
    public readonly bool IsApart => true;

    /// <inheritdoc/>
    public readonly Prediction<TVector> Predict<TVector>(TVector value, TVector exponential, SumSoftmax<TVector> softmax)
        where TVector : unmanaged, IVoxelVector<TVector> => Activations.Sigmoid(value);

    /// <inheritdoc/>
    public readonly TVector Derivative<TVector>(TVector value, TVector rest, TVector overlap, TVector term, TVector terms)
        where TVector : unmanaged, IVoxelVector<TVector> => TVector.MultiplyAdd(value * rest, overlap, term);
}

/// <summary>The voxel term. A type too: its formulas are <see cref="VoxelTerm"/>'s, and what a constant γ leaves of them.</summary>
internal interface ISumTerm
{
    /// <summary>The sum that the formulas are asked for.</summary>
    SumDefinition Of(SumRules rules);

    /// <summary>Whether there is one.</summary>
    bool Exists { get; }
}

/// <summary>There is none.</summary>
internal struct NoTerm : ISumTerm
{
    /// <inheritdoc/>
    public readonly SumDefinition Of(SumRules rules) => default;

    /// <inheritdoc/>
    public readonly bool Exists => false;
}

/// <summary>A multiple of -ln p: cross-entropy, also of two sides.</summary>
internal struct LogarithmTerm : ISumTerm
{
    /// <inheritdoc/>
    public readonly SumDefinition Of(SumRules rules) => default;

    /// <inheritdoc/>
    public readonly bool Exists => true;
}

/// <summary>Focal loss with γ = 2.</summary>
internal struct SquareTerm : ISumTerm
{
    /// <inheritdoc/>
    public readonly SumDefinition Of(SumRules rules) => new() { Gamma = 2 };

    /// <inheritdoc/>
    public readonly bool Exists => true;
}

/// <summary>Any γ and ε.</summary>
internal struct PowerTerm : ISumTerm
{
    /// <inheritdoc/>
    public readonly SumDefinition Of(SumRules rules) => new() { Gamma = rules.Gamma, Poly = rules.Poly };

    /// <inheritdoc/>
    public readonly bool Exists => true;
}

/// <summary>The formulas of the voxel term for a class of a thread.</summary>
internal static class SumTerm
{
    /// <summary>Adds the class's share.</summary>
    public static TVector Add<TVector, TActivation, TTerm>(
        SumRules rules, Prediction<TVector> prediction, TVector target, SumFactors factors, TVector term)
        where TVector : unmanaged, IVoxelVector<TVector>
        where TActivation : struct, ISumActivation
        where TTerm : struct, ISumTerm
    {
        if (!default(TTerm).Exists)
            return term;
        var sum = default(TTerm).Of(rules) with { Activation = default(TActivation).Activation };
        return term + VoxelTerm.ValueOfSides(sum, prediction, factors.AtOne(target), factors.AtZero(target));
    }

    /// <summary>Its derivative: with the softmax along -ln p, with the sigmoid along the logit.</summary>
    public static TVector Slope<TVector, TActivation, TTerm>(
        SumRules rules, Prediction<TVector> prediction, TVector target, SumFactors factors)
        where TVector : unmanaged, IVoxelVector<TVector>
        where TActivation : struct, ISumActivation
        where TTerm : struct, ISumTerm
    {
        if (!default(TTerm).Exists)
            return TVector.Broadcast(0f);
        var sum = default(TTerm).Of(rules) with { Activation = default(TActivation).Activation };
        return default(TActivation).Activation == Activation.Softmax
            ? VoxelTerm.SoftmaxSlopeOfSide(sum, prediction, factors.AtOne(target))
            : VoxelTerm.SigmoidSlopeOfSides(sum, prediction, factors.AtOne(target), factors.AtZero(target));
    }
}
