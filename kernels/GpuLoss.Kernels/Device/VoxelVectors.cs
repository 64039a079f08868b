using System.Runtime.InteropServices;
using GpuLoss.Kernels.Objective;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Util;

namespace GpuLoss.Kernels.Device;

/// <summary>
/// One, two, four or eight neighbouring voxels that a thread handles together, so that its loads are as wide as the memory bus likes. A
/// vector of labels is one too: class indices, or a negative number, kept in the bits of the floats. Everything inlines; nothing is ever
/// indexed, because ILGPU keeps structs in registers and arrays in memory. Everything is selected, nothing branches: the voxels of a warp
/// differ.
/// </summary>
/// <typeparam name="TSelf">The vector.</typeparam>
internal interface IVoxelVector<TSelf> : IReal<TSelf>
    where TSelf : unmanaged, IVoxelVector<TSelf>
{
    /// <summary>The same value in every voxel.</summary>
    static abstract TSelf Broadcast(float value);

    /// <summary>The sum over the voxels.</summary>
    float Sum();

    /// <summary>Adds the product with another vector, voxel by voxel.</summary>
    float Dot(TSelf other, float addend);

    /// <summary>On labels: where the label is <paramref name="class"/> one value, elsewhere the other.</summary>
    TSelf WhereClass(int @class, TSelf own, TSelf other);

    /// <summary>On labels: where the voxel counts the value, elsewhere 0.</summary>
    TSelf WhereCounted(TSelf value);

    /// <summary>On labels: the same, and ignored where a weight is 0 or invalid.</summary>
    TSelf Weighed(TSelf weight);

    /// <summary>On labels: how many are invalid, or have an invalid weight; not where a valid weight is 0.</summary>
    int CountInvalid(TSelf weight);

    /// <summary>
    /// On labels: what one of several parts of the classes makes of them. Its own classes begin at 0; those of others are the number after
    /// its own. Invalid voxels are for the first part to count.
    /// </summary>
    /// <param name="exists">Whether the voxels exist.</param>
    /// <param name="first">The first class of the part.</param>
    /// <param name="classes">The classes of a part.</param>
    TSelf InPart(bool exists, int first, int classes);

    /// <summary>On labels: whether all voxels count.</summary>
    bool AllCount();

    /// <summary>On labels: the weight of each voxel's column, see <see cref="LabelColumn"/>.</summary>
    TSelf Weights(ArrayView<float> weights, int classes);

    /// <summary>On labels: adds the probability of each voxel's own class, and 1, to the thread's sums of that class.</summary>
    /// <param name="columns">A row for each class.</param>
    /// <param name="column">The thread's.</param>
    /// <param name="row">The columns of a row.</param>
    /// <param name="probability">The probabilities.</param>
    /// <param name="classes">C.</param>
    void AddToColumns(ArrayView<LabelColumn> columns, int column, int row, TSelf probability, int classes);

    /// <summary>On labels: the voxel term's coefficient of each voxel's class, 0 where it does not count.</summary>
    TSelf VoxelTerm(ArrayView<DeviceCoefficients> coefficients);
}

/// <summary>One voxel: a float32 of one thread.</summary>
/// <param name="value">The number.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct OneVoxel(float value) : IVoxelVector<OneVoxel>
{
    /// <summary>The value of the voxel.</summary>
    public readonly float Value = value;

    /// <summary>The bits of the voxel; of a label, the class.</summary>
    public int Bits => (int)Interop.FloatAsInt(Value);

    /// <summary>The voxel with these bits: of a float32, or of a label.</summary>
    public static OneVoxel OfBits(int bits) => new(Interop.IntAsFloat((uint)bits));

    /// <inheritdoc/>
    public static OneVoxel Broadcast(float value) => new(value);

    /// <inheritdoc/>
    public static OneVoxel Of(double value) => new((float)value);

    /// <inheritdoc/>
    public static OneVoxel operator +(OneVoxel left, OneVoxel right) => new(left.Value + right.Value);

    /// <inheritdoc/>
    public static OneVoxel operator -(OneVoxel left, OneVoxel right) => new(left.Value - right.Value);

    /// <inheritdoc/>
    public static OneVoxel operator *(OneVoxel left, OneVoxel right) => new(left.Value * right.Value);

    /// <inheritdoc/>
    public static OneVoxel MultiplyAdd(OneVoxel left, OneVoxel right, OneVoxel addend) => new(left.Value * right.Value + addend.Value);

    /// <inheritdoc/>
    public static OneVoxel Max(OneVoxel left, OneVoxel right) => new(XMath.Max(left.Value, right.Value));

    /// <inheritdoc/>
    public static OneVoxel Reciprocal(OneVoxel value) => new(XMath.Rcp(value.Value));

    /// <inheritdoc/>
    public static OneVoxel Exp2(OneVoxel y) => new(XMath.Exp2(y.Value));

    /// <inheritdoc/>
    public static OneVoxel Log2(OneVoxel value) => new(XMath.Log2(value.Value));

    /// <inheritdoc/>
    public static OneVoxel LogOnePlus(OneVoxel value) => RealMath.LogOnePlus(value);

    /// <inheritdoc/>
    public static OneVoxel SelectLess(OneVoxel left, OneVoxel right, OneVoxel ifLess, OneVoxel otherwise) =>
        new(Utilities.Select(left.Value < right.Value, ifLess.Value, otherwise.Value));

    /// <inheritdoc/>
    public static OneVoxel SelectEqual(OneVoxel left, OneVoxel right, OneVoxel ifEqual, OneVoxel otherwise) =>
        new(Utilities.Select(left.Value == right.Value, ifEqual.Value, otherwise.Value));

    /// <inheritdoc/>
    public float Sum() => Value;

    /// <inheritdoc/>
    public float Dot(OneVoxel other, float addend) => Value * other.Value + addend;

    /// <inheritdoc/>
    public OneVoxel WhereClass(int @class, OneVoxel own, OneVoxel other) => new(Bits == @class ? own.Value : other.Value);

    /// <inheritdoc/>
    public OneVoxel WhereCounted(OneVoxel value) => new(Bits >= 0 ? value.Value : 0f);

    /// <inheritdoc/>
    public OneVoxel Weighed(OneVoxel weight) =>
        OfBits(Utilities.Select(weight.Value > 0f & weight.Value <= float.MaxValue, Bits, DeviceLabel.Ignored));

    /// <inheritdoc/>
    public int CountInvalid(OneVoxel weight)
    {
        var isWeight = weight.Value >= 0f & weight.Value <= float.MaxValue;
        return Utilities.Select(isWeight & (weight.Value == 0f | Bits != DeviceLabel.Invalid), 0, 1);
    }

    /// <inheritdoc/>
    public OneVoxel InPart(bool exists, int first, int classes)
    {
        var counted = Utilities.Select((uint)(Bits - first) < (uint)classes, Bits - first, classes);
        var others = Utilities.Select(first == 0, Bits, DeviceLabel.Ignored);
        return OfBits(Utilities.Select(exists, Utilities.Select(Bits >= 0, counted, others), DeviceLabel.Ignored));
    }

    /// <inheritdoc/>
    public bool AllCount() => Bits >= 0;

    /// <inheritdoc/>
    public OneVoxel Weights(ArrayView<float> weights, int classes) => new(weights[LabelColumn.Of(Bits, classes)]);

    /// <inheritdoc/>
    public void AddToColumns(ArrayView<LabelColumn> columns, int column, int row, OneVoxel probability, int classes)
    {
        var index = LabelColumn.Of(Bits, classes) * row + column;
        columns[index] = columns[index].Plus(probability.Value);
    }

    /// <inheritdoc/>
    public OneVoxel VoxelTerm(ArrayView<DeviceCoefficients> coefficients) => new(Bits >= 0 ? coefficients[Bits].VoxelTerm : 0f);
}
