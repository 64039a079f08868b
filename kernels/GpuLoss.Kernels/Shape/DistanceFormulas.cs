namespace GpuLoss.Kernels.Shape;

/// <summary>What the losses of distances are made of, for host and device.</summary>
internal static class DistanceFormulas
{
    /// <summary>The signed distance of a voxel.</summary>
    /// <param name="squared">The square of its distance to the nearest voxel of the other kind.</param>
    /// <param name="isInside">Whether it is of the class.</param>
    /// <param name="least">The least spacing.</param>
    public static double Signed(double squared, bool isInside, double least)
    {
        var distance = Math.Sqrt(squared);
        return isInside ? least - distance : distance;
    }

    /// <summary>The loss of a voxel by its error.</summary>
    public static double Hausdorff(double error, double distance) => error * error * distance;

    /// <summary>Its slope.</summary>
    public static double HausdorffSlope(double error, double distance) => 2 * error * distance;
}

/// <summary>The power of a distance that a loss takes. There are two, since powers in double make a long kernel.</summary>
internal interface IDistancePower
{
    /// <summary>The power.</summary>
    /// <param name="squared">The square of the distance.</param>
    /// <param name="alpha">The exponent of the distance.</param>
    double Of(double squared, double alpha);
}

/// <summary>The exponent 2.</summary>
internal readonly struct SquareOfDistance : IDistancePower
{
    /// <summary>The exponent.</summary>
    public const double Alpha = 2;

    /// <inheritdoc/>
    public double Of(double squared, double alpha) => squared;
}

/// <summary>Any exponent.</summary>
internal readonly struct PowerOfDistance : IDistancePower
{
    /// <inheritdoc/>
    public double Of(double squared, double alpha) => Math.Pow(squared, alpha / 2);
}
