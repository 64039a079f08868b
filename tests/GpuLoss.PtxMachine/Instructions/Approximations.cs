using System.Numerics;

namespace GpuLoss.PtxMachine;

/// <summary>
/// ex2.approx, lg2.approx and rcp.approx (PTX ISA, 9.7.3), computed in float64 and then moved as far as their documented errors allow.
/// Zeros, infinities and NaN are what the manual's tables say, whatever the errors.
/// </summary>
internal static class Approximations
{
    /// <summary>The largest relative error of ex2.approx.</summary>
    private static readonly double OfEx2 = Math.Pow(2, -22.5);

    /// <summary>The largest absolute error of lg2.approx between 0.5 and 2.</summary>
    private static readonly double OfLg2 = Math.Pow(2, -22.6);

    /// <summary>The largest error of lg2.approx elsewhere and of rcp.approx, in units of the last place.</summary>
    private const double PlacesOfLg2 = 2;
    private const double PlacesOfRcp = 1;

    /// <summary>9.7.3.20 ex2.</summary>
    public static float Ex2(float a, int sign)
    {
        var exact = Math.Pow(2, Flush(a));
        return Flush(Move(exact, Flush(a) == 0 ? 0 : exact * OfEx2, sign));
    }

    /// <summary>9.7.3.19 lg2.</summary>
    public static float Lg2(float a, int sign)
    {
        var exact = Math.Log2(Flush(a));
        return Flush(Move(exact, a is >= 0.5f and <= 2 ? OfLg2 : PlacesOfLg2 * LastPlace(exact), sign));
    }

    /// <summary>9.7.3.13 rcp.</summary>
    public static float Rcp(float a, int sign)
    {
        var exact = 1.0 / Flush(a);
        return Flush(Move(exact, PlacesOfRcp * LastPlace(exact), sign));
    }

    /// <summary>The direction of the error in a lane.</summary>
    public static int Sign(ApproximationError error, int instruction, int lane) => error switch
    {
        ApproximationError.Up => 1,
        ApproximationError.Down => -1,
        ApproximationError.Alternating => ((instruction ^ lane) & 1) == 0 ? 1 : -1,
        _ => 0,
    };

    /// <summary>The float32 number that is furthest from the exact one and not beyond the error.</summary>
    private static float Move(double exact, double error, int sign)
    {
        if (double.IsNaN(exact))
            return BitConverter.UInt32BitsToSingle(0x7fffffff);
        if (sign == 0 || error == 0 || !double.IsFinite(exact) || exact == 0)
            return (float)exact;
        var limit = exact + sign * error;
        var rounded = (float)limit;
        if (sign > 0)
            return rounded > limit ? BitDecrement(rounded) : rounded;
        return rounded < limit ? float.BitIncrement(rounded) : rounded;
    }

    private static float BitDecrement(float value) => float.BitDecrement(value);

    private static double LastPlace(double value)
    {
        if (!double.IsFinite(value) || value == 0)
            return 0;
        const int digits = 23;
        return Math.ScaleB(1, Math.Max(Math.ILogB(value), -126) - digits);
    }

    private static float Flush(float value) => float.IsSubnormal(value) ? float.CopySign(0, value) : value;
}

/// <summary>The approximations as instructions.</summary>
internal static partial class InstructionSet
{
    private static Operation ApproximationOf(string name) => name switch
    {
        "ex2" => static (frame, instruction, lanes) => Approximate(frame, instruction, lanes, Approximations.Ex2),
        "lg2" => static (frame, instruction, lanes) => Approximate(frame, instruction, lanes, Approximations.Lg2),
        _ => static (frame, instruction, lanes) => Approximate(frame, instruction, lanes, Approximations.Rcp),
    };

    private static unsafe void Approximate(Frame frame, PtxInstruction instruction, uint lanes, Func<float, int, float> function)
    {
        var to = frame.Slot(instruction.Dest);
        var a = frame.Slot(instruction.A);
        var error = frame.Warp.Launch.Options.Error;
        for (var left = lanes; left != 0; left &= left - 1)
        {
            var lane = BitOperations.TrailingZeroCount(left);
            Lane.Put(to + lane, function(Lane.Get<float>(a + lane), Approximations.Sign(error, instruction.Index, lane)));
        }
    }
}
