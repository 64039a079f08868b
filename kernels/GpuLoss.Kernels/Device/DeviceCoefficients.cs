using System.Runtime.InteropServices;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Device;

/// <summary>The <see cref="ClassCoefficients"/> of one sample and class as the float32 kernels read them.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct DeviceCoefficients(ClassCoefficients coefficients)
{
    /// <summary>Factor of the target's indicator in dL/dp.</summary>
    public readonly float Intersection = (float)coefficients.Intersection;

    /// <summary>Constant part of dL/dp.</summary>
    public readonly float Constant = (float)coefficients.Constant;

    /// <summary>Factor of p in dL/dp.</summary>
    public readonly float Linear = (float)coefficients.Linear;

    /// <summary>Factor of the cross-entropy gradient in the voxels of the class.</summary>
    public readonly float CrossEntropy = (float)coefficients.CrossEntropy;
}
