namespace GpuLoss.Kernels.Objective;

/// <summary>
/// A linear form of one class's sums, <c>Intersection·I + Prediction·P + Target·T</c>. Two of them, numerator and denominator, are
/// what tells one overlap loss from another.
/// </summary>
/// <param name="Intersection">Factor of I = Σ p·t over the voxels.</param>
/// <param name="Prediction">Factor of P = Σ p, or Σ p² where the loss squares its denominator.</param>
/// <param name="Target">Factor of T = Σ t.</param>
internal readonly record struct LinearForm(double Intersection, double Prediction, double Target)
{
    /// <summary>The value of the form at the given sums.</summary>
    public double At(double intersection, double prediction, double target) =>
        Intersection * intersection + Prediction * prediction + Target * target;
}
