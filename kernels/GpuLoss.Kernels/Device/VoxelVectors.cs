using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Algorithms;
using ILGPU.Util;

namespace GpuLoss.Kernels.Device;

/// <summary>
/// One, two, four or eight neighbouring voxels that a thread handles together, so that its loads are as wide as the memory bus likes. A
/// vector of labels is one too: class indices, or a negative number, kept in the bits of the floats. Everything inlines; nothing is ever
/// indexed, because ILGPU keeps structs in registers and arrays in memory.
/// </summary>
/// <typeparam name="TSelf">The vector.</typeparam>
internal interface IVoxelVector<TSelf>
    where TSelf : unmanaged, IVoxelVector<TSelf>
{
    /// <summary>The same value in every voxel.</summary>
    TSelf Broadcast(float value);

    /// <summary>Sum.</summary>
    TSelf Add(TSelf other);

    /// <summary>Difference.</summary>
    TSelf Subtract(TSelf other);

    /// <summary>this · factor + addend.</summary>
    TSelf MultiplyAdd(TSelf factor, TSelf addend);

    /// <summary>Product.</summary>
    TSelf Multiply(TSelf other);

    /// <summary>The larger one.</summary>
    TSelf Max(TSelf other);

    /// <summary>2 to the power of this.</summary>
    TSelf Exp2();

    /// <summary>1 / this.</summary>
    TSelf Reciprocal();

    /// <summary>The base-2 logarithm.</summary>
    TSelf Log2();

    /// <summary>The sum over the voxels.</summary>
    float Sum();

    /// <summary>On labels: where the label is <paramref name="class"/> one value, elsewhere the other.</summary>
    TSelf WhereClass(int @class, TSelf own, TSelf other);

    /// <summary>On labels: where the voxel counts the value, elsewhere 0.</summary>
    TSelf WhereCounted(TSelf value);

    /// <summary>
    /// On labels: what one of several parts of the classes makes of them. Its own classes begin at 0; those of others are the number after
    /// its own. Invalid voxels are for the first part to count.
    /// </summary>
    /// <param name="exists">Whether the voxels exist.</param>
    /// <param name="first">The first class of the part.</param>
    /// <param name="classes">The classes of a part.</param>
    TSelf InPart(bool exists, int first, int classes);

    /// <summary>On labels: the number of voxels of a class.</summary>
    int CountClass(int @class);

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

    /// <summary>On labels: the cross-entropy coefficient of each voxel's class, 0 where it does not count.</summary>
    TSelf VoxelTerm(ArrayView<DeviceCoefficients> coefficients);
}

/// <summary>One voxel.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct OneVoxel : IVoxelVector<OneVoxel>
{
    private float value;

    /// <summary>The value of the voxel.</summary>
    public readonly float Value => value;

    /// <summary>The bits of the voxel; of a label, the class.</summary>
    public readonly int Bits => (int)Interop.FloatAsInt(value);

    /// <summary>The voxel with these bits: of a float32, or of a label.</summary>
    public static OneVoxel OfBits(int bits) => new() { value = Interop.IntAsFloat((uint)bits) };

    /// <inheritdoc/>
    public readonly OneVoxel Broadcast(float value) => new() { value = value };

    /// <inheritdoc/>
    public readonly OneVoxel Add(OneVoxel other) => new() { value = value + other.value };

    /// <inheritdoc/>
    public readonly OneVoxel Subtract(OneVoxel other) => new() { value = value - other.value };

    /// <inheritdoc/>
    public readonly OneVoxel MultiplyAdd(OneVoxel factor, OneVoxel addend) => new() { value = value * factor.value + addend.value };

    /// <inheritdoc/>
    public readonly OneVoxel Multiply(OneVoxel other) => new() { value = value * other.value };

    /// <inheritdoc/>
    public readonly OneVoxel Max(OneVoxel other) => new() { value = XMath.Max(value, other.value) };

    /// <inheritdoc/>
    public readonly OneVoxel Exp2() => new() { value = XMath.Exp2(value) };

    /// <inheritdoc/>
    public readonly OneVoxel Reciprocal() => new() { value = XMath.Rcp(value) };

    /// <inheritdoc/>
    public readonly OneVoxel Log2() => new() { value = XMath.Log2(value) };

    /// <inheritdoc/>
    public readonly float Sum() => value;

    /// <inheritdoc/>
    public readonly OneVoxel WhereClass(int @class, OneVoxel own, OneVoxel other) =>
        new() { value = Bits == @class ? own.value : other.value };

    /// <inheritdoc/>
    public readonly OneVoxel WhereCounted(OneVoxel value) => new() { value = Bits >= 0 ? value.value : 0f };

    /// <inheritdoc/>
    public readonly OneVoxel InPart(bool exists, int first, int classes)
    {
        var counted = Utilities.Select((uint)(Bits - first) < (uint)classes, Bits - first, classes);
        var others = Utilities.Select(first == 0, Bits, DeviceLabel.Ignored);
        return OfBits(Utilities.Select(exists, Utilities.Select(Bits >= 0, counted, others), DeviceLabel.Ignored));
    }

    /// <inheritdoc/>
    public readonly int CountClass(int @class) => Bits == @class ? 1 : 0;

    /// <inheritdoc/>
    public readonly bool AllCount() => Bits >= 0;

    /// <inheritdoc/>
    public readonly OneVoxel Weights(ArrayView<float> weights, int classes) => new() { value = weights[LabelColumn.Of(Bits, classes)] };

    /// <inheritdoc/>
    public readonly void AddToColumns(ArrayView<LabelColumn> columns, int column, int row, OneVoxel probability, int classes)
    {
        var index = LabelColumn.Of(Bits, classes) * row + column;
        columns[index] = columns[index].Plus(probability.value);
    }

    /// <inheritdoc/>
    public readonly OneVoxel VoxelTerm(ArrayView<DeviceCoefficients> coefficients) =>
        new() { value = Bits >= 0 ? coefficients[Bits].VoxelTerm : 0f };
}

/// <summary>Two vectors side by side: <c>VoxelPair&lt;VoxelPair&lt;OneVoxel&gt;&gt;</c> is four voxels.</summary>
/// <typeparam name="THalf">Each of the two.</typeparam>
[StructLayout(LayoutKind.Sequential)]
internal struct VoxelPair<THalf> : IVoxelVector<VoxelPair<THalf>>
    where THalf : unmanaged, IVoxelVector<THalf>
{
    private THalf first;
    private THalf second;

    /// <summary>Puts two vectors side by side.</summary>
    public VoxelPair(THalf first, THalf second)
    {
        this.first = first;
        this.second = second;
    }

    /// <summary>The one that comes first in memory.</summary>
    public readonly THalf First => first;

    /// <summary>The other one.</summary>
    public readonly THalf Second => second;

    /// <inheritdoc/>
    public readonly VoxelPair<THalf> Broadcast(float value) => new(first.Broadcast(value), second.Broadcast(value));

    /// <inheritdoc/>
    public readonly VoxelPair<THalf> Add(VoxelPair<THalf> other) => new(first.Add(other.first), second.Add(other.second));

    /// <inheritdoc/>
    public readonly VoxelPair<THalf> Subtract(VoxelPair<THalf> other) => new(first.Subtract(other.first), second.Subtract(other.second));

    /// <inheritdoc/>
    public readonly VoxelPair<THalf> MultiplyAdd(VoxelPair<THalf> factor, VoxelPair<THalf> addend) =>
        new(first.MultiplyAdd(factor.first, addend.first), second.MultiplyAdd(factor.second, addend.second));

    /// <inheritdoc/>
    public readonly VoxelPair<THalf> Multiply(VoxelPair<THalf> other) => new(first.Multiply(other.first), second.Multiply(other.second));

    /// <inheritdoc/>
    public readonly VoxelPair<THalf> Max(VoxelPair<THalf> other) => new(first.Max(other.first), second.Max(other.second));

    /// <inheritdoc/>
    public readonly VoxelPair<THalf> Exp2() => new(first.Exp2(), second.Exp2());

    /// <inheritdoc/>
    public readonly VoxelPair<THalf> Reciprocal() => new(first.Reciprocal(), second.Reciprocal());

    /// <inheritdoc/>
    public readonly VoxelPair<THalf> Log2() => new(first.Log2(), second.Log2());

    /// <inheritdoc/>
    public readonly float Sum() => first.Sum() + second.Sum();

    /// <inheritdoc/>
    public readonly VoxelPair<THalf> WhereClass(int @class, VoxelPair<THalf> own, VoxelPair<THalf> other) =>
        new(first.WhereClass(@class, own.first, other.first), second.WhereClass(@class, own.second, other.second));

    /// <inheritdoc/>
    public readonly VoxelPair<THalf> WhereCounted(VoxelPair<THalf> value) =>
        new(first.WhereCounted(value.first), second.WhereCounted(value.second));

    /// <inheritdoc/>
    public readonly VoxelPair<THalf> InPart(bool exists, int first, int classes) =>
        new(this.first.InPart(exists, first, classes), second.InPart(exists, first, classes));

    /// <inheritdoc/>
    public readonly int CountClass(int @class) => first.CountClass(@class) + second.CountClass(@class);

    /// <inheritdoc/>
    public readonly bool AllCount() => first.AllCount() & second.AllCount();

    /// <inheritdoc/>
    public readonly VoxelPair<THalf> Weights(ArrayView<float> weights, int classes) =>
        new(first.Weights(weights, classes), second.Weights(weights, classes));

    /// <inheritdoc/>
    public readonly void AddToColumns(ArrayView<LabelColumn> columns, int column, int row, VoxelPair<THalf> probability, int classes)
    {
        first.AddToColumns(columns, column, row, probability.first, classes);
        second.AddToColumns(columns, column, row, probability.second, classes);
    }

    /// <inheritdoc/>
    public readonly VoxelPair<THalf> VoxelTerm(ArrayView<DeviceCoefficients> coefficients) =>
        new(first.VoxelTerm(coefficients), second.VoxelTerm(coefficients));
}
