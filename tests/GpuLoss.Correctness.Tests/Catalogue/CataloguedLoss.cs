namespace GpuLossTests;

/// <summary>A loss of the library: how it is made, what it should be, and which laws it obeys.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Make">The loss with these options, for this number of classes.</param>
/// <param name="Reference">The same in float64.</param>
internal sealed record CataloguedLoss(
    string Name, Func<LossOptions, long, Loss> Make, Func<ReferenceVolume, LossOptions, Tensor> Reference)
{
    /// <summary>The options it is defined for, from any.</summary>
    public Func<LossOptions, LossOptions> Restrict { get; init; } = options => options;

    /// <summary>What makes probabilities of its logits.</summary>
    public Func<Tensor, Tensor, long, ReferenceVolume> Activate { get; init; } = ReferenceVolume.Softmax;

    /// <summary>Whether it takes the softmax, to which a constant in all classes of a voxel is nothing.</summary>
    public bool IsOfSoftmax { get; init; } = true;

    /// <summary>Whether a prediction without a doubt and without a mistake costs nothing, and every step towards it less.</summary>
    public bool IsLeastAtTheTarget { get; init; } = true;

    /// <summary>Whether it has passes of its own, which hundreds of millions of voxels take seconds with.</summary>
    public bool IsFast { get; init; } = true;

    /// <summary>Whether a mean without weights lies between 0 and 1.</summary>
    public bool IsAtMostOne { get; init; }

    /// <summary>Up to which standard deviation of the logits it has the digits of float32: a difference of its sums may be less than the
    /// rounding of probabilities that are all next to 1.</summary>
    public double MostSpread { get; init; } = double.PositiveInfinity;

    /// <summary>Whether it may be summed over the samples.</summary>
    public bool HasSum { get; init; } = true;

    /// <summary>Whether it singles out no class but by options.</summary>
    public bool TreatsClassesAlike { get; init; } = true;

    /// <summary>Whether a volume that is there twice over has the same mean, where nothing is smoothed.</summary>
    public bool IsScaleFree { get; init; } = true;

    /// <summary>Whether it knows class weights, and multiplies by them.</summary>
    public WeightLaw WeightLaw { get; init; } = WeightLaw.Linear;

    public override string ToString() => Name;
}

/// <summary>What class weights that are all k times as large make of a loss.</summary>
internal enum WeightLaw
{
    /// <summary>k times as much.</summary>
    Linear,

    /// <summary>A mean stays what it is; a sum is k times as much.</summary>
    MeanIsInvariant,

    /// <summary>Neither, or there are none.</summary>
    None,
}
