namespace GpuLoss.Bench.Ptx;

/// <summary>The loop over the voxels in the machine code of Reduce or Spread.</summary>
/// <param name="Instructions">
/// The instructions of one turn. The branches for all types of labels are among them, of which a launch takes one.
/// </param>
/// <param name="WideLoads">How many load 16 bytes of logits.</param>
internal sealed record MainLoop(int Instructions, int WideLoads)
{
    private const string Exponential = "MUFU.EX2";

    /// <summary>Finds the loop: of those with exponentials and with no other such loop inside, the longest.</summary>
    /// <param name="cubin">The machine code.</param>
    /// <param name="exponentials">The exponentials of a turn as the source has it. The assembler may make several turns one.</param>
    public static MainLoop In(string cubin, int exponentials)
    {
        var code = SassCode.Of(cubin);
        var opcodes = code.Instructions.Select(instruction => instruction.Opcode).ToArray();
        var candidates = Loops(code).Where(loop => Count(opcodes[loop], Exponential) > 0).ToArray();
        var longest = candidates
            .Where(loop => !candidates.Any(other =>
                other.Start.Value >= loop.Start.Value && other.End.Value <= loop.End.Value && !other.Equals(loop)))
            .MaxBy(loop => loop.End.Value - loop.Start.Value);
        var body = opcodes[longest];
        var turns = Count(body, Exponential) / exponentials;
        return new MainLoop(body.Length / turns, Count(body, "LDG.E.NA.128.CONSTANT") / turns);
    }

    private static int Count(string[] opcodes, string name) =>
        opcodes.Count(opcode => opcode.Contains(name, StringComparison.Ordinal));

    /// <summary>The ranges of instructions that a branch backwards closes.</summary>
    private static IEnumerable<Range> Loops(SassCode code)
    {
        for (var at = 0; at < code.Instructions.Count; at++)
        {
            var instruction = code.Instructions[at];
            if (instruction.Name == "BRA" && code.Labels.TryGetValue(instruction.Target, out var target) && target <= at)
                yield return target..(at + 1);
        }
    }
}
