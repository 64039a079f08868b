using System.Runtime.InteropServices;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Device;

/// <summary>The <see cref="ClassCoefficients"/> of one sample and class as the float32 kernels read them.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct DeviceCoefficients
{
    /// <summary>Rounds them.</summary>
    public DeviceCoefficients(ClassCoefficients coefficients)
        : this((float)coefficients.Intersection, (float)coefficients.Constant, (float)coefficients.Linear, (float)coefficients.VoxelTerm)
    {
    }

    private DeviceCoefficients(float intersection, float constant, float linear, float voxelTerm) =>
        (Intersection, Constant, Linear, VoxelTerm) = (intersection, constant, linear, voxelTerm);

    /// <summary>Factor of the target's indicator in dL/dp.</summary>
    public readonly float Intersection;

    /// <summary>Constant part of dL/dp.</summary>
    public readonly float Constant;

    /// <summary>Factor of p in dL/dp.</summary>
    public readonly float Linear;

    /// <summary>Factor of the voxel term's gradient.</summary>
    public readonly float VoxelTerm;

    /// <summary>The same with the factor of the class in the voxel term's. Of a copy, which one access brings.</summary>
    public static DeviceCoefficients Of(DeviceCoefficients coefficients, double factor) =>
        new(coefficients.Intersection, coefficients.Constant, coefficients.Linear, coefficients.VoxelTerm * (float)factor);

    /// <summary>The same, or the voxel term's alone.</summary>
    public static DeviceCoefficients Of(DeviceCoefficients coefficients, bool hasOverlap) =>
        hasOverlap ? coefficients : new(0f, 0f, 0f, coefficients.VoxelTerm);
}
