using System.Runtime.InteropServices;
using GpuLoss.Kernels.Objective;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Util;

namespace GpuLoss.Kernels.Device;

/// <summary>A float32 of one thread. Everything is selected, nothing branches: the voxels of a warp differ.</summary>
/// <param name="value">The number.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct DeviceReal(float value) : IReal<DeviceReal>
{
    /// <summary>The number.</summary>
    public readonly float Value = value;

    /// <inheritdoc/>
    public DeviceReal Of(double value) => new((float)value);

    /// <inheritdoc/>
    public DeviceReal Add(DeviceReal other) => new(Value + other.Value);

    /// <inheritdoc/>
    public DeviceReal Subtract(DeviceReal other) => new(Value - other.Value);

    /// <inheritdoc/>
    public DeviceReal Multiply(DeviceReal other) => new(Value * other.Value);

    /// <inheritdoc/>
    public DeviceReal MultiplyAdd(DeviceReal factor, DeviceReal addend) => new(Value * factor.Value + addend.Value);

    /// <inheritdoc/>
    public DeviceReal Max(DeviceReal other) => new(XMath.Max(Value, other.Value));

    /// <inheritdoc/>
    public DeviceReal Reciprocal() => new(XMath.Rcp(Value));

    /// <inheritdoc/>
    public DeviceReal Exp2() => new(XMath.Exp2(Value));

    /// <inheritdoc/>
    public DeviceReal Log2() => new(XMath.Log2(Value));

    /// <inheritdoc/>
    public DeviceReal LogOnePlus() => RealMath.LogOnePlus(this);

    /// <inheritdoc/>
    public DeviceReal SelectLess(DeviceReal other, DeviceReal ifLess, DeviceReal otherwise) =>
        new(Utilities.Select(Value < other.Value, ifLess.Value, otherwise.Value));

    /// <inheritdoc/>
    public DeviceReal SelectEqual(DeviceReal other, DeviceReal ifEqual, DeviceReal otherwise) =>
        new(Utilities.Select(Value == other.Value, ifEqual.Value, otherwise.Value));
}
