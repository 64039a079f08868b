using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Tests.Device;

/// <summary>
/// A pass in float64, as its formulas are written: the slopes along the predictions go through the Jacobian of the activation. It
/// shares no code with the kernels.
/// </summary>
internal sealed class DevicePlanReference
{
    private readonly DevicePlanCase @case;

    public DevicePlanReference(DevicePlanCase @case)
    {
        this.@case = @case;
        var (data, stride) = (@case.Data, 3 * @case.Data.Classes + 3);
        Statistics = new double[@case.Sums.Count * data.Samples * stride];
        Values = new double[@case.Seeds.Length];
        Gradient = new double[data.Logits.Length];
        for (var sum = 0; sum < @case.Sums.Count; sum++)
        {
            for (var n = 0; n < data.Samples; n++)
            {
                var row = Statistics.AsSpan((sum * data.Samples + n) * stride, stride);
                for (var v = 0; v < data.Voxels; v++)
                {
                    row[^1] += @case.IsInvalid(n, v) ? 1 : 0;
                    if (@case.Exists(n, v))
                        Add(sum, n, v, row);
                }
            }
        }
    }

    /// <summary>[sums, N, 3·C + 3].</summary>
    public double[] Statistics { get; }

    /// <summary>[N, V] or [N, C, V].</summary>
    public double[] Values { get; }

    /// <summary>[N, C, V].</summary>
    public double[] Gradient { get; }

    private void Add(int sum, int n, int v, Span<double> row)
    {
        var (data, classes) = (@case.Data, @case.Data.Classes);
        var (definition, positive, negative) = @case.Sums[sum];
        var weight = (double)@case.Weights[n * data.Voxels + v];
        var x = Enumerable.Range(0, classes).Select(c => (double)data.Logits[@case.Element(n, c, v)]).ToArray();
        var (p, rest) = Predict(definition.Activation, x);
        var slopes = new double[classes];
        row[^2] += weight;
        for (var c = 0; c < classes; c++)
        {
            var t = Target(n, c, v);
            var of = @case.Coefficients[(sum * data.Samples + n) * classes + c];
            var isAbsolute = definition.Overlap == OverlapSums.Absolute;
            var isSquared = definition.Overlap == OverlapSums.Squared;
            row[2 * classes + c] += weight * (isAbsolute ? Math.Abs(t) : isSquared ? t * t : t);
            if (definition.Overlap != OverlapSums.None)
            {
                row[c] += weight * (isAbsolute ? (Math.Abs(p[c]) + Math.Abs(t) - Math.Abs(p[c] - t)) / 2 : p[c] * t);
                row[classes + c] += weight * (isAbsolute ? Math.Abs(p[c]) : isSquared ? p[c] * p[c] : p[c]);
                var ofIntersection = isAbsolute ? (Math.Sign(p[c]) - Math.Sign(p[c] - t)) / 2.0 : t;
                var ofPrediction = isAbsolute ? Math.Sign(p[c]) * of.Constant : of.Constant + of.Linear * p[c];
                slopes[c] += weight * (of.Intersection * ofIntersection + ofPrediction);
            }

            if (definition.HasVoxelTerm == 0)
                continue;
            var smoothed = (1 - definition.LabelSmoothing) * t + definition.LabelSmoothing / classes;
            var (value, slope) = Term(p[c], rest[c], definition.Gamma);
            var (term, slopeOfTerm) = (positive[c] * smoothed * value, positive[c] * smoothed * slope);
            if (definition.Activation == Activation.Sigmoid)
            {
                (value, slope) = Term(rest[c], p[c], definition.Gamma);
                term += negative[c] * (1 - smoothed) * value;
                slopeOfTerm -= negative[c] * (1 - smoothed) * slope;
            }

            row[^3] += weight * term;
            var seed = 0f;
            if (sum == @case.ValueSum)
            {
                var index = @case.ValuesPerClass ? @case.Element(n, c, v) : n * data.Voxels + v;
                Values[index] += weight * term;
                seed = @case.Seeds[index];
            }

            slopes[c] += weight * (of.VoxelTerm + seed) * slopeOfTerm;
        }

        for (var c = 0; c < classes; c++)
        {
            Gradient[@case.Element(n, c, v)] += definition.Activation switch
            {
                Activation.Softmax => Enumerable.Range(0, classes).Sum(j => slopes[j] * p[j] * (j == c ? rest[c] : -p[c])),
                Activation.Sigmoid => slopes[c] * p[c] * rest[c],
                Activation.None => slopes[c],
                _ => 0,
            };
        }
    }

    private double Target(int n, int c, int v)
    {
        if (@case.Target != TargetKind.Labels)
            return @case.Numbers[@case.Element(n, c, v)];
        var label = @case.Data.Labels[n * @case.Data.Voxels + v];
        return @case.Data.Classes == 1 ? label : label == c ? 1 : 0;
    }

    /// <summary>-q^γ·ln p with q = 1 - p, and its derivative along p.</summary>
    private static (double Value, double Slope) Term(double p, double q, double gamma)
    {
        // Not LogP1, which adds 1 first and has no digits left.
        var logarithm = p > 0.5 ? -2 * Math.Atanh(q / (2 - q)) : Math.Log(p);
        var ofPower = gamma == 0 || q == 0 ? 0 : gamma * Math.Pow(q, gamma - 1) * logarithm;
        return (-Math.Pow(q, gamma) * logarithm, ofPower - Math.Pow(q, gamma) / p);
    }

    /// <summary>The predictions, and 1 less each.</summary>
    private static (double[] P, double[] Q) Predict(Activation activation, double[] x)
    {
        switch (activation)
        {
            case Activation.Softmax:
                var exponentials = x.Select(Math.Exp).ToArray();
                var sum = exponentials.Sum();
                return ([.. exponentials.Select(e => e / sum)],
                    [.. exponentials.Select((_, c) => exponentials.Where((_, j) => j != c).Sum() / sum)]);
            case Activation.Sigmoid:
                return ([.. x.Select(value => 1 / (1 + Math.Exp(-value)))], [.. x.Select(value => 1 / (1 + Math.Exp(value)))]);
            case Activation.LargestClass:
                var largest = Array.IndexOf(x, x.Max());
                return ([.. x.Select((_, c) => c == largest ? 1.0 : 0)], x);
            case Activation.AboveHalf:
                return ([.. x.Select(value => value > 0 ? 1.0 : 0)], x);
            default:
                return (x, x);
        }
    }
}
