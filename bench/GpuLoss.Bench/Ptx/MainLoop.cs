using System.Text.RegularExpressions;

namespace GpuLoss.Bench.Ptx;

/// <summary>The loop over the voxels in the machine code of Reduce or Spread.</summary>
/// <param name="Instructions">
/// The instructions of one turn. The branches for all types of labels are among them, of which a launch takes one.
/// </param>
/// <param name="WideLoads">How many load 16 bytes of logits.</param>
internal sealed partial record MainLoop(int Instructions, int WideLoads)
{
    private const string Exponential = "MUFU.EX2";

    /// <summary>Finds the loop: of those with exponentials and with no other such loop inside, the longest.</summary>
    /// <param name="cubin">The machine code.</param>
    /// <param name="exponentials">The exponentials of a turn as the source has it. The assembler may make several turns one.</param>
    public static MainLoop In(string cubin, int exponentials)
    {
        var (instructions, loops) = Read(CudaTools.Run("nvdisasm", "-c", cubin));
        var candidates = loops.Where(loop => Count(instructions[loop], Exponential) > 0).ToArray();
        var longest = candidates
            .Where(loop => !candidates.Any(other =>
                other.Start.Value >= loop.Start.Value && other.End.Value <= loop.End.Value && !other.Equals(loop)))
            .MaxBy(loop => loop.End.Value - loop.Start.Value);
        var body = instructions[longest];
        var turns = Count(body, Exponential) / exponentials;
        return new MainLoop(body.Length / turns, Count(body, "LDG.E.NA.128.CONSTANT") / turns);
    }

    private static int Count(string[] instructions, string name) =>
        instructions.Count(instruction => instruction.Contains(name, StringComparison.Ordinal));

    /// <summary>The instructions, and the ranges of them that a branch backwards closes.</summary>
    private static (string[] Instructions, Range[] Loops) Read(string listing)
    {
        var (instructions, labels, loops) = (new List<string>(), new Dictionary<string, int>(), new List<Range>());
        foreach (Match line in Line().Matches(listing))
        {
            if (line.Groups["label"].Success)
            {
                labels[line.Groups["label"].Value] = instructions.Count;
                continue;
            }

            instructions.Add(line.Groups["instruction"].Value);
            if (Branch().Match(instructions[^1]) is { Success: true } branch && labels.TryGetValue(branch.Groups[1].Value, out var target))
                loops.Add(target..instructions.Count);
        }

        return ([.. instructions], [.. loops]);
    }

    [GeneratedRegex(@"^(?<label>\.L_\w+):|^\s*/\*[0-9a-f]{4,}\*/\s+(?<instruction>[^;]+);", RegexOptions.Multiline)]
    private static partial Regex Line();

    [GeneratedRegex(@"BRA `\((\.L_\w+)\)")]
    private static partial Regex Branch();
}
