namespace GpuLoss;

public static partial class nn
{
    /// <summary>What makes predictions p of the network's output.</summary>
    public enum Activation
    {
        /// <summary>The softmax over the classes: each voxel has one class.</summary>
        Softmax,

        /// <summary>The sigmoid of every class by itself: regions that overlap, or one class.</summary>
        Sigmoid,

        /// <summary>None: the network's output is p itself.</summary>
        None,
    }
}
