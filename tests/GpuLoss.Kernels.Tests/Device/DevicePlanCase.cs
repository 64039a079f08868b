using System.Runtime.InteropServices;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Tests.Device;

/// <summary>A row of a plan.</summary>
/// <param name="Definition">The sum.</param>
/// <param name="Positive">a of each class.</param>
/// <param name="Negative">b of each class.</param>
internal sealed record PlanSum(SumDefinition Definition, double[] Positive, double[] Negative);

/// <summary>
/// A pass as the device kernels get it, with random targets, weights, coefficients and seeds. A few voxels have ignored or invalid
/// labels or weights, or a weight of 0, and logits that are not numbers.
/// </summary>
internal sealed class DevicePlanCase
{
    public const long Ignored = 120;
    private const long Invalid = 121;
    private static readonly double[] Awkward = [0, -1, double.NaN, double.PositiveInfinity, 0];

    private readonly DeviceCase logits;
    private readonly LabelType label;

    public DevicePlanCase(
        int classes, int voxels, LogitsType type, TargetKind target, LabelType label, MaskKind mask, IReadOnlyList<PlanSum> sums,
        int valueSum = DeviceVolume.NoValues, bool valuesPerClass = false)
    {
        var random = new Random(3);
        var data = new SegmentationCase(samples: 2, classes, voxels, Ignored);
        (Sums, ValueSum, ValuesPerClass, Target, Mask, this.label) = (sums, valueSum, valuesPerClass, target, mask, label);
        var bare = sums.Any(sum => sum.Definition.Activation == Activation.None);
        for (var i = 0; i < data.Logits.Length; i++)
            data.Logits[i] = bare ? (float)(1.1 * random.NextDouble() - 0.2) : data.Logits[i];
        for (var i = 0; i < data.Labels.Length && classes == 1; i++)
            data.Labels[i] = random.Next(2);

        // In the second sample voxel 1 has an ignored label and an invalid weight, voxel 4 an invalid label and a weight of 0.
        data.Labels[3] = data.Labels[data.Voxels + 1] = data.Labels[data.Voxels + 5] = Ignored;
        data.Labels[2] = data.Labels[data.Voxels + 4] = Invalid;
        logits = new DeviceCase(data, Width: 1, type, label).Rounded();
        Numbers = [.. data.Logits.Select(_ => target == TargetKind.UInt8 ? random.Next(2) : random.NextSingle())];
        Weights = [.. data.Labels.Select(_ => mask switch
        {
            MaskKind.Float32 => 2 * random.NextSingle(),
            MaskKind.UInt8 => random.Next(1, 4),
            _ => 1f,
        })];
        for (var i = 0; i < Awkward.Length && mask != MaskKind.None; i++)
            Weights[data.Voxels + i] = mask == MaskKind.UInt8 ? 0 : (float)Awkward[i];
        for (var n = 0; n < data.Samples; n++)
        {
            for (var v = 0; v < voxels; v++)
            {
                for (var c = 0; c < classes && !Exists(n, v); c++)
                    data.Logits[Element(n, c, v)] = (c % 3) switch { 0 => float.NaN, 1 => float.PositiveInfinity, _ => 1 };
            }
        }

        Coefficients = [.. Enumerable.Range(0, sums.Count * data.Samples).SelectMany(row =>
        {
            var (k, squared) = (random.NextSingle(), sums[row / data.Samples].Definition.Overlap == OverlapSums.Squared);
            return Enumerable.Range(0, classes).Select(_ =>
            {
                var (intersection, prediction) = (random.NextSingle() - 0.5f, random.NextSingle() - 0.5f);
                return new ClassCoefficients
                {
                    Intersection = intersection,
                    Constant = squared ? 0 : prediction,
                    Linear = squared ? 2 * prediction : 0,
                    VoxelTerm = k,
                };
            });
        })];
        Seeds = valueSum < 0 ? []
            : [.. Enumerable.Range(0, valuesPerClass ? data.Logits.Length : data.Labels.Length).Select(_ => random.NextSingle())];
    }

    /// <summary>As <see cref="DeviceVolume.ChecksTarget"/>.</summary>
    public bool ChecksTarget { get; init; }

    public SegmentationCase Data => logits.Data;

    public IReadOnlyList<PlanSum> Sums { get; }

    public int ValueSum { get; }

    public bool ValuesPerClass { get; }

    public TargetKind Target { get; }

    public MaskKind Mask { get; }

    public LabelType Label => label;

    public LogitsType Type => logits.Type;

    /// <summary>[N, C, V], where the target does not hold labels.</summary>
    public float[] Numbers { get; }

    /// <summary>[N, V].</summary>
    public float[] Weights { get; }

    /// <summary>[sums, N, C].</summary>
    public ClassCoefficients[] Coefficients { get; }

    /// <summary>As many as values.</summary>
    public float[] Seeds { get; }

    public (double Relative, double Absolute) Rounding => logits.Rounding;

    public LogitsShape Shape => new(Data.Samples, Data.Classes, Data.Voxels);

    public DeviceVolume Volume => DeviceVolume.Of(Shape, layout: null, Target, label, Ignored, Mask) with
    {
        Sums = Sums.Count,
        ValueSum = ValueSum,
        ValuesPerClass = ValuesPerClass ? 1 : 0,
        ChecksTarget = ChecksTarget ? 1 : 0,
    };

    /// <summary>Rounds logits that have been changed to their type.</summary>
    public void Round() => logits.Rounded();

    public int Element(int n, int c, int v) => (n * Data.Classes + c) * Data.Voxels + v;

    public bool Exists(int n, int v)
    {
        var weight = Weights[n * Data.Voxels + v];
        return weight > 0 && float.IsFinite(weight) && (Target != TargetKind.Labels || Data.Labels[n * Data.Voxels + v] < Ignored);
    }

    /// <summary>Whether a voxel has an invalid weight, or an invalid label and a weight other than 0.</summary>
    public bool IsInvalid(int n, int v)
    {
        var weight = Weights[n * Data.Voxels + v];
        return weight < 0 || !float.IsFinite(weight)
            || (weight > 0 && Target == TargetKind.Labels && Data.Labels[n * Data.Voxels + v] > Ignored);
    }

    /// <summary>Whether the kernels of a pass with one sum take it.</summary>
    public bool HasOneSum => ValueSum < 0 && Sums.Count == 1 && Sums[0].Definition.Activation is Activation.Softmax or Activation.Sigmoid;

    public DeviceKernel Kernel(bool isReduce, bool isSum) => isSum
        ? KernelOf(isReduce, Sums[0].Definition.Activation == Activation.Sigmoid ? DeviceForm.Sigmoid : DeviceForm.Softmax)
        : KernelOf(isReduce, DeviceForm.Loop);

    private DeviceKernel KernelOf(bool isReduce, DeviceForm form) => new(
        isReduce ? DeviceStep.Reduce : DeviceStep.Spread, form, DeviceKernelTable.ClassesOf(form, Data.Classes), 1, logits.Type);

    public byte[] LogitsBytes() => logits.LogitsBytes();

    public float[] Gradient(byte[] bytes) => logits.Gradient(bytes);

    public byte[] TargetBytes() => Target switch
    {
        TargetKind.Labels => logits.LabelBytes(),
        TargetKind.UInt8 => [.. Numbers.Select(number => (byte)number)],
        _ => MemoryMarshal.AsBytes(Numbers.AsSpan()).ToArray(),
    };

    public byte[] MaskBytes() => Mask switch
    {
        MaskKind.None => [],
        MaskKind.UInt8 => [.. Weights.Select(weight => (byte)weight)],
        _ => MemoryMarshal.AsBytes(Weights.AsSpan()).ToArray(),
    };

    public double[] Plan()
    {
        var layout = new SumPlan(Data.Classes);
        var plan = new double[Sums.Count * layout.Stride];
        for (var sum = 0; sum < Sums.Count; sum++)
            layout.Write(plan, sum, Sums[sum].Definition, Sums[sum].Positive, Sums[sum].Negative);
        return plan;
    }
}
