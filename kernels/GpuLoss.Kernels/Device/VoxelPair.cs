using System.Runtime.InteropServices;
using ILGPU;

namespace GpuLoss.Kernels.Device;

/// <summary>Two vectors side by side: <c>VoxelPair&lt;VoxelPair&lt;OneVoxel&gt;&gt;</c> is four voxels.</summary>
/// <typeparam name="THalf">Each of the two.</typeparam>
/// <param name="first">The one that comes first in memory.</param>
/// <param name="second">The other one.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct VoxelPair<THalf>(THalf first, THalf second) : IVoxelVector<VoxelPair<THalf>>
    where THalf : unmanaged, IVoxelVector<THalf>
{
    /// <summary>The one that comes first in memory.</summary>
    public readonly THalf First = first;

    /// <summary>The other one.</summary>
    public readonly THalf Second = second;

    /// <inheritdoc/>
    public static VoxelPair<THalf> Broadcast(float value) => new(THalf.Broadcast(value), THalf.Broadcast(value));

    /// <inheritdoc/>
    public static VoxelPair<THalf> Of(double value) => new(THalf.Of(value), THalf.Of(value));

    /// <inheritdoc/>
    public static VoxelPair<THalf> operator +(VoxelPair<THalf> left, VoxelPair<THalf> right) =>
        new(left.First + right.First, left.Second + right.Second);

    /// <inheritdoc/>
    public static VoxelPair<THalf> operator -(VoxelPair<THalf> left, VoxelPair<THalf> right) =>
        new(left.First - right.First, left.Second - right.Second);

    /// <inheritdoc/>
    public static VoxelPair<THalf> operator *(VoxelPair<THalf> left, VoxelPair<THalf> right) =>
        new(left.First * right.First, left.Second * right.Second);

    /// <inheritdoc/>
    public static VoxelPair<THalf> MultiplyAdd(VoxelPair<THalf> left, VoxelPair<THalf> right, VoxelPair<THalf> addend) =>
        new(THalf.MultiplyAdd(left.First, right.First, addend.First), THalf.MultiplyAdd(left.Second, right.Second, addend.Second));

    /// <inheritdoc/>
    public static VoxelPair<THalf> Max(VoxelPair<THalf> left, VoxelPair<THalf> right) =>
        new(THalf.Max(left.First, right.First), THalf.Max(left.Second, right.Second));

    /// <inheritdoc/>
    public static VoxelPair<THalf> Reciprocal(VoxelPair<THalf> value) => new(THalf.Reciprocal(value.First), THalf.Reciprocal(value.Second));

    /// <inheritdoc/>
    public static VoxelPair<THalf> Exp2(VoxelPair<THalf> y) => new(THalf.Exp2(y.First), THalf.Exp2(y.Second));

    /// <inheritdoc/>
    public static VoxelPair<THalf> Log2(VoxelPair<THalf> value) => new(THalf.Log2(value.First), THalf.Log2(value.Second));

    /// <inheritdoc/>
    public static VoxelPair<THalf> LogOnePlus(VoxelPair<THalf> value) => new(THalf.LogOnePlus(value.First), THalf.LogOnePlus(value.Second));

    /// <inheritdoc/>
    public static VoxelPair<THalf> SelectLess(
        VoxelPair<THalf> left, VoxelPair<THalf> right, VoxelPair<THalf> ifLess, VoxelPair<THalf> otherwise) => new(
        THalf.SelectLess(left.First, right.First, ifLess.First, otherwise.First),
        THalf.SelectLess(left.Second, right.Second, ifLess.Second, otherwise.Second));

    /// <inheritdoc/>
    public static VoxelPair<THalf> SelectEqual(
        VoxelPair<THalf> left, VoxelPair<THalf> right, VoxelPair<THalf> ifEqual, VoxelPair<THalf> otherwise) => new(
        THalf.SelectEqual(left.First, right.First, ifEqual.First, otherwise.First),
        THalf.SelectEqual(left.Second, right.Second, ifEqual.Second, otherwise.Second));

    /// <inheritdoc/>
    public float Sum() => First.Sum() + Second.Sum();

    /// <inheritdoc/>
    public float Dot(VoxelPair<THalf> other, float addend) => Second.Dot(other.Second, First.Dot(other.First, addend));

    /// <inheritdoc/>
    public VoxelPair<THalf> WhereClass(int @class, VoxelPair<THalf> own, VoxelPair<THalf> other) =>
        new(First.WhereClass(@class, own.First, other.First), Second.WhereClass(@class, own.Second, other.Second));

    /// <inheritdoc/>
    public VoxelPair<THalf> WhereCounted(VoxelPair<THalf> value) => new(First.WhereCounted(value.First), Second.WhereCounted(value.Second));

    /// <inheritdoc/>
    public VoxelPair<THalf> Weighed(VoxelPair<THalf> weight) => new(First.Weighed(weight.First), Second.Weighed(weight.Second));

    /// <inheritdoc/>
    public int CountInvalid(VoxelPair<THalf> weight) => First.CountInvalid(weight.First) + Second.CountInvalid(weight.Second);

    /// <inheritdoc/>
    public VoxelPair<THalf> InPart(bool exists, int first, int classes) =>
        new(First.InPart(exists, first, classes), Second.InPart(exists, first, classes));

    /// <inheritdoc/>
    public bool AllCount() => First.AllCount() & Second.AllCount();

    /// <inheritdoc/>
    public VoxelPair<THalf> Weights(ArrayView<float> weights, int classes) =>
        new(First.Weights(weights, classes), Second.Weights(weights, classes));

    /// <inheritdoc/>
    public void AddToColumns(ArrayView<LabelColumn> columns, int column, int row, VoxelPair<THalf> probability, int classes)
    {
        First.AddToColumns(columns, column, row, probability.First, classes);
        Second.AddToColumns(columns, column, row, probability.Second, classes);
    }

    /// <inheritdoc/>
    public VoxelPair<THalf> VoxelTerm(ArrayView<DeviceCoefficients> coefficients) =>
        new(First.VoxelTerm(coefficients), Second.VoxelTerm(coefficients));
}
