namespace GpuLoss.Bench.Ptx;

/// <summary>Instructions that are executed together.</summary>
/// <param name="Begin">The place of the first one.</param>
/// <param name="End">The place after the last one.</param>
/// <param name="Next">The blocks that may come next.</param>
internal sealed record SassBlock(int Begin, int End, IReadOnlyList<int> Next);

/// <summary>The basic blocks of machine code, those that a warp can come to without bad luck.</summary>
/// <param name="Code">The machine code.</param>
/// <param name="Blocks">All blocks, in the order of their instructions.</param>
/// <param name="IsReached">
/// Whether a warp comes there. It does not to the other way of a shuffle whose lanes are not together (BRA.DIV), to a division's slow path
/// (numbers next to overflow or underflow), or to what fills up the end.
/// </param>
internal sealed record SassGraph(SassCode Code, IReadOnlyList<SassBlock> Blocks, IReadOnlyList<bool> IsReached)
{
    private const string SlowPath = "slowpath";

    public static SassGraph Of(SassCode code)
    {
        var instructions = code.Instructions;
        var begins = code.Labels.Values.Append(0).Concat(
            Enumerable.Range(0, instructions.Count).Where(at => Ends(instructions[at])).Select(at => at + 1));
        int[] places = [.. begins.Where(at => at < instructions.Count).Distinct().Order()];
        var blocks = places.Select((begin, i) =>
        {
            var end = i + 1 < places.Length ? places[i + 1] : instructions.Count;
            return new SassBlock(begin, end, [.. Next(code, end, places).Distinct()]);
        }).ToArray();
        var reached = new bool[blocks.Length];
        var open = new Stack<int>([0]);
        while (open.TryPop(out var block))
        {
            if (reached[block] || CallsSlowPath(code, blocks[block]))
                continue;
            reached[block] = true;
            foreach (var next in blocks[block].Next)
                open.Push(next);
        }

        return new(code, blocks, reached);
    }

    private static bool Ends(SassInstruction instruction) => instruction.Name is "BRA" or "EXIT" or "RET" or "CALL";

    private static bool CallsSlowPath(SassCode code, SassBlock block) =>
        code.Instructions[block.End - 1] is { Name: "CALL", Target: var target } && target.Contains(SlowPath, StringComparison.Ordinal);

    private static IEnumerable<int> Next(SassCode code, int end, int[] places)
    {
        var last = code.Instructions[end - 1];
        var goesOn = last.Name switch
        {
            "BRA" => last.Predicate != "" || last.Opcode.Contains("DIV", StringComparison.Ordinal),
            "EXIT" or "RET" => last.Predicate != "",
            _ => true,
        };
        if (goesOn && end < code.Instructions.Count)
            yield return Array.BinarySearch(places, end);
        if (Ends(last) && !last.Opcode.Contains("DIV", StringComparison.Ordinal) && code.Labels.TryGetValue(last.Target, out var target)
            && target < code.Instructions.Count)
            yield return Array.BinarySearch(places, target);
    }
}
