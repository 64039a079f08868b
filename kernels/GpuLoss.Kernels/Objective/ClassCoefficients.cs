using System.Runtime.InteropServices;

namespace GpuLoss.Kernels.Objective;

/// <summary>
/// What Spread needs to know of the loss for one sample and class. With p the softmax of a voxel and y its label,
/// <c>dL/dp = Intersection·[y = c] + Constant + Linear·p</c> is the overlap part, and <c>CrossEntropy·(p - [y = c])</c>, with the factor of
/// the voxel's own class y, is the derivative of cross-entropy with respect to the logits.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public record struct ClassCoefficients
{
    /// <summary>Factor of the target's indicator in dL/dp.</summary>
    public double Intersection { get; set; }

    /// <summary>Constant part of dL/dp.</summary>
    public double Constant { get; set; }

    /// <summary>Factor of p in dL/dp; not zero where the loss squares its denominator.</summary>
    public double Linear { get; set; }

    /// <summary>Factor of the cross-entropy gradient in the voxels whose label is this class.</summary>
    public double CrossEntropy { get; set; }
}
