namespace GpuLoss.Kernels.Tests;

/// <summary>
/// Random logits and labels with their statistics and the gradient of Σ over classes of given slopes, in float64 and plain loops: what
/// every engine has to agree with. With a focal γ other than 0, cross-entropy stands for focal loss.
/// </summary>
internal sealed class SegmentationCase
{
    public SegmentationCase(
        int samples, int classes, int voxels, long ignoreIndex = -100, bool squared = false, bool weighted = true, double focalGamma = 0)
    {
        FocalGamma = focalGamma;
        (Samples, Classes, Voxels, IgnoreIndex, Squared, IsWeighted) = (samples, classes, voxels, ignoreIndex, squared, weighted);
        var random = new Random(1);
        Logits = [.. Enumerable.Range(0, samples * classes * voxels).Select(_ => (float)(6 * random.NextDouble() - 3))];
        Labels = [.. Enumerable.Range(0, samples * voxels).Select(_ => (long)random.Next(classes))];
        Weights = [.. Enumerable.Range(0, classes).Select(c => weighted ? 0.5 + 0.25 * c : 1)];
    }

    public int Samples { get; }

    public int Classes { get; }

    public int Voxels { get; }

    public long IgnoreIndex { get; }

    public bool Squared { get; }

    public bool IsWeighted { get; }

    public double FocalGamma { get; }

    public float[] Logits { get; }

    public long[] Labels { get; }

    public double[] Weights { get; }

    /// <summary>[N, 3·C + 3]: I, P, T, weighted cross-entropy, voxels, invalid labels.</summary>
    public double[] Statistics()
    {
        var stride = 3 * Classes + 3;
        var result = new double[Samples * stride];
        ForEachVoxel((n, v, label, p) =>
        {
            var row = result.AsSpan(n * stride, stride);
            if (label < 0 || label >= Classes)
            {
                row[^1]++;
                return;
            }

            for (var c = 0; c < Classes; c++)
                row[Classes + c] += Squared ? p[c] * p[c] : p[c];
            row[(int)label] += p[label];
            row[2 * Classes + (int)label]++;
            row[^2]++;
            row[^3] -= Weights[label] * Math.Pow(Rest(p, label), FocalGamma) * LogProbability(n, v, (int)label);
        });
        return result;
    }

    /// <summary>The gradient where dL/dp is a·[own] + b + q·p and cross-entropy has the factor k of the own class.</summary>
    public double[] Gradient(Func<int, int, (double A, double B, double Q, double K)> coefficients)
    {
        var result = new double[Logits.Length];
        ForEachVoxel((n, v, label, p) =>
        {
            if (label < 0 || label >= Classes)
                return;
            var slopes = new double[Classes];
            for (var c = 0; c < Classes; c++)
            {
                var (a, b, q, _) = coefficients(n, c);
                slopes[c] = (c == label ? a : 0) + b + q * p[c];
            }

            var mean = slopes.Zip(p, (slope, probability) => slope * probability).Sum();
            var k = coefficients(n, (int)label).K * FocalSlope(p, label);
            for (var c = 0; c < Classes; c++)
                result[(n * Classes + c) * Voxels + v] = p[c] * (slopes[c] - mean) + k * (p[c] - (c == label ? 1 : 0));
        });
        return result;
    }

    /// <summary>1 - p of the own class, as the sum of the others: where p is all but 1 nothing cancels.</summary>
    private static double Rest(double[] p, long label) => p.Where((_, c) => c != label).Sum();

    /// <summary>The derivative of q^γ·ln p by ln p, where q = 1 - p.</summary>
    private double FocalSlope(double[] p, long label)
    {
        if (FocalGamma == 0)
            return 1;
        var (own, rest) = (p[label], Rest(p, label));
        var ofPower = own > 0 && rest > 0 ? FocalGamma * Math.Pow(rest, FocalGamma - 1) * own * Math.Log(own) : 0;
        return Math.Pow(rest, FocalGamma) - ofPower;
    }

    private double LogProbability(int n, int v, int label)
    {
        double Logit(int c) => Logits[(n * Classes + c) * Voxels + v];
        var largest = Enumerable.Range(0, Classes).Max(Logit);
        return Logit(label) - largest - Math.Log(Enumerable.Range(0, Classes).Sum(c => Math.Exp(Logit(c) - largest)));
    }

    private void ForEachVoxel(Action<int, int, long, double[]> visit)
    {
        for (var n = 0; n < Samples; n++)
        {
            for (var v = 0; v < Voxels; v++)
            {
                var label = Labels[n * Voxels + v];
                if (label == IgnoreIndex)
                    continue;
                var p = new double[Classes];
                for (var c = 0; c < Classes; c++)
                    p[c] = Math.Exp(LogProbability(n, v, c));
                visit(n, v, label, p);
            }
        }
    }
}
