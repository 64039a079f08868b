using System.Runtime.InteropServices;
using GpuLoss.Kernels.Objective;
using ILGPU;

namespace GpuLoss.Kernels.Device;

/// <summary>
/// What the gradient of a softmax subtracts from the slopes of all classes: their mean, weighted with the predictions. Slopes are taken
/// from that of the class with the largest prediction. Where this is almost 1 the mean is almost that class's own, and the small
/// differences that make the gradient would be lost.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LoopShift
{
    /// <summary>The slope that the others are taken from.</summary>
    public float Reference;

    /// <summary>The mean of the differences.</summary>
    public float Mean;

    /// <summary>The sum of the voxel term's slopes.</summary>
    public float Terms;
}

/// <summary>The derivatives of one class in a voxel, times the weight of the voxel.</summary>
internal struct LoopSlope
{
    /// <summary>p.</summary>
    public float Value;

    /// <summary>1 - p.</summary>
    public float Rest;

    /// <summary>The overlap's along p.</summary>
    public float Overlap;

    /// <summary>The voxel term's: with the softmax along -ln p, else along what is given.</summary>
    public float Term;
}

/// <summary>Where slopes come from.</summary>
internal readonly struct LoopSlopes(
    ArrayView<byte> target, ArrayView<double> plan, ArrayView<DeviceCoefficients> coefficients, ArrayView<float> seeds,
    DeviceVolume volume)
{
    /// <summary>Sizes and types.</summary>
    public readonly DeviceVolume Volume = volume;

    private readonly ArrayView<byte> target = target;
    private readonly ArrayView<double> plan = plan;
    private readonly ArrayView<DeviceCoefficients> coefficients = coefficients;
    private readonly ArrayView<float> seeds = seeds;

    /// <summary>The slopes of a class of the grid's sample.</summary>
    public LoopSlope At(
        SumDefinition definition, int sum, int @class, long v, DeviceVoxel voxel, LoopSoftmax softmax, DeviceReal logit)
    {
        var prediction = softmax.Predict(definition.Activation, logit, @class);
        var t = voxel.Probability(target, v, @class, Volume);
        var of = coefficients[((long)sum * Grid.DimY + Grid.IdxY) * Volume.Classes + @class];
        var result = new LoopSlope { Value = prediction.Value.Value, Rest = prediction.Rest.Value };
        if (definition.Distances != 0)
        {
            // Of the voxel's own class is the derivative, and of this one the distance.
            var ofLabel = coefficients[((long)sum * Grid.DimY + Grid.IdxY) * Volume.Classes + voxel.Label].Intersection;
            result.Overlap = voxel.Weight * ofLabel * (float)plan[definition.Distances + voxel.Label * Volume.Classes + @class];
        }
        else if (definition.Overlap != OverlapSums.None)
        {
            result.Overlap = voxel.Weight * OverlapElement.Slope(
                definition.Overlap, prediction.Value, t, new(of.Intersection), new(of.Constant), new DeviceReal(of.Linear)).Value;
        }

        if (definition.HasVoxelTerm != 0)
        {
            var layout = new SumPlan(Volume.Classes);
            var smoothed = VoxelTerm.Smoothed(definition, t, Volume.Classes);
            var positive = new DeviceReal((float)plan[layout.Positive(sum, @class)]);
            var negative = new DeviceReal((float)plan[layout.Negative(sum, @class)]);
            var slope = definition.Activation == Activation.Softmax
                ? VoxelTerm.SoftmaxSlope(definition, prediction, smoothed, positive)
                : VoxelTerm.ElementSlope(definition, prediction, smoothed, positive, negative);
            var factor = of.VoxelTerm;
            if (sum == Volume.ValueSum)
                factor += seeds[Volume.ValueIndex(Grid.IdxY, @class, v)];
            result.Term = voxel.Weight * factor * slope.Value;
        }

        return result;
    }
}
