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
    public static DeviceReal Of(double value) => new((float)value);

    /// <inheritdoc/>
    public static DeviceReal operator +(DeviceReal left, DeviceReal right) => new(left.Value + right.Value);

    /// <inheritdoc/>
    public static DeviceReal operator -(DeviceReal left, DeviceReal right) => new(left.Value - right.Value);

    /// <inheritdoc/>
    public static DeviceReal operator *(DeviceReal left, DeviceReal right) => new(left.Value * right.Value);

    /// <inheritdoc/>
    public static DeviceReal MultiplyAdd(DeviceReal left, DeviceReal right, DeviceReal addend) =>
        new(left.Value * right.Value + addend.Value);

    /// <inheritdoc/>
    public static DeviceReal Max(DeviceReal left, DeviceReal right) => new(XMath.Max(left.Value, right.Value));

    /// <inheritdoc/>
    public static DeviceReal Reciprocal(DeviceReal value) => new(XMath.Rcp(value.Value));

    /// <inheritdoc/>
    public static DeviceReal Exp2(DeviceReal y) => new(XMath.Exp2(y.Value));

    /// <inheritdoc/>
    public static DeviceReal Log2(DeviceReal value) => new(XMath.Log2(value.Value));

    /// <inheritdoc/>
    public static DeviceReal LogOnePlus(DeviceReal value) => RealMath.LogOnePlus(value);

    /// <inheritdoc/>
    public static DeviceReal SelectLess(DeviceReal left, DeviceReal right, DeviceReal ifLess, DeviceReal otherwise) =>
        new(Utilities.Select(left.Value < right.Value, ifLess.Value, otherwise.Value));

    /// <inheritdoc/>
    public static DeviceReal SelectEqual(DeviceReal left, DeviceReal right, DeviceReal ifEqual, DeviceReal otherwise) =>
        new(Utilities.Select(left.Value == right.Value, ifEqual.Value, otherwise.Value));
}
