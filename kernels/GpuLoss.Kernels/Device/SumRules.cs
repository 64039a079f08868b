using System.Runtime.InteropServices;
using GpuLoss.Kernels.Objective;
using ILGPU;

namespace GpuLoss.Kernels.Device;

/// <summary>a and b of a class, see <see cref="SumDefinition"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SumFactors
{
    public float Positive;
    public float Negative;
}

/// <summary>What the only sum of a pass is made of, for the classes of a thread.</summary>
internal struct SumRules
{
    /// <summary>The sum.</summary>
    public SumDefinition Definition;

    /// <summary>1 - ε.</summary>
    public DeviceReal Kept;

    /// <summary>ε / C.</summary>
    public DeviceReal Shared;

    /// <summary>Those of the leaves.</summary>
    public ArrayView<SumFactors> Factors;

    /// <summary>In Spread, those of the leaves.</summary>
    public ArrayView<DeviceCoefficients> Coefficients;

    /// <summary>The first row of a plan.</summary>
    public static SumRules Read<TActivation>(ArrayView<double> plan, DeviceVolume volume, ArrayView<SumFactors> factors)
        where TActivation : struct, ISumActivation
    {
        var definition = new SumPlan(volume.Classes).Read(new DeviceScoreInput(plan), 0);
        return new SumRules
        {
            Definition = definition with { Activation = default(TActivation).Activation },
            Kept = DeviceReal.Of(1 - definition.LabelSmoothing),
            Shared = DeviceReal.Of(definition.LabelSmoothing / volume.Classes),
            Factors = factors,
        };
    }

    /// <summary>a and b of a class, multiplied; 0 where it does not exist.</summary>
    public static SumFactors FactorsOf(ArrayView<double> plan, DeviceVolume volume, int @class, float scale)
    {
        if (@class >= volume.Classes)
            return default;
        var layout = new SumPlan(volume.Classes);
        return new SumFactors
        {
            Positive = (float)plan[layout.Positive(0, @class)] * scale,
            Negative = (float)plan[layout.Negative(0, @class)] * scale,
        };
    }
}

/// <summary>The voxel of a thread.</summary>
internal struct SumVoxel
{
    /// <summary>The targets.</summary>
    public ArrayView<byte> Target;

    /// <summary>The sizes.</summary>
    public DeviceVolume Volume;

    /// <summary>Its label and weight.</summary>
    public DeviceVoxel Voxel;

    /// <summary>Its number in the sample.</summary>
    public long Index;

    /// <summary>The first class of the thread.</summary>
    public int FirstClass;

    /// <summary>The index of its element of that class.</summary>
    public long Element;

    /// <summary>Whether it exists for the loss.</summary>
    public readonly bool Exists => Voxel.Weight != 0f;

    /// <summary>Reads label and weight of a voxel of the grid's sample.</summary>
    public static SumVoxel Load(ArrayView<byte> target, ArrayView<byte> mask, long v, int first, DeviceVolume volume) => new()
    {
        Target = target,
        Volume = volume,
        Voxel = DeviceVoxel.Load(target, mask, v, volume),
        Index = v,
        FirstClass = first,
        Element = volume.Logits.At(Grid.IdxY, first, v),
    };
}

/// <summary>What the softmax of a class is made of besides its own logit.</summary>
internal struct SumSoftmax
{
    public DeviceReal Others;
    public DeviceReal Scale;
    public DeviceReal LogOfSum;

    /// <summary>Of the exponentials of a voxel. Without a largest one, of infinity or of nothing but -infinity, it is not a
    /// number.</summary>
    /// <param name="small">Σ of those that are less than 1.</param>
    /// <param name="largest">How many are 1.</param>
    public static SumSoftmax Of(float small, float largest)
    {
        var (one, others) = (DeviceReal.Of(1), new DeviceReal(largest > 0f ? small + (largest - 1f) : float.NaN));
        var sum = others + one;
        return new SumSoftmax
        {
            Others = others,
            Scale = DeviceReal.Reciprocal(sum),
            LogOfSum = DeviceReal.SelectLess(
                one, others, DeviceReal.Log2(sum) * DeviceReal.Of(RealMath.LogOf2), DeviceReal.LogOnePlus(others)),
        };
    }
}

/// <summary>Finds out what the softmax of a voxel is made of.</summary>
internal static class DeviceSumSoftmax
{
    /// <summary>Of the classes of a team; nothing with the sigmoid.</summary>
    public static SumSoftmax Take<TTree, TActivation, TTeam>(ref TTree tree)
        where TTree : struct, ISumTree
        where TActivation : struct, ISumActivation
        where TTeam : struct, IClassTeam
    {
        if (default(TActivation).Activation != Activation.Softmax)
            return default;
        var (team, none) = (default(TTeam), default(OneVoxel));
        tree.Exponentiate(team.Max(none.Broadcast(tree.Largest(DeviceMath.SmallestLogit))).Value);
        return SumSoftmax.Of(team.Sum(none.Broadcast(tree.SumOfOthers(0f))).Value, team.Sum(none.Broadcast(tree.CountLargest(0f))).Value);
    }
}

/// <summary>From logits to predictions and back. A type, so that a kernel holds the code of one.</summary>
internal interface ISumActivation
{
    /// <summary>Its name.</summary>
    Activation Activation { get; }

    /// <summary>The prediction of a class.</summary>
    Prediction<DeviceReal> Predict(DeviceReal value, DeviceReal exponential, SumSoftmax softmax);

    /// <summary>The derivative of the voxel term.</summary>
    DeviceReal Slope(SumDefinition sum, Prediction<DeviceReal> prediction, DeviceReal smoothed, DeviceReal positive, DeviceReal negative);

    /// <summary>The derivative by the logit.</summary>
    /// <param name="value">p.</param>
    /// <param name="rest">1 - p.</param>
    /// <param name="overlap">The overlap's by p; with the softmax less its mean.</param>
    /// <param name="term">The voxel term's, as <see cref="Slope"/> has it.</param>
    /// <param name="terms">With the softmax those of all classes.</param>
    float Derivative(float value, float rest, float overlap, float term, float terms);
}

/// <summary>The softmax.</summary>
internal struct SumOfSoftmax : ISumActivation
{
    /// <inheritdoc/>
    public readonly Activation Activation => Activation.Softmax;

    /// <inheritdoc/>
    public readonly Prediction<DeviceReal> Predict(DeviceReal value, DeviceReal exponential, SumSoftmax softmax) =>
        Activations.Softmax(value, exponential, softmax.Others, softmax.Scale, softmax.LogOfSum);

    /// <inheritdoc/>
    public readonly DeviceReal Slope(
        SumDefinition sum, Prediction<DeviceReal> prediction, DeviceReal smoothed, DeviceReal positive, DeviceReal negative) =>
        VoxelTerm.SoftmaxSlope(sum, prediction, smoothed, positive);

    /// <inheritdoc/>
    public readonly float Derivative(float value, float rest, float overlap, float term, float terms) =>
        value * (overlap + (terms - term)) - rest * term;
}

/// <summary>The sigmoid.</summary>
internal struct SumOfSigmoid : ISumActivation
{
    /// <inheritdoc/>
    public readonly Activation Activation => Activation.Sigmoid;

    /// <inheritdoc/>
    public readonly Prediction<DeviceReal> Predict(DeviceReal value, DeviceReal exponential, SumSoftmax softmax) =>
        Activations.Sigmoid(value);

    /// <inheritdoc/>
    public readonly DeviceReal Slope(
        SumDefinition sum, Prediction<DeviceReal> prediction, DeviceReal smoothed, DeviceReal positive, DeviceReal negative) =>
        VoxelTerm.SigmoidSlope(sum, prediction, smoothed, positive, negative);

    /// <inheritdoc/>
    public readonly float Derivative(float value, float rest, float overlap, float term, float terms) => value * rest * overlap + term;
}
