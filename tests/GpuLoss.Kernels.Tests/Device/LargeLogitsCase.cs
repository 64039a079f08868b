using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Tests.Device;

/// <summary>
/// A pass over logits almost as far apart as float32 can say, and over a voxel with no other than the smallest. Of such logits the
/// softmax is 1 for the largest class, and -ln p the distance from it.
/// </summary>
internal sealed class LargeLogitsCase
{
    private const int Classes = 3;
    private const int Voxels = 67;
    private const int VoxelOfEqual = 20;
    private static readonly double[] Positive = [0.5, 0.75, 1];

    public LargeLogitsCase(LogitsType type)
    {
        var definition = new SumDefinition { Activation = Activation.Softmax, Overlap = OverlapSums.Product, HasVoxelTerm = 1 };
        Case = new DevicePlanCase(
            Classes, Voxels, type, TargetKind.Labels, LabelType.UInt8, MaskKind.None, [new PlanSum(definition, Positive, [0, 0, 0])],
            valueSum: 0);
        for (var i = 0; i < Case.Data.Logits.Length; i++)
            Case.Data.Logits[i] *= 5.3e37f;
        for (var c = 0; c < Classes; c++)
            Case.Data.Logits[Case.Element(0, c, VoxelOfEqual)] = type == LogitsType.Float32 ? float.MinValue : -3.3e38f;
        Case.Round();
    }

    public DevicePlanCase Case { get; }

    public void AssertAgrees(PlanResult actual)
    {
        var (statistics, values, gradient) =
            (new double[actual.Statistics.Length], new double[actual.Values.Length], new double[actual.Gradient.Length]);
        for (var n = 0; n < Case.Data.Samples; n++)
        {
            var row = statistics.AsSpan(n * (3 * Classes + 3), 3 * Classes + 3);
            for (var v = 0; v < Voxels; v++)
            {
                row[^1] += Case.IsInvalid(n, v) ? 1 : 0;
                if (Case.Exists(n, v))
                    Add(n, v, row, values, gradient);
            }
        }

        DeviceReference.AssertClose(statistics, actual.Statistics);
        DeviceReference.AssertClose(values, [.. actual.Values.Select(value => (double)value)]);
        DeviceReference.AssertGradient(Case.Rounding, gradient, actual.Gradient);
    }

    private void Add(int n, int v, Span<double> row, double[] values, double[] gradient)
    {
        var label = (int)Case.Data.Labels[n * Voxels + v];
        var x = Enumerable.Range(0, Classes).Select(c => (double)Case.Data.Logits[Case.Element(n, c, v)]).ToArray();
        var equal = x.Count(logit => logit == x.Max());
        var p = x.Select(logit => logit == x.Max() ? 1.0 / equal : 0).ToArray();
        var value = Positive[label] * (x.Max() - x[label] + Math.Log(equal));
        values[n * Voxels + v] = value;
        row[^3] += value;
        row[^2]++;
        row[label] += p[label];
        row[2 * Classes + label]++;
        var slopes = Enumerable.Range(0, Classes).Select(c => (c == label ? Of(n, c).Intersection : 0) + Of(n, c).Constant).ToArray();
        var factor = Positive[label] * (Of(n, label).VoxelTerm + Case.Seeds[n * Voxels + v]);
        for (var c = 0; c < Classes; c++)
        {
            row[Classes + c] += p[c];
            gradient[Case.Element(n, c, v)] =
                p[c] * (slopes[c] - slopes.Zip(p, (slope, share) => slope * share).Sum()) + factor * (p[c] - (c == label ? 1 : 0));
        }
    }

    private ClassCoefficients Of(int n, int c) => Case.Coefficients[n * Classes + c];
}
