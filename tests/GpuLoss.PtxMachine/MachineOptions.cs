namespace GpuLoss.PtxMachine;

/// <summary>Where ex2.approx, lg2.approx and rcp.approx lie within their documented errors.</summary>
internal enum ApproximationError
{
    /// <summary>Correctly rounded.</summary>
    None,

    /// <summary>As far above as they may be.</summary>
    Up,

    /// <summary>As far below.</summary>
    Down,

    /// <summary>Above in one lane and below in the next, and the other way round in the next instruction.</summary>
    Alternating,
}

/// <summary>The order in which the blocks of a launch run.</summary>
internal enum BlockOrder
{
    Forward,
    Backward,
    Shuffled,
}

/// <summary>What a GPU may do in one way or another.</summary>
internal sealed record MachineOptions
{
    /// <summary>Whether multiplications are fused with the additions of their results, as ptxas may do.</summary>
    public bool Fuses { get; init; }

    /// <summary>The errors of the hardware's approximations.</summary>
    public ApproximationError Error { get; init; }

    /// <summary>The order of the blocks.</summary>
    public BlockOrder Order { get; init; }

    /// <summary>As an H100 has them.</summary>
    public int Multiprocessors { get; init; } = 132;

    /// <summary>
    /// The most shared memory of a block that asked for more than is given without asking: 227 KB on sm_90 (CUDA C++ programming guide,
    /// Compute Capabilities).
    /// </summary>
    public int MostSharedBytes { get; init; } = 227 << 10;

    /// <summary>
    /// Whether accesses of memory are watched: reads of what nobody wrote, and races. Where they are not, only what is allocated is
    /// checked, and gigabytes take no more memory than they have.
    /// </summary>
    public bool WatchesMemory { get; init; } = true;

    /// <summary>Which blocks run, where not all of them do.</summary>
    public BlockSample? Sample { get; init; }

    /// <summary>A warp that executes more is taken to run forever.</summary>
    public long MostInstructionsOfWarp { get; init; } = 1L << 32;
}
