using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host.General;

/// <summary>The predictions of a register of voxels, class after class.</summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal unsafe ref struct BlockPredictions<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    private readonly Activation activation;
    private readonly ClassRows logits;
    private readonly nint at;
    private readonly LaneReal<TLanes> largest;
    private readonly LaneReal<TLanes> scale;
    private readonly LaneReal<TLanes> logOfSum;
    private LaneReal<TLanes> taken;

    /// <summary>Goes over the classes once or twice for what a softmax needs of all of them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public BlockPredictions(Activation activation, in GeneralBlock<TLanes> block, nint at)
    {
        (this.activation, logits, this.at) = (activation, block.Logits, at);
        (largest, scale, logOfSum, taken) = (default, default, default, default);
        if (activation is not (Activation.Softmax or Activation.LargestClass))
            return;
        largest = Logit(0);
        for (var c = 1; c < block.Classes; c++)
            largest = largest.Max(Logit(c));
        if (activation == Activation.LargestClass)
            return;
        var sum = default(LaneReal<TLanes>);
        for (var c = 0; c < block.Classes; c++)
            sum = sum.Add(Exponent(c).Exp2());
        (scale, logOfSum) = (sum.Reciprocal(), sum.Log2());
    }

    /// <summary>The prediction of a class; the classes are asked for in their order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Prediction<LaneReal<TLanes>> Of(int @class)
    {
        switch (activation)
        {
            case Activation.Softmax:
                return Activations.Softmax(Exponent(@class), scale, logOfSum);
            case Activation.Sigmoid:
                return Activations.Sigmoid(Logit(@class));
            case Activation.LargestClass:
                var isLargest = Activations.IsLargest(Logit(@class), largest, taken);
                taken = taken.Add(isLargest);
                return Activations.Plain(isLargest);
            case Activation.AboveHalf:
                return Activations.Plain(default(LaneReal<TLanes>).SelectLess(Logit(@class), taken.Of(1), taken.Of(0)));
            default:
                return Activations.Plain(Logit(@class));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly LaneReal<TLanes> Logit(int @class) => new(TLanes.Load(logits[@class] + at));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly LaneReal<TLanes> Exponent(int @class) => Logit(@class).Subtract(largest).Multiply(largest.Of(RealMath.Log2OfE));
}
