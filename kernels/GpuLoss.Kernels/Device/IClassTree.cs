using ILGPU;

namespace GpuLoss.Kernels.Device;

/// <summary>Which of the sums of a class.</summary>
internal enum ClassSum
{
    /// <summary>I.</summary>
    Intersection,

    /// <summary>P.</summary>
    Prediction,

    /// <summary>T.</summary>
    Target,
}

/// <summary>
/// The classes of a thread's voxels, in registers, with the sums that belong to them. A tree of structs instead of an array: every method
/// inlines down to the leaves and the index of a class becomes a constant. Where C is not known to a kernel its tree may have leaves that
/// do not exist, whose logits are read as -infinity and whose targets and factors are 0. With class indices a voxel belongs to one class,
/// which is told by a comparison; otherwise a leaf has a target too.
/// </summary>
/// <typeparam name="TVector">The voxels of a thread.</typeparam>
internal interface IClassTree<TVector>
    where TVector : unmanaged, IVoxelVector<TVector>
{
    /// <summary>The number of leaves.</summary>
    int Count { get; }

    /// <summary>The smallest power of 2 that is not less.</summary>
    int Span { get; }

    /// <summary>Sets the sums to 0.</summary>
    void Clear();

    /// <summary>Loads the logits of classes <paramref name="class"/> and up. A stride is in bytes.</summary>
    void Load<TLogits>(TLogits logits, long address, long stride, int @class, int classes)
        where TLogits : struct, ILogitsMemory<TVector>;

    /// <summary>Sets the logits of voxels that do not count to 0, whatever they were.</summary>
    void Select(TVector labels);

    /// <summary>The largest logit.</summary>
    TVector Largest(TVector largest);

    /// <summary>
    /// A sum, added up over the lanes of a warp whose numbers agree in their lowest bits, those that a <see cref="Span"/> has. They are the
    /// class.
    /// </summary>
    float Fold(ClassSum sum);

    /// <summary>With class indices: the value of each voxel's own class.</summary>
    TVector OfLabel(TVector labels, TVector found, int @class);

    /// <summary>With class indices: replaces the logits by exponentials of their distance from the largest and adds those to
    /// <paramref name="sum"/>.</summary>
    TVector Exponentiate(TVector largest, TVector sum);

    /// <summary>With class indices: adds the probabilities to P.</summary>
    void AddPredictions<TPower>(TVector scale)
        where TPower : struct, IProbabilityPower;

    /// <summary>With class indices: replaces the exponentials by probabilities.</summary>
    void Scale(TVector scale);

    /// <summary>With class indices: adds Σ p·g to <paramref name="mean"/>.</summary>
    TVector Mean(TVector labels, ArrayView<DeviceCoefficients> coefficients, TVector mean, int @class, int classes);

    /// <summary>With class indices: adds Σ p·(g - mean) to <paramref name="rest"/>.</summary>
    TVector Rest(TVector labels, ArrayView<DeviceCoefficients> coefficients, TVector mean, TVector rest, int @class, int classes);

    /// <summary>With class indices: writes the gradient, p·(g - mean + shift), less the cross-entropy coefficient in a voxel's own
    /// class.</summary>
    void Store<TLogits>(
        TLogits gradient, long address, long stride, TVector labels, ArrayView<DeviceCoefficients> coefficients, TVector mean,
        TVector shift, TVector crossEntropy, int @class, int classes)
        where TLogits : struct, ILogitsMemory<TVector>;

    /// <summary>Makes targets of class indices.</summary>
    void TakeTargets(TVector labels, int @class);

    /// <summary>Loads targets, from the first element on.</summary>
    void LoadTargets<TElement, TCodec>(ArrayView<TElement> target, long stride, int @class, int classes)
        where TElement : unmanaged
        where TCodec : struct, INumberCodec<TElement, TVector>;

    /// <summary>Sets the targets of voxels that do not count to 0, whatever they were.</summary>
    void SelectTargets(TVector labels);

    /// <summary>Sets targets that are not from 0 to 1 to 0 and adds their number.</summary>
    TVector CountOutside(TVector count);

    /// <summary>Replaces the logits by their distances from the largest and takes exponentials.</summary>
    void Exponentiate(TVector largest);

    /// <summary>The sum of the exponentials but those that are 1.</summary>
    TVector SumOfOthers(TVector sum);

    /// <summary>The sum of all exponentials.</summary>
    TVector SumOfAll(TVector sum);

    /// <summary>Adds the voxels to all sums.</summary>
    /// <returns>The voxel term so far, without the weight of the voxel.</returns>
    TVector Accumulate<TActivation, TTerm, TPower>(SumRules rules, SumSoftmax<TVector> softmax, TVector weight, TVector term, int @class)
        where TActivation : struct, ISumActivation
        where TTerm : struct, ISumTerm
        where TPower : struct, IProbabilityPower;

    /// <summary>Takes the derivatives of all classes.</summary>
    /// <param name="rules">The sum.</param>
    /// <param name="softmax">With the softmax what is of all classes.</param>
    /// <param name="weight">The weights of the voxels.</param>
    /// <param name="seed">What is added to the weights times the coefficient of the voxel term.</param>
    /// <param name="class">The first class of the tree.</param>
    void Differentiate<TActivation, TTerm>(SumRules rules, SumSoftmax<TVector> softmax, TVector weight, TVector seed, int @class)
        where TActivation : struct, ISumActivation
        where TTerm : struct, ISumTerm;

    /// <summary>Adds Σ p·g to <paramref name="mean"/>.</summary>
    TVector Mean(TVector mean);

    /// <summary>Adds Σ p·(g - mean) to <paramref name="rest"/>.</summary>
    TVector Rest(TVector mean, TVector rest);

    /// <summary>Adds the voxel term's derivatives.</summary>
    TVector Terms(TVector terms);

    /// <summary>Writes the gradient.</summary>
    /// <param name="gradient">Receives it.</param>
    /// <param name="address">Where that of the first class lies.</param>
    /// <param name="stride">The bytes from one class to the next.</param>
    /// <param name="labels">Says which voxels count.</param>
    /// <param name="mean">With the softmax Σ p·g, else 0.</param>
    /// <param name="rest">With the softmax Σ p·(g - mean), else 0.</param>
    /// <param name="terms">With the softmax the sum of the voxel term's derivatives.</param>
    /// <param name="class">The first class of the tree.</param>
    /// <param name="classes">The classes from here on do not exist.</param>
    void Store<TLogits, TActivation>(
        TLogits gradient, long address, long stride, TVector labels, TVector mean, TVector rest, TVector terms, int @class,
        int classes)
        where TLogits : struct, ILogitsMemory<TVector>
        where TActivation : struct, ISumActivation;
}
