using ILGPU;
using ILGPU.Algorithms;

namespace GpuLoss.Kernels.Device;

/// <summary>What a voxel's softmax needs of all its classes, found in one pass over them.</summary>
public struct DeviceSoftmax
{
    /// <summary>The largest logit.</summary>
    public OneVoxel Largest { get; private set; }

    /// <summary>Σ exp(x - largest).</summary>
    public OneVoxel Sum { get; private set; }

    /// <summary>The logit of the voxel's own class.</summary>
    public OneVoxel OfLabel { get; private set; }

    /// <summary>Goes over the classes of one voxel, scaling the sum down whenever a larger logit turns up.</summary>
    public static DeviceSoftmax Over(ArrayView<OneVoxel> logits, long offset, long stride, OneVoxel label, int classes)
    {
        var none = default(OneVoxel);
        var log2OfE = none.Broadcast(DeviceMath.Log2OfE);
        var result = new DeviceSoftmax
        {
            Largest = label.WhereCounted(logits[offset]),
            Sum = none.Broadcast(1f),
        };
        result.OfLabel = label.WhereClass(0, result.Largest, none);
        for (var c = 1; c < classes; c++)
        {
            var logit = label.WhereCounted(logits[offset + c * stride]);
            result.OfLabel = label.WhereClass(c, logit, result.OfLabel);
            var largest = result.Largest.Max(logit);

            // Two infinities of one sign have no difference; as powers they are 1 and 1 where equal, which only the smaller one may be.
            var keep = Power(result.Largest, largest, log2OfE);
            result.Sum = result.Sum.MultiplyAdd(keep, Power(logit, largest, log2OfE));
            result.Largest = largest;
        }

        return result;
    }

    private static OneVoxel Power(OneVoxel logit, OneVoxel largest, OneVoxel log2OfE) =>
        logit.Subtract(largest).Multiply(log2OfE).Exp2();
}
