using System.Runtime.InteropServices;
using GpuLoss.Kernels.Objective;
using ILGPU;
using ILGPU.Util;

namespace GpuLoss.Kernels.Device;

/// <summary>What the predictions of a voxel need of all its classes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LoopSoftmax
{
    /// <summary>The class of the largest logit, the first of equal ones.</summary>
    public int LargestClass;

    private OneVoxel largest;
    private OneVoxel others;
    private OneVoxel scale;
    private OneVoxel logOfSum;

    /// <summary>Whether an activation needs it.</summary>
    public static bool IsNeededBy(Activation activation) => activation is Activation.Softmax or Activation.LargestClass;

    /// <summary>
    /// Goes over the classes of a voxel once. The largest logit's own exponential, which is 1, stays out of the sum of the others: however
    /// small that is, it has all its digits, and so has the logarithm of 1 plus it.
    /// </summary>
    /// <param name="logits">The logits.</param>
    /// <param name="first">The index of the voxel's first class.</param>
    /// <param name="volume">The sizes.</param>
    public static LoopSoftmax Over<TLogits>(TLogits logits, long first, DeviceVolume volume)
        where TLogits : struct, ILogitsMemory<OneVoxel>
    {
        const int none = -1;

        // Before the first class there is one logit too many, the 1 that is put right when the largest is replaced.
        var (largest, others, found) = (DeviceMath.SmallestLogit, -1f, none);
        for (var @class = 0; @class < volume.Classes; @class++)
        {
            var logit = logits.Load(logits.AddressOf(first + @class * volume.Logits.Class)).Value;
            var distance = logit - largest;
            var isLarger = distance > 0f | (found == none & distance == 0f);
            var exponential = OneVoxel.Exp2(new OneVoxel(Utilities.Select(isLarger, -distance, distance) * DeviceMath.Log2OfE)).Value;
            others = Utilities.Select(isLarger, (others + 1f) * exponential, others + exponential);
            largest = Utilities.Select(isLarger, logit, largest);
            found = Utilities.Select(isLarger, @class, found);
        }

        // The softmax of infinity, or of nothing but -infinity, is not a number.
        var hasSoftmax = largest < float.PositiveInfinity & found != none;
        var rest = new OneVoxel(Utilities.Select(hasSoftmax, others, float.NaN));
        var (one, sum) = (OneVoxel.Of(1), rest + OneVoxel.Of(1));
        return new LoopSoftmax
        {
            LargestClass = Utilities.Select(found == none, 0, found),
            largest = new(largest),
            others = rest,
            scale = OneVoxel.Reciprocal(sum),
            logOfSum = OneVoxel.SelectLess(one, rest, OneVoxel.Log2(sum) * OneVoxel.Of(RealMath.LogOf2), OneVoxel.LogOnePlus(rest)),
        };
    }

    /// <summary>The prediction of a class.</summary>
    public readonly Prediction<OneVoxel> Predict(Activation activation, OneVoxel logit, int @class)
    {
        if (activation == Activation.Softmax)
        {
            var distance = logit - largest;
            return Activations.Softmax(distance, OneVoxel.Exp2(distance * OneVoxel.Of(RealMath.Log2OfE)), others, scale, logOfSum);
        }

        if (activation == Activation.Sigmoid)
            return Activations.Sigmoid(logit);
        var value = logit;
        if (activation == Activation.LargestClass)
            value = new(Utilities.Select(@class == LargestClass, 1f, 0f));
        else if (activation == Activation.AboveHalf)
            value = OneVoxel.SelectLess(OneVoxel.Of(0), logit, OneVoxel.Of(1), OneVoxel.Of(0));
        return Activations.Plain(value);
    }
}
