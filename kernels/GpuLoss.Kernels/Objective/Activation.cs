namespace GpuLoss.Kernels.Objective;

/// <summary>From the logits of a voxel to the predictions p of its classes.</summary>
internal enum Activation
{
    /// <summary>exp x_c / Σ exp x over the classes: each voxel has one class.</summary>
    Softmax,

    /// <summary>1 / (1 + exp -x) of each class by itself: a voxel has any number of classes.</summary>
    Sigmoid,

    /// <summary>p = x: the network has an activation of its own.</summary>
    None,

    /// <summary>1 for the class with the largest logit, the first of equal ones, and 0 for the others: a decision, without a
    /// gradient.</summary>
    LargestClass,

    /// <summary>1 where the sigmoid is more than a half, else 0: a decision, without a gradient.</summary>
    AboveHalf,
}
