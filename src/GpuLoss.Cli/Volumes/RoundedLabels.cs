using System.Globalization;

namespace GpuLoss.Cli.Volumes;

/// <summary>Labels that a file keeps as fractions or scales: whole numbers up to rounding.</summary>
internal sealed class RoundedLabels(NiftiImage image, NiftiHeader header, bool nanIsZero)
{
    /// <summary>How far from a whole number a label may be.</summary>
    private const double Tolerance = 1e-3;

    private const long LargestWholeSingle = 1L << 24, LargestWholeDouble = 1L << 53;
    private const int Single = 16;

    private long rounded, nan;
    private double farthest;

    /// <summary>What was done to the labels, or null where nothing had to be.</summary>
    public string? Note
    {
        get
        {
            string[] parts =
            [
                .. rounded > 0 ? [string.Create(CultureInfo.InvariantCulture, $"{rounded} labels were rounded, by {farthest:G2} at most")]
                    : Array.Empty<string>(),
                .. nan > 0 ? [$"{nan} labels are NaN and were taken as 0"] : Array.Empty<string>(),
            ];
            return parts.Length > 0 ? $"{image.Path}: {string.Join("; ", parts)}" : null;
        }
    }

    // Above it, whole numbers fall together: a label there may have been another before it was written.
    private long Largest => header.Type == Single ? LargestWholeSingle : LargestWholeDouble;

    /// <summary>The label that a value stands for.</summary>
    /// <exception cref="InputException">None.</exception>
    public long Label(double value, int index)
    {
        if (nanIsZero && double.IsNaN(value))
        {
            nan++;
            return 0;
        }

        var whole = Math.Round(value);
        var distance = Math.Abs(value - whole);
        if (!(whole >= 0 && distance <= Tolerance))
        {
            throw new InputException(string.Create(
                CultureInfo.InvariantCulture, $"{image.Path}: labels must be whole numbers from 0 up; {image.Place(index)} is {value:R}."));
        }

        if (whole >= Largest)
        {
            throw new InputException(string.Create(
                CultureInfo.InvariantCulture,
                $"{image.Path}: {image.Place(index)} is {value:R}; "
                + $"whole numbers from {Largest} up fall together in {(header.Type == Single ? "float32" : "float64")}")
                + ": save the labels as integers, unscaled.");
        }

        if (distance > 0)
            (rounded, farthest) = (rounded + 1, Math.Max(farthest, distance));
        return (long)whole;
    }
}
