namespace GpuLoss.Kernels.Device;

/// <summary>What a voxel's softmax needs of all its classes, found in one pass over them, a chunk at a time.</summary>
internal struct DeviceSoftmax
{
    /// <summary>The largest logit.</summary>
    public OneVoxel Largest { get; private set; }

    /// <summary>Σ exp(x - largest).</summary>
    public OneVoxel Sum { get; private set; }

    /// <summary>The logit of the voxel's own class.</summary>
    public OneVoxel OfLabel { get; private set; }

    /// <summary>The probability of the voxel's own class.</summary>
    public readonly OneVoxel ProbabilityOfLabel =>
        OfLabel.Subtract(Largest).Multiply(OfLabel.Broadcast(DeviceMath.Log2OfE)).Exp2().Multiply(Sum.Reciprocal());

    /// <summary>Goes over the classes of one voxel, scaling the sum down whenever a chunk holds a larger logit.</summary>
    public static DeviceSoftmax Over<TTree, TLogits>(TLogits logits, long offset, OneVoxel label, DeviceVolume volume)
        where TTree : struct, IClassTree<OneVoxel>
        where TLogits : struct, ILogitsMemory<OneVoxel>
    {
        var tree = default(TTree);
        var none = default(OneVoxel);
        var result = new DeviceSoftmax
        {
            Largest = none.Broadcast(DeviceMath.SmallestLogit),
            Sum = none.Broadcast(0f),
            OfLabel = none.Broadcast(0f),
        };
        for (var chunk = 0; chunk < volume.Classes; chunk += DeviceKernelTable.ChunkClasses)
        {
            tree.Load(logits, offset + chunk * volume.Logits.Class, volume.Logits.Class, chunk, volume.Classes);
            tree.Select(label);
            result.OfLabel = tree.OfLabel(label, result.OfLabel, chunk);
            var before = result.Largest;
            result.Largest = tree.Largest(result.Largest);
            var keep = before.Subtract(result.Largest).Multiply(none.Broadcast(DeviceMath.Log2OfE)).Exp2();
            result.Sum = tree.Exponentiate(result.Largest, result.Sum.Multiply(keep));
        }

        return result;
    }

    /// <summary>Loads a chunk of the classes and makes them probabilities.</summary>
    public readonly TTree Probabilities<TTree, TLogits>(TLogits logits, long offset, OneVoxel label, int chunk, DeviceVolume volume)
        where TTree : struct, IClassTree<OneVoxel>
        where TLogits : struct, ILogitsMemory<OneVoxel>
    {
        var tree = default(TTree);
        tree.Load(logits, offset + chunk * volume.Logits.Class, volume.Logits.Class, chunk, volume.Classes);
        tree.Select(label);
        tree.Exponentiate(Largest, Sum);
        tree.Scale(Sum.Reciprocal());
        return tree;
    }
}
