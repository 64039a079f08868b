namespace GpuLoss.Kernels.Tests;

/// <summary>
/// Mean Dice plus weighted mean cross-entropy, or focal loss, in float64, from the formulas: value, and gradient by the quotient rule. With
/// a power the Dice part is the mean of (-ln Dice)^power.
/// </summary>
internal static partial class DiceCEReference
{
    private const double Smooth = 1e-5;

    public static (double Loss, double[] Gradient) Of(SegmentationCase data, double[] statistics, double? power = null)
    {
        var (n, c) = (data.Samples, data.Classes);
        var stride = 3 * c + 3;
        double I(int s, int k) => statistics[s * stride + k];
        double P(int s, int k) => statistics[s * stride + c + k];
        double T(int s, int k) => statistics[s * stride + 2 * c + k];
        double Ratio(int s, int k) => (2 * I(s, k) + Smooth) / (P(s, k) + T(s, k) + Smooth);
        double Value(double ratio) => power is { } exponent ? Math.Pow(-Math.Log(ratio), exponent) : 1 - ratio;
        double Outer(double ratio) => power is { } exponent ? exponent * Math.Pow(-Math.Log(ratio), exponent - 1) / ratio : 1;
        double loss = 0, crossEntropy = 0, weight = 0;
        for (var s = 0; s < n; s++)
        {
            crossEntropy += statistics[s * stride + 3 * c];
            for (var k = 0; k < c; k++)
            {
                loss += data.Weights[k] * Value(Ratio(s, k)) / (n * c);
                weight += data.Weights[k] * T(s, k);
            }
        }

        var gradient = data.Gradient((s, k) =>
        {
            var denominator = P(s, k) + T(s, k) + Smooth;
            var factor = data.Weights[k] / (n * c) * Outer(Ratio(s, k));
            var byPrediction = factor * (2 * I(s, k) + Smooth) / (denominator * denominator);
            return (-2 * factor / denominator, data.Squared ? 0 : byPrediction, data.Squared ? 2 * byPrediction : 0,
                data.Weights[k] / weight);
        });
        return (loss + crossEntropy / weight, gradient);
    }
}
