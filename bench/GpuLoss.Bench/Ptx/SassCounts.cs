namespace GpuLoss.Bench.Ptx;

/// <summary>The unit of a multiprocessor that machine code keeps busy.</summary>
internal enum SassUnit
{
    /// <summary>Float32, memory, branches, the uniform registers: nothing but a slot to be issued in.</summary>
    Other,

    /// <summary>Additions, comparisons, selections and logic of integers, comparisons of float32: 64 lanes per clock.</summary>
    Integer,

    /// <summary>ex2, lg2, rcp and conversions: 16 lanes per clock.</summary>
    Special,

    /// <summary>Float64: 64 lanes per clock.</summary>
    Double,
}

/// <summary>
/// How often warps execute the instructions of a kernel's machine code, from how often they came to those of its PTX. Each instruction of
/// machine code names the line of PTX that it comes from. A block of machine code gets one number: that of those of its instructions which
/// the assembler does not move, or the middle one of all of them, if the blocks around it do not have less.
/// </summary>
internal sealed class SassCounts
{
    private readonly double[] units = new double[Enum.GetValues<SassUnit>().Length];

    private SassCounts()
    {
    }

    /// <summary>Instructions of warps.</summary>
    public double Instructions => units.Sum();

    /// <summary>
    /// The share of them whose own line of PTX says the same number as their block, within a hundredth. Others are moved, or executed
    /// without effect where the PTX branches around them.
    /// </summary>
    public double Agreement { get; private set; }

    /// <summary>Those for a unit.</summary>
    public double Of(SassUnit unit) => units[(int)unit];

    /// <summary>Maps the counts of a launch.</summary>
    /// <param name="graph">The machine code.</param>
    /// <param name="lines">How often a warp came to each line of the PTX.</param>
    public static SassCounts Of(SassGraph graph, IReadOnlyDictionary<int, long> lines)
    {
        var (result, instructions) = (new SassCounts(), graph.Code.Instructions);
        var copies = Copies(graph);
        double Of(SassInstruction instruction) =>
            lines.GetValueOrDefault(instruction.Line) / (double)copies[(instruction.Line, instruction.Opcode)];
        var counts = Blocks(graph, Of);
        var agreeing = 0.0;
        for (var i = 0; i < graph.Blocks.Count; i++)
        {
            for (var at = graph.Blocks[i].Begin; graph.IsReached[i] && at < graph.Blocks[i].End; at++)
            {
                result.units[(int)UnitOf(instructions[at].Name)] += counts[i];
                agreeing += Math.Abs(Of(instructions[at]) - counts[i]) <= 0.01 * counts[i] ? counts[i] : 0;
            }
        }

        result.Agreement = agreeing / Math.Max(1, result.Instructions);
        return result;
    }

    /// <summary>
    /// In how many blocks an instruction of PTX is found in one form: more than one where the assembler made copies of a loop's body.
    /// </summary>
    private static Dictionary<(int Line, string Opcode), int> Copies(SassGraph graph)
    {
        var copies = new Dictionary<(int, string), int>();
        foreach (var (block, _) in graph.Blocks.Zip(graph.IsReached).Where(pair => pair.Second))
        {
            foreach (var found in graph.Code.Instructions.Take(block.Begin..block.End).GroupBy(one => (one.Line, one.Opcode)))
            {
                var isAnchor = IsAnchor(found.First());
                copies[found.Key] = copies.GetValueOrDefault(found.Key) + (isAnchor ? found.Count() : 1);
            }
        }

        return copies;
    }

    private static double[] Blocks(SassGraph graph, Func<SassInstruction, double> of)
    {
        var (counts, moves) = (new double[graph.Blocks.Count], new bool[graph.Blocks.Count]);
        for (var i = 0; i < counts.Length; i++)
        {
            if (!graph.IsReached[i])
                continue;
            SassInstruction[] block = [.. graph.Code.Instructions.Take(graph.Blocks[i].Begin..graph.Blocks[i].End)];
            SassInstruction[] anchors = [.. block.Where(IsAnchor)];
            moves[i] = anchors.Length == 0;
            counts[i] = Middle(moves[i] ? block : anchors, of);
        }

        Limit(graph, counts, moves);
        return counts;
    }

    /// <summary>No block is executed more often than those before it together, or those after it.</summary>
    private static void Limit(SassGraph graph, double[] counts, bool[] moves)
    {
        var before = graph.Blocks.Select(_ => new List<int>()).ToArray();
        for (var i = 0; i < before.Length; i++)
        {
            foreach (var next in graph.IsReached[i] ? graph.Blocks[i].Next : [])
                before[next].Add(i);
        }

        for (var isOpen = true; isOpen;)
        {
            isOpen = false;
            for (var i = 1; i < counts.Length; i++)
            {
                var isEnd = graph.Code.Instructions[graph.Blocks[i].End - 1].Name is "EXIT" or "RET";
                foreach (var others in (IReadOnlyList<int>[])[before[i], isEnd ? [] : graph.Blocks[i].Next])
                {
                    var most = others.Sum(other => counts[other]);
                    if (!moves[i] || others.Count == 0 || others.Contains(i) || most >= counts[i])
                        continue;
                    (counts[i], isOpen) = (most, true);
                }
            }
        }
    }

    private static double Middle(SassInstruction[] instructions, Func<SassInstruction, double> of)
    {
        double[] sorted = [.. instructions.Select(of).Order()];
        return sorted[(sorted.Length - 1) / 2];
    }

    /// <summary>What the assembler neither moves out of a loop nor takes apart, nor executes where the PTX does not.</summary>
    private static bool IsAnchor(SassInstruction instruction) => instruction.Predicate == ""
        && instruction.Name is "STG" or "STS" or "ATOM" or "ATOMG" or "BAR" or "SHFL" or "LDG" or "LDS"
        || (instruction is { Predicate: "", Opcode: "MUFU.EX2" or "MUFU.LG2" or "MUFU.RCP" });

    private static SassUnit UnitOf(string name) => name switch
    {
        "MUFU" or "F2F" or "F2I" or "I2F" or "FRND" or "POPC" or "FLO" => SassUnit.Special,
        "DADD" or "DMUL" or "DFMA" or "DSETP" or "DMNMX" => SassUnit.Double,
        "IADD3" or "ISETP" or "LOP3" or "SEL" or "FSEL" or "FSETP" or "FMNMX" or "IMNMX" or "VIMNMX" or "LEA" or "SHF" or "PRMT" or "IABS"
            or "PLOP3" or "P2R" or "R2P" or "F2FP" or "I2FP" or "BMSK" or "SGXT" => SassUnit.Integer,
        _ => SassUnit.Other,
    };
}
