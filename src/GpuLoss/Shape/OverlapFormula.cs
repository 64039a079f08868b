using GpuLoss.Kernels.Objective;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Shape;

/// <summary>An overlap loss of one class as torch's operations on I, P and T, for sums that no engine has made.</summary>
internal static class OverlapFormula
{
    /// <summary>The loss of each.</summary>
    public static Tensor Of(OverlapTerm term, Tensor intersection, Tensor prediction, Tensor target)
    {
        Tensor At(LinearForm form, double smooth) =>
            form.Intersection * intersection + form.Prediction * prediction + form.Target * target + smooth;
        var (above, below) = (At(term.Numerator, term.SmoothNumerator), At(term.Denominator, term.SmoothDenominator));

        // A denominator of 0 counts as perfect. What is not chosen must not be infinite: its gradient would be no number.
        var isEmpty = below.eq(0);
        var ratio = torch.where(isEmpty, torch.ones_like(below), above / torch.where(isEmpty, torch.ones_like(below), below));
        var loss = term.Measure == OverlapMeasure.NegativeLogarithm ? -ratio.log() : 1 - ratio;
        if (term.Exponent == 1)
            return loss;
        var isPerfect = loss.le(0);
        return torch.where(isPerfect, loss * 0, torch.where(isPerfect, torch.ones_like(loss), loss).pow(term.Exponent));
    }
}
