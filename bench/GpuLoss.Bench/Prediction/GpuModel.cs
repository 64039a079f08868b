namespace GpuLoss.Bench.Prediction;

/// <summary>What a GPU does, see bench/README.md, "What `ptx --run` predicts". All rates but that of the memory are of sm_90.</summary>
/// <param name="Name">As NVIDIA calls it.</param>
/// <param name="CopyGigabytesPerSecond">What a device copy reads and writes in a second.</param>
internal sealed record GpuModel(string Name, double CopyGigabytesPerSecond)
{
    /// <summary>Both have as many.</summary>
    public const int Multiprocessors = 132;

    /// <summary>The clock that both are taken to keep.</summary>
    public const double Megahertz = 1755;

    /// <summary>From one kernel of a stream to the next.</summary>
    public const double LaunchMicroseconds = 0.9;

    /// <summary>The threads of a warp.</summary>
    private const int Lanes = 32;

    private const int IssuesPerClock = 4;
    private const int SpecialLanes = 16;
    private const int DoubleLanes = 64;
    private const int IntegerLanes = 64;

    public static GpuModel H100 { get; } = new("H100 SXM", 3000);

    public static GpuModel H200 { get; } = new("H200", 4300);

    public static IReadOnlyList<GpuModel> All { get; } = [H100, H200];

    /// <summary>The model of a GPU by the name that its driver gives it, "NVIDIA H100 80GB HBM3" say; null where there is none.</summary>
    public static GpuModel? Find(string name) =>
        All.FirstOrDefault(gpu => name.Contains(gpu.Name.Split(' ')[0], StringComparison.OrdinalIgnoreCase));

    /// <summary>What the launches of a pass take, each unit for itself.</summary>
    public ModelTimes Of(IReadOnlyList<LaunchCost> launches, long neededBytes)
    {
        double Clocks(Func<LaunchCost, double> clocks) =>
            launches.Sum(launch => clocks(launch) / launch.Blocks * BusiestBlocks(launch.Blocks)) / Megahertz;
        return new ModelTimes(
            Name,
            FloorUs: Memory(neededBytes),
            MemoryUs: Memory(launches.Sum(launch => launch.BytesMoved)),
            IssueUs: Clocks(launch => launch.Instructions / IssuesPerClock),
            SpecialUs: Clocks(launch => launch.Special * Lanes / SpecialLanes),
            DoubleUs: Clocks(launch => launch.Double * Lanes / DoubleLanes),
            IntegerUs: Clocks(launch => launch.Integer * Lanes / IntegerLanes),
            SharedUs: Clocks(launch => launch.Wavefronts),
            LaunchesUs: launches.Count * LaunchMicroseconds);
    }

    /// <summary>The blocks of the multiprocessor that has most of them.</summary>
    private static int BusiestBlocks(int blocks) => (blocks + Multiprocessors - 1) / Multiprocessors;

    private double Memory(double bytes) => bytes / CopyGigabytesPerSecond / 1e3;
}

/// <summary>What a launch takes, counted for all its blocks.</summary>
/// <param name="Blocks">The blocks of the grid.</param>
/// <param name="BlocksRun">How many of them the machine ran. Where that is not all, the counts are scaled.</param>
/// <param name="Threads">The threads of a block.</param>
/// <param name="BytesAsked">Bytes in sectors of 32 that accesses of warps touch, each for itself.</param>
/// <param name="BytesMoved">Those that a warp had not touched just before.</param>
/// <param name="Instructions">Machine code, in instructions of warps.</param>
/// <param name="Special">Those of them for the unit of ex2, lg2, rcp and conversions.</param>
/// <param name="Double">Those for float64.</param>
/// <param name="Integer">Those for integers and comparisons.</param>
/// <param name="Wavefronts">Turns at the banks of shared memory.</param>
/// <param name="Agreement">The share of the instructions that come from a line of PTX which was executed as often as they are taken to
/// be.</param>
internal sealed record LaunchCost(
    int Blocks, int BlocksRun, int Threads, long BytesAsked, long BytesMoved, double Instructions, double Special, double Double,
    double Integer, double Wavefronts, double Agreement)
{
    public bool IsWhole => BlocksRun == Blocks;
}

/// <summary>The times that parts of a GPU need for a pass, in µs.</summary>
/// <param name="Gpu">The name of the GPU.</param>
/// <param name="FloorUs">What has to move, at the speed of a copy.</param>
/// <param name="MemoryUs">What moves.</param>
/// <param name="IssueUs">Slots to issue instructions in.</param>
/// <param name="SpecialUs">The unit of ex2, lg2, rcp and conversions.</param>
/// <param name="DoubleUs">Float64.</param>
/// <param name="IntegerUs">Integers and comparisons.</param>
/// <param name="SharedUs">Shared memory.</param>
/// <param name="LaunchesUs">From launch to launch.</param>
internal sealed record ModelTimes(
    string Gpu, double FloorUs, double MemoryUs, double IssueUs, double SpecialUs, double DoubleUs, double IntegerUs, double SharedUs,
    double LaunchesUs)
{
    /// <summary>The largest of them, which is the prediction.</summary>
    public double PredictedUs => Parts.Max(part => part.Us);

    /// <summary>Which one that is.</summary>
    public string Limit => Parts.MaxBy(part => part.Us).Name;

    /// <summary>The prediction in floors.</summary>
    public double Ratio => PredictedUs / FloorUs;

    private IReadOnlyList<(string Name, double Us)> Parts =>
    [
        ("memory", MemoryUs), ("issue", IssueUs), ("special", SpecialUs), ("float64", DoubleUs), ("integer", IntegerUs),
        ("shared", SharedUs), ("launches", LaunchesUs),
    ];
}
