namespace GpuLoss.Bench.Gpu.Comparison;

/// <summary>How near two drivers have to come to each other.</summary>
internal enum Closeness
{
    /// <summary>The same bits: counts, and what comes of operations that IEEE 754 rounds, however ptxas fuses them.</summary>
    Bits,

    /// <summary>Float64 throughout, but multiplications may be fused with additions or not.</summary>
    Wide,

    /// <summary>What goes through ex2, lg2 and rcp, whose errors are documented and not known.</summary>
    Approximate,
}

/// <summary>Numbers that a problem left, by name.</summary>
/// <param name="Name">What they are.</param>
/// <param name="Numbers">They.</param>
/// <param name="Closeness">How near they have to be.</param>
internal sealed record ComparedNumbers(string Name, double[] Numbers, Closeness Closeness)
{
    /// <summary>Thousands of roundings of float64.</summary>
    public const double Wide = 1e-12;

    /// <summary>
    /// Everything is within 1e-6 of float64 with the approximations at their documented worst (tests/GpuLoss.PtxMachine.Tests), and exact
    /// ones are one of the ways to err: two runs are within twice as much of each other.
    /// </summary>
    public const double Approximate = 2e-6;

    /// <summary>Whether differences are measured by the largest number, as those of a gradient, or each by 1 and its own size.</summary>
    public bool OfLargest { get; init; }

    /// <summary>What numbers may be off by since they are rounded to a narrow type, of their size and of the least that it has.</summary>
    public (double Relative, double Absolute) Step { get; init; }

    /// <summary>The difference that is allowed in any case.</summary>
    public double Floor { get; init; }

    /// <summary>What is allowed beyond that.</summary>
    public double Tolerance => Closeness switch
    {
        Closeness.Bits => 0,
        Closeness.Wide => Wide,
        _ => Approximate,
    };

    /// <summary>The largest difference from other numbers, in the measure of the tolerance; infinite where one is not a number and the
    /// other is.</summary>
    /// <returns>It, and where it is.</returns>
    public (double Difference, int At) From(ComparedNumbers other)
    {
        var largest = OfLargest ? Numbers.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max() : 0;
        var (most, at) = (0.0, -1);
        for (var i = 0; i < Numbers.Length; i++)
        {
            var difference = Difference(Numbers[i], other.Numbers[i], largest);
            if (difference > most)
                (most, at) = (difference, i);
        }

        return (most, at);
    }

    private double Difference(double one, double other, double largest)
    {
        // Which NaN it is, IEEE 754 does not say.
        if (BitConverter.DoubleToInt64Bits(one) == BitConverter.DoubleToInt64Bits(other) || (double.IsNaN(one) && double.IsNaN(other)))
            return 0;
        if (Closeness == Closeness.Bits || !double.IsFinite(one) || !double.IsFinite(other))
            return double.PositiveInfinity;
        var size = Math.Max(Math.Abs(one), Math.Abs(other));
        var excess = Math.Abs(one - other) - Floor - Step.Absolute - Step.Relative * size;
        if (excess <= 0)
            return 0;
        return excess / (OfLargest ? largest : 1 + size);
    }
}
