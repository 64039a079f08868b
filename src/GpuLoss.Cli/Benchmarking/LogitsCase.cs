using System.Globalization;

namespace GpuLoss.Cli.Benchmarking;

/// <summary>The size of one comparison: logits [1, C, S, S, S].</summary>
/// <param name="Classes">C.</param>
/// <param name="Side">S.</param>
internal sealed record LogitsCase(int Classes, int Side)
{
    /// <summary>S³.</summary>
    public long Voxels => (long)Side * Side * Side;

    /// <summary>The bytes of the logits.</summary>
    public long LogitsBytes => sizeof(float) * Classes * Voxels;

    /// <summary>Reads the form 4x128, which <see cref="ToString"/> writes. Null where it is something else.</summary>
    public static LogitsCase? Parse(string text)
    {
        var parts = text.Split('x');
        return parts.Length == 2
            && int.TryParse(parts[0], CultureInfo.InvariantCulture, out var classes) && classes >= 2
            && int.TryParse(parts[1], CultureInfo.InvariantCulture, out var side) && side >= 8
                ? new LogitsCase(classes, side)
                : null;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Classes}x{Side}");
}
