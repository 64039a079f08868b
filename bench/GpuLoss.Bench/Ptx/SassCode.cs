using System.Globalization;
using System.Text.RegularExpressions;

namespace GpuLoss.Bench.Ptx;

/// <summary>An instruction of machine code.</summary>
/// <param name="Line">The line of the PTX that it comes from; 0 where the listing does not say.</param>
/// <param name="Predicate">"@P0", "@!P0"; empty where nothing guards it.</param>
/// <param name="Opcode">The opcode with its modifiers.</param>
/// <param name="Target">The label that it branches to or calls; empty where it does neither.</param>
internal sealed record SassInstruction(int Line, string Predicate, string Opcode, string Target)
{
    /// <summary>The opcode without its modifiers.</summary>
    public string Name { get; } = Opcode.Split('.')[0];
}

/// <summary>The machine code of a file.</summary>
/// <param name="Instructions">All of them, in their order.</param>
/// <param name="Labels">The place of the instruction that each label stands before.</param>
internal sealed partial record SassCode(IReadOnlyList<SassInstruction> Instructions, IReadOnlyDictionary<string, int> Labels)
{
    /// <summary>Disassembles a file.</summary>
    public static SassCode Of(string cubin) => Read(CudaTools.Run("nvdisasm", "-c", "-gp", cubin));

    /// <summary>Reads a listing of nvdisasm. With -gp the line of the PTX stands before the instructions that come from it.</summary>
    public static SassCode Read(string listing)
    {
        var (instructions, labels, line) = (new List<SassInstruction>(), new Dictionary<string, int>(), 0);
        foreach (Match match in Line().Matches(listing))
        {
            if (match.Groups["line"].Success)
                line = int.Parse(match.Groups["line"].Value, CultureInfo.InvariantCulture);
            else if (match.Groups["label"].Success)
                labels[match.Groups["label"].Value] = instructions.Count;
            else
                instructions.Add(new(line, match.Groups["guard"].Value, match.Groups["opcode"].Value, match.Groups["target"].Value));
        }

        return new(instructions, labels);
    }

    [GeneratedRegex(
        @"^\s*//## File "".nv_debug_ptx_txt"", line (?<line>\d+)|^(?<label>[.$\w]+):"
        + @"|^\s*/\*[0-9a-f]{4,}\*/\s+\{?\s*(?<guard>@!?U?P[0-9T]+)?\s*(?<opcode>[A-Z0-9][\w.]*)(?:[^;`]*`\((?<target>[^)]+)\))?[^;]*;",
        RegexOptions.Multiline)]
    private static partial Regex Line();
}
