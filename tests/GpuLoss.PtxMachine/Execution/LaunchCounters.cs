namespace GpuLoss.PtxMachine;

/// <summary>The unit of a multiprocessor that an instruction is for.</summary>
internal enum InstructionClass
{
    /// <summary>Moves, selections, comparisons of integers, logic and integer arithmetic.</summary>
    Integer,
    Float32,
    Float64,

    /// <summary>The unit of ex2, lg2 and rcp.</summary>
    SpecialFunction,
    Conversion,
    Global,
    Shared,
    Local,
    Shuffle,
    Barrier,

    /// <summary>Branches, calls and returns.</summary>
    Control,

    /// <summary>Reads of parameters, and multiplications that were fused away.</summary>
    Free,
}

/// <summary>What a launch took.</summary>
internal sealed class LaunchCounters
{
    private readonly long[] threads = new long[Enum.GetValues<InstructionClass>().Length];
    private readonly Dictionary<PtxFunction, long[]> executions = [];

    /// <summary>The blocks.</summary>
    public int Blocks { get; set; }

    /// <summary>How many of them ran; the counts are scaled where not all did.</summary>
    public int BlocksRun { get; set; }

    /// <summary>Instructions of warps, whatever number of lanes took part.</summary>
    public long WarpInstructions { get; set; }

    /// <summary>The most instructions that one block's warps executed together.</summary>
    public long LongestBlock { get; set; }

    /// <summary>Sectors of 32 bytes that the loads of warps touched, one access at a time.</summary>
    public long SectorsLoaded { get; set; }

    /// <summary>Likewise of stores.</summary>
    public long SectorsStored { get; set; }

    /// <summary>Those of them that the warp had not touched just before, see <see cref="SectorWindow"/>.</summary>
    public long SectorsLoadedAnew { get; set; }

    /// <summary>Likewise of stores.</summary>
    public long SectorsStoredAnew { get; set; }

    /// <summary>Accesses of warps to shared memory.</summary>
    public long SharedAccesses { get; set; }

    /// <summary>Turns that they took: the most words of one bank, eight- and sixteen-byte accesses by halves and quarters of the
    /// warp.</summary>
    public long Wavefronts { get; set; }

    /// <summary>Shuffles of warps.</summary>
    public long Shuffles { get; set; }

    /// <summary>Barriers of blocks.</summary>
    public long Barriers { get; set; }

    /// <summary>Instructions of threads, of all classes but <see cref="InstructionClass.Free"/>.</summary>
    public long ThreadInstructions => threads.Sum() - threads[(int)InstructionClass.Free];

    /// <summary>Instructions of threads.</summary>
    public long Of(InstructionClass kind) => threads[(int)kind];

    public void Count(InstructionClass kind, int lanes) => threads[(int)kind] += lanes;

    /// <summary>How often a warp came to each instruction of a function, whatever number of lanes took part.</summary>
    public long[] ExecutionsOf(PtxFunction function)
    {
        if (!executions.TryGetValue(function, out var counts))
            executions[function] = counts = new long[function.Code.Count];
        return counts;
    }

    /// <summary>The same by the lines of the text. Of several instructions in a line the one that most warps came to counts.</summary>
    public Dictionary<int, long> ExecutionsByLine()
    {
        var lines = new Dictionary<int, long>();
        foreach (var (function, counts) in executions)
        {
            foreach (var instruction in function.Code)
                lines[instruction.Line] = Math.Max(lines.GetValueOrDefault(instruction.Line), counts[instruction.Index]);
        }

        return lines;
    }

    /// <summary>Adds what other blocks took, as if there were more of them.</summary>
    /// <param name="other">What they took.</param>
    /// <param name="factor">How many times as many there are.</param>
    public void Add(LaunchCounters other, double factor)
    {
        long Times(long count) => (long)Math.Round(count * factor);
        for (var kind = 0; kind < threads.Length; kind++)
            threads[kind] += Times(other.threads[kind]);
        foreach (var (function, counts) in other.executions)
        {
            var mine = ExecutionsOf(function);
            for (var at = 0; at < counts.Length; at++)
                mine[at] += Times(counts[at]);
        }

        WarpInstructions += Times(other.WarpInstructions);
        LongestBlock = Math.Max(LongestBlock, other.LongestBlock);
        SectorsLoaded += Times(other.SectorsLoaded);
        SectorsStored += Times(other.SectorsStored);
        SectorsLoadedAnew += Times(other.SectorsLoadedAnew);
        SectorsStoredAnew += Times(other.SectorsStoredAnew);
        SharedAccesses += Times(other.SharedAccesses);
        Wavefronts += Times(other.Wavefronts);
        Shuffles += Times(other.Shuffles);
        Barriers += Times(other.Barriers);
    }
}
