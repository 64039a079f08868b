using ILGPU;
using ILGPU.Util;

namespace GpuLoss.Kernels.Objective;

/// <summary>
/// Logarithm and power in float64, to a few units of the last digit, for <see cref="Score"/> on the host and on the device: a few dozen
/// additions and multiplications of which none is called, in which no lane takes another way than the others, and which give both the same
/// bits but where an assembler fuses a multiplication with an addition.
/// </summary>
/// <remarks>
/// A number is 2^e·(1 + f) with 1 + f between the roots of 1/2 and of 2. With s = f / (2 + f) and z = s², ln(1 + f) = 2·artanh(s) is
/// f - s·(f - 2·z·(1/3 + z/5 + z²/7 + …)): f is exact, and what is rounded is at most a fifth of it. The exponential of at most half of ln
/// 2 is its Taylor series up to the 13th power. What either series leaves out is less than 2^-57 of the result.
/// </remarks>
internal static class DoubleMath
{
    private const int MantissaBits = 52;
    private const int Bias = 1023;

    /// <summary>A number with this much in its mantissa has no bits that products of two of them round away.</summary>
    private const ulong UpperHalf = ~0ul << 27;

    private const double SmallestNormal = 2.2250738585072014e-308;
    private const double TwoTo54 = 1L << 54;

    /// <summary>Added and taken off again it rounds to an integer.</summary>
    private const double Rounder = 3L << (MantissaBits - 1);

    /// <summary>Exponents beyond it, of either sign, are those of infinity and 0.</summary>
    private const double LargestExponent = 1100;

    private const double LogOf2Upper = 0.6931471675634384;
    private const double LogOf2Lower = 1.2996506893889889e-8;
    private const double Log2OfEUpper = 1.4426950216293335;
    private const double Log2OfELower = 1.9259629911266175e-8;

    /// <summary>The natural logarithm: minus infinity of 0, NaN of less than 0.</summary>
    public static double Log(double x)
    {
        var (exponent, f, rest) = Reduce(x);
        var result = exponent * LogOf2Upper + (exponent * LogOf2Lower + (f - rest));
        result = Utilities.Select(x == 0, double.NegativeInfinity, result);
        result = Utilities.Select(x < 0, double.NaN, result);
        return Utilities.Select(x < double.PositiveInfinity, result, x);
    }

    /// <summary>
    /// x to the power of y as <see cref="Math.Pow"/> has it, but that a negative x has none. The relative error is less than 1e-13 whatever
    /// the result is.
    /// </summary>
    public static double Power(double x, double y)
    {
        // ld x = e + a + b with a exact; e·y and the upper half of y·a are exact too. What is left is small enough for its roundings.
        var (exponent, f, rest) = Reduce(x);
        var upper = Upper(f);
        var a = upper * Log2OfEUpper;
        var b = upper * Log2OfELower + (f - upper - rest) * RealMath.Log2OfE;
        var (yUpper, aUpper) = (Upper(y), Upper(a));
        var yLower = y - yUpper;
        var logarithm = y * (exponent + (a + b));
        var whole = Math.Max(-LargestExponent, Math.Min(LargestExponent, logarithm)) + Rounder - Rounder;
        var fraction = yUpper * exponent - whole + yUpper * aUpper + (yLower * exponent + (yUpper * (a - aUpper) + yLower * a + y * b));
        var (half, power) = ((int)whole >> 1, Exponential(fraction * RealMath.LogOf2));
        var result = power * PowerOfTwo(half) * PowerOfTwo((int)whole - half);

        result = Utilities.Select(logarithm > LargestExponent, double.PositiveInfinity, result);
        result = Utilities.Select(logarithm < -LargestExponent, 0, result);
        var atEnd = Utilities.Select((x == 0) == (y > 0), 0.0, double.PositiveInfinity);
        result = Utilities.Select(x == 0 | x == double.PositiveInfinity, atEnd, result);
        result = Utilities.Select(double.IsNaN(y) | !(x >= 0), double.NaN, result);
        return Utilities.Select(x == 1 | y == 0, 1, result);
    }

    /// <summary>e, f, and what has to be taken off f to make it ln(1 + f).</summary>
    private static (double Exponent, double F, double Excess) Reduce(double x)
    {
        const double rootOf2 = 1.4142135623730951;

        var isSmall = x < SmallestNormal;
        var bits = Interop.FloatAsInt(Utilities.Select(isSmall, x * TwoTo54, x));
        var exponent = (int)(bits >> MantissaBits) - Bias - Utilities.Select(isSmall, 54, 0);
        var mantissa = Interop.IntAsFloat(bits & ((1ul << MantissaBits) - 1) | (ulong)Bias << MantissaBits);
        var isLarge = mantissa > rootOf2;
        var f = Utilities.Select(isLarge, mantissa * 0.5, mantissa) - 1;
        var s = f / (2 + f);
        var z = s * s;
        var sum = z * (1.0 / 21) + 1.0 / 19;
        sum = sum * z + 1.0 / 17;
        sum = sum * z + 1.0 / 15;
        sum = sum * z + 1.0 / 13;
        sum = sum * z + 1.0 / 11;
        sum = sum * z + 1.0 / 9;
        sum = sum * z + 1.0 / 7;
        sum = sum * z + 1.0 / 5;
        sum = sum * z + 1.0 / 3;
        return (exponent + Utilities.Select(isLarge, 1, 0), f, s * (f - 2 * z * sum));
    }

    private static double Exponential(double x)
    {
        var sum = x * (1.0 / 6227020800) + 1.0 / 479001600;
        sum = sum * x + 1.0 / 39916800;
        sum = sum * x + 1.0 / 3628800;
        sum = sum * x + 1.0 / 362880;
        sum = sum * x + 1.0 / 40320;
        sum = sum * x + 1.0 / 5040;
        sum = sum * x + 1.0 / 720;
        sum = sum * x + 1.0 / 120;
        sum = sum * x + 1.0 / 24;
        sum = sum * x + 1.0 / 6;
        sum = sum * x + 0.5;
        return sum * x * x + x + 1;
    }

    private static double Upper(double value) => Interop.IntAsFloat(Interop.FloatAsInt(value) & UpperHalf);

    private static double PowerOfTwo(int exponent) => Interop.IntAsFloat((ulong)(exponent + Bias) << MantissaBits);
}
