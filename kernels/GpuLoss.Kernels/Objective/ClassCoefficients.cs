using System.Runtime.InteropServices;

namespace GpuLoss.Kernels.Objective;

/// <summary>
/// What Spread needs to know of the loss for one sample and class. With p the activation of a voxel's logits and t its target,
/// <c>dL/dp = Intersection·t + Constant + Linear·p</c> is the overlap part; of soft targets whose I is made of |p - t|, the factor is that
/// of its slope and not of t. VoxelTerm is the derivative by the sum of the voxel term, cross-entropy or another, whose own slope Spread
/// takes.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal record struct ClassCoefficients
{
    /// <summary>Factor of the target in dL/dp.</summary>
    public double Intersection { get; set; }

    /// <summary>Constant part of dL/dp.</summary>
    public double Constant { get; set; }

    /// <summary>Factor of p in dL/dp; not zero where the loss squares its denominator.</summary>
    public double Linear { get; set; }

    /// <summary>Factor of the voxel term's gradient, the same for all classes of a sample: Spread has the factors of the classes from the
    /// plan.</summary>
    public double VoxelTerm { get; set; }
}
