using GpuLoss.Kernels.Objective;
using ILGPU;

namespace GpuLoss.Kernels.Device;

/// <summary>The voxels of a thread in a pass with any target.</summary>
/// <typeparam name="TVector">The voxels of a thread.</typeparam>
internal struct SumVoxels<TVector>
    where TVector : unmanaged, IVoxelVector<TVector>
{
    /// <summary>Class indices, 0 with a target of numbers; negative where a voxel does not count.</summary>
    public TVector Labels;

    /// <summary>The weights, 0 where a voxel does not count.</summary>
    public TVector Weights;

    /// <summary>How many labels, weights and targets must not be.</summary>
    public int Invalid;

    /// <summary>Reads the voxels of the grid's sample, and logits and targets of the classes of a thread into its tree.</summary>
    /// <param name="tree">Receives them.</param>
    /// <param name="logits">Logits.</param>
    /// <param name="target">The target.</param>
    /// <param name="mask">The weights.</param>
    /// <param name="v">Which voxels.</param>
    /// <param name="exists">Whether they exist.</param>
    /// <param name="first">The first class of the thread.</param>
    /// <param name="classes">How many classes from there on exist.</param>
    /// <param name="volume">Sizes and types.</param>
    public static SumVoxels<TVector> Load<TTree, TLogits, TTargets>(
        ref TTree tree, TLogits logits, ArrayView<byte> target, ArrayView<byte> mask, long v, bool exists, int first, int classes,
        DeviceVolume volume)
        where TTree : struct, IClassTree<TVector>
        where TLogits : struct, ILogitsMemory<TVector>
        where TTargets : struct, ITargetReader<TVector>
    {
        var (labels, weights) = (default(TTargets).Labels(target, v, volume), default(TTargets).Weights(mask, v, volume));
        tree.Load(logits, logits.AddressOf(volume.Logits.At(Grid.IdxY, first, v)), logits.BytesOf(volume.Logits.Class), 0, classes);
        default(TTargets).Load(ref tree, target, v, labels, first, classes, volume);
        var invalid = first == 0 ? labels.CountInvalid(weights) : 0;
        labels = labels.Weighed(exists ? weights : TVector.Broadcast(0f));
        if (!labels.AllCount())
        {
            tree.Select(labels);
            tree.SelectTargets(labels);
            weights = labels.WhereCounted(weights);
        }

        if (volume.ChecksTarget != 0)
            invalid += (int)tree.CountOutside(TVector.Broadcast(0f)).Sum();
        return new SumVoxels<TVector> { Labels = labels, Weights = weights, Invalid = exists ? invalid : 0 };
    }
}

/// <summary>What the softmax of a class is made of besides its own logit.</summary>
/// <typeparam name="TVector">The voxels of a thread.</typeparam>
internal struct SumSoftmax<TVector>
    where TVector : unmanaged, IVoxelVector<TVector>
{
    /// <summary>Σ exp(x - largest) but for one class with the largest logit, whose is 1.</summary>
    public TVector Others;

    /// <summary>1 / (1 + others).</summary>
    public TVector Scale;

    /// <summary>ln(1 + others).</summary>
    public TVector LogOfSum;

    /// <summary>
    /// Of the classes of a team; nothing with the sigmoid. Without a largest logit, of infinity or of nothing but -infinity, it is not a
    /// number.
    /// </summary>
    public static SumSoftmax<TVector> Take<TTree, TActivation, TTeam>(ref TTree tree)
        where TTree : struct, IClassTree<TVector>
        where TActivation : struct, ISumActivation
        where TTeam : struct, IClassTeam
    {
        if (default(TActivation).Activation != Activation.Softmax)
            return default;
        var (team, zero, one) = (default(TTeam), TVector.Broadcast(0f), TVector.Broadcast(1f));
        tree.Exponentiate(team.Max(tree.Largest(TVector.Broadcast(DeviceMath.SmallestLogit))));
        var (all, below) = (team.Sum(tree.SumOfAll(zero)), team.Sum(tree.SumOfOthers(zero)));

        // Two that have the largest logit are 2, and what is not near 1 has its digits without the largest too. None is not even 1.
        var others = TVector.SelectLess(TVector.Broadcast(1.5f), all, all - one, below);
        others = TVector.SelectLess(all, TVector.Broadcast(0.5f), TVector.Broadcast(float.NaN), others);
        var sum = others + one;
        return new SumSoftmax<TVector>
        {
            Others = others,
            Scale = TVector.Reciprocal(sum),
            LogOfSum = TVector.SelectLess(
                one, others, TVector.Log2(sum) * TVector.Broadcast(DeviceMath.LogOf2), TVector.LogOnePlus(others)),
        };
    }
}
