using System.Collections.Immutable;
using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Objective;
using GpuLoss.Kernels.Tests;

namespace GpuLoss.Bench.Gpu;

/// <summary>A problem for the GPU, with what float64 makes of it.</summary>
internal sealed class DeviceTestCase
{
    private const int Samples = 2;

    /// <summary>Added to the logit of a voxel's own class it makes a cross-entropy of about 0.01, as a trained network has.</summary>
    private const float Confidence = 8;

    private const int IgnoredEvery = 10;
    private const int InvalidEvery = 37;

    public DeviceTestCase(DeviceProblem problem, bool isConfident)
    {
        var (pass, shape, loss) = (problem.Pass, problem.Pass.Shape, problem.Loss);
        Problem = problem;
        Name = $"{pass.Logits}, {pass.Label}, C = {shape.Classes}, V = {shape.Voxels}"
            + (pass.Layout is null ? "" : ", channels last") + (loss.Overlap.SquaredPrediction == 0 ? "" : ", squared")
            + (loss.FocalGamma == 0 ? "" : FormattableString.Invariant($", focal {loss.FocalGamma}"))
            + (loss.Overlap.IsTransformed ? ", logarithmic" : "") + (isConfident ? ", confident" : "");
        Data = new SegmentationCase(
            shape.Samples, shape.Classes, (int)shape.Voxels, pass.IgnoreIndex, loss.Overlap.SquaredPrediction != 0,
            focalGamma: loss.FocalGamma);
        MakeLogits(isConfident);
        MakeLabels();
        Statistics = Data.Statistics();
        (Loss, Gradient) = DiceCEReference.Of(
            Data, Statistics, loss.Overlap.IsTransformed ? loss.Overlap.Exponent : null);
    }

    public string Name { get; }

    public DeviceProblem Problem { get; }

    public SegmentationCase Data { get; }

    /// <summary>[N, 3·C + 3].</summary>
    public double[] Statistics { get; }

    public double Loss { get; }

    /// <summary>[N, C, V].</summary>
    public double[] Gradient { get; }

    /// <summary>The labels that name no class and are not ignored.</summary>
    public int InvalidLabels { get; private set; }

    /// <summary>The logits in the type and the order of the problem.</summary>
    public byte[] EncodedLogits => ElementCodec.Encode(Ordered(Array.ConvertAll(Data.Logits, value => (double)value)), Problem.Pass.Logits);

    /// <summary>The labels in the type of the problem.</summary>
    public byte[] EncodedLabels => ElementCodec.Encode(Data.Labels, Problem.Pass.Label);

    /// <summary>The problem of a test: Dice and cross-entropy with class weights.</summary>
    public static DeviceProblem ProblemOf(
        LogitsType logits, LabelType target, bool channelsLast, int classes, int voxels, bool squared) => new(
            new LossProblem(
                new LogitsShape(Samples, classes, voxels), logits, TargetKind.Labels, target, MaskKind.None,
                target == LabelType.UInt8 ? byte.MaxValue : -100, Sums: [])
            {
                Layout = channelsLast ? ChannelsLast(classes, voxels) : null,
            },
            DiceCEDefinition.Loss with { Overlap = DiceCEDefinition.Loss.Overlap with { SquaredPrediction = squared ? 1 : 0 } });

    /// <summary>A tensor [N, C, V] of the GPU, in the type and the order of the problem, as [N, C, V] of numbers.</summary>
    public double[] Decode(byte[] tensor) => Reordered(ElementCodec.Decode(tensor, Problem.Pass.Logits), (from, to) => (to, from));

    private static VolumeLayout ChannelsLast(int classes, int voxels)
    {
        var strides = new TensorStrides((long)classes * voxels, 1, ImmutableArray.Create<long>(classes));
        return VolumeLayout.Of([voxels], strides, new TensorStrides(voxels, 0, [1]), strides);
    }

    private double[] Ordered(double[] values) => Reordered(values, (from, to) => (from, to));

    private double[] Reordered(double[] values, Func<int, int, (int From, int To)> direction)
    {
        if (Problem.Pass.Layout is null)
            return values;
        var result = new double[values.Length];
        for (var n = 0; n < Data.Samples; n++)
        {
            for (var c = 0; c < Data.Classes; c++)
            {
                for (var v = 0; v < Data.Voxels; v++)
                {
                    var (from, to) = direction((n * Data.Classes + c) * Data.Voxels + v, (n * Data.Voxels + v) * Data.Classes + c);
                    result[to] = values[from];
                }
            }
        }

        return result;
    }

    private void MakeLogits(bool isConfident)
    {
        for (var i = 0; i < Data.Logits.Length; i++)
        {
            var (n, c, v) = (i / (Data.Classes * Data.Voxels), i / Data.Voxels % Data.Classes, i % Data.Voxels);
            if (isConfident && Data.Labels[n * Data.Voxels + v] == c)
                Data.Logits[i] += Confidence;
        }

        // What a narrower type keeps of them is what the reference gets too.
        var kept = ElementCodec.Decode(
            ElementCodec.Encode(Data.Logits.Select(value => (double)value), Problem.Pass.Logits), Problem.Pass.Logits);
        for (var i = 0; i < kept.Length; i++)
            Data.Logits[i] = (float)kept[i];
    }

    private void MakeLabels()
    {
        for (var i = 0; i < Data.Labels.Length; i++)
        {
            if (i % IgnoredEvery == 0)
                Data.Labels[i] = Data.IgnoreIndex;
            else if (i % InvalidEvery == 0 && Data.Classes < sbyte.MaxValue)
                (Data.Labels[i], InvalidLabels) = (Data.Classes, InvalidLabels + 1);
            else if (Data.Labels[i] > sbyte.MaxValue)
                Data.Labels[i] = sbyte.MaxValue;
        }
    }
}
