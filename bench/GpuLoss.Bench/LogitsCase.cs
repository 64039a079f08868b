using System.Globalization;

namespace GpuLoss.Bench;

/// <summary>The size of one comparison: logits [1, C, S, S, S].</summary>
/// <param name="Classes">C.</param>
/// <param name="Side">S.</param>
internal sealed record LogitsCase(int Classes, int Side)
{
    /// <summary>Reads the form 4x128.</summary>
    public static LogitsCase Parse(string text)
    {
        var parts = text.Split('x');
        return parts.Length == 2
            && int.TryParse(parts[0], CultureInfo.InvariantCulture, out var classes) && classes >= 2
            && int.TryParse(parts[1], CultureInfo.InvariantCulture, out var side) && side >= 1
                ? new LogitsCase(classes, side)
                : throw new FormatException($"A case is classes x side of the cube, as in 4x128, not {text}.");
    }

    public override string ToString() => $"{Classes}x{Side}";
}
