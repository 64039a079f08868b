namespace GpuLoss.PtxMachine;

/// <summary>
/// Host memory that kernels may use, and what is known of each of its bytes: whether anybody ever wrote it, and which blocks of this launch
/// read and wrote it.
/// </summary>
internal sealed class GlobalMemory(bool isWatched = true)
{
    private const string Outside = "Access outside of what is allocated";
    private readonly List<Region> regions = [];
    private Region? last;

    /// <summary>Allows memory.</summary>
    /// <param name="address">Its beginning.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="isWritten">Whether it holds values.</param>
    public void Add(ulong address, long length, bool isWritten)
    {
        var region = new Region(address, length, isWatched);
        if (isWritten)
            region.MarkWritten(0, length);
        var at = regions.FindIndex(other => other.Begin >= address);
        regions.Insert(at < 0 ? regions.Count : at, region);
    }

    /// <summary>Forgets memory.</summary>
    public bool Remove(ulong address)
    {
        last = null;
        return regions.RemoveAll(region => region.Begin == address) > 0;
    }

    /// <summary>Forgets all memory.</summary>
    public void Clear()
    {
        last = null;
        regions.Clear();
    }

    /// <summary>Remembers that the host wrote.</summary>
    public void MarkWritten(ulong address, long length)
    {
        if (Find(address, length) is { } region)
            region.MarkWritten((long)(address - region.Begin), length);
    }

    /// <summary>Begins a launch, of which nobody has read or written anything.</summary>
    public void BeginLaunch()
    {
        foreach (var region in regions)
            region.BeginLaunch();
    }

    /// <summary>What is wrong with a read; null where nothing is.</summary>
    /// <param name="address">The first byte.</param>
    /// <param name="size">The bytes.</param>
    /// <param name="block">Number of the block, from 1.</param>
    /// <param name="isConstant">Whether it is one by ld.global.nc, of memory that nobody may write in this launch.</param>
    public string? Read(ulong address, int size, int block, bool isConstant)
    {
        if (Find(address, size) is not { } region)
            return Outside;
        if (!isWatched)
            return null;
        var begin = (long)(address - region.Begin);
        for (var at = begin; at < begin + size; at++)
        {
            if (!region.Written[at])
                return "Read of global memory that nobody wrote";
            var writer = region.Writers[at];
            if (writer != 0 && (isConstant || writer != block))
            {
                return isConstant || writer == Region.Shared
                    ? $"Read{(isConstant ? " by ld.global.nc" : "")} of memory that this launch writes"
                    : $"Read of global memory that block number {writer - 1} of this launch writes";
            }

            ref var reader = ref region.Readers[at];
            reader = reader == 0 || reader == block ? block : Region.Many;
        }

        region.IsTouched = true;
        return null;
    }

    /// <summary>What is wrong with a write; null where nothing is.</summary>
    public string? Write(ulong address, int size, int block)
    {
        if (Find(address, size) is not { } region)
            return Outside;
        if (!isWatched)
            return null;
        var begin = (long)(address - region.Begin);
        for (var at = begin; at < begin + size; at++)
        {
            if ((region.Writers[at] is var writer and not 0 && writer != block)
                || (region.Readers[at] is var reader and not 0 && reader != block))
                return "Write of global memory that another block of this launch uses";
            region.Writers[at] = block;
            region.Written[at] = true;
        }

        region.IsTouched = true;
        return null;
    }

    /// <summary>What is wrong with an access that all blocks may make at a time; null where nothing is.</summary>
    public string? Share(ulong address, int size)
    {
        if (Find(address, size) is not { } region)
            return Outside;
        if (!isWatched)
            return null;
        var begin = (long)(address - region.Begin);
        for (var at = begin; at < begin + size; at++)
        {
            if (!region.Written[at])
                return "Read of global memory that nobody wrote";
            if (region.Writers[at] is not (0 or Region.Shared) || region.Readers[at] is not (0 or Region.Shared))
                return "Atomic access of global memory that a block of this launch uses otherwise";
            (region.Writers[at], region.Readers[at]) = (Region.Shared, Region.Shared);
        }

        region.IsTouched = true;
        return null;
    }

    private Region? Find(ulong address, long size)
    {
        if (last is not null && last.Holds(address, size))
            return last;
        var (low, high) = (0, regions.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (regions[middle].Holds(address, size))
                return last = regions[middle];
            if (regions[middle].Begin > address)
                high = middle - 1;
            else
                low = middle + 1;
        }

        return null;
    }

    /// <summary>Neighbouring bytes that were allocated together.</summary>
    private sealed class Region(ulong begin, long length, bool isWatched)
    {
        /// <summary>Stands for several blocks.</summary>
        public const int Many = -1;

        /// <summary>Stands for any block whose accesses are atomic.</summary>
        public const int Shared = -2;

        public ulong Begin => begin;

        public bool[] Written { get; } = new bool[isWatched ? length : 0];

        /// <summary>The block that wrote a byte in this launch; 0 where none did.</summary>
        public int[] Writers { get; } = new int[isWatched ? length : 0];

        /// <summary>The block that read a byte in this launch, or <see cref="Many"/>.</summary>
        public int[] Readers { get; } = new int[isWatched ? length : 0];

        public bool IsTouched { get; set; }

        public bool Holds(ulong address, long size) =>
            address >= begin && address - begin <= (ulong)length && (ulong)size <= (ulong)length - (address - begin);

        public void MarkWritten(long at, long count)
        {
            if (isWatched)
                Written.AsSpan((int)at, (int)count).Fill(true);
        }

        public void BeginLaunch()
        {
            if (!IsTouched)
                return;
            Array.Clear(Writers);
            Array.Clear(Readers);
            IsTouched = false;
        }
    }
}
