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

    /// <summary>The blocks.</summary>
    public int Blocks { get; set; }

    /// <summary>Instructions of warps, whatever number of lanes took part.</summary>
    public long WarpInstructions { get; set; }

    /// <summary>The most instructions that one block's warps executed together.</summary>
    public long LongestBlock { get; set; }

    /// <summary>Sectors of 32 bytes that the loads of warps touched, one access at a time.</summary>
    public long SectorsLoaded { get; set; }

    /// <summary>Likewise of stores.</summary>
    public long SectorsStored { get; set; }

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
}
