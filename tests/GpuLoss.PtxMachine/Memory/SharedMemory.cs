namespace GpuLoss.PtxMachine;

/// <summary>
/// The shared memory of a block, and which threads read and wrote each of its bytes since the last barrier. Between barriers nothing orders
/// the threads of a block, be they of one warp or not (PTX ISA, 8 Memory Consistency Model: a shuffle orders no memory).
/// </summary>
internal sealed unsafe class SharedMemory
{
    /// <summary>Where the window of shared memory lies. No other memory has these addresses.</summary>
    public const ulong Base = 0x0100_0000;

    private const int ThreadBits = 11;
    private const uint ThreadMask = (1 << ThreadBits) - 1;

    /// <summary>Stands for several threads.</summary>
    private const uint Many = ThreadMask;

    /// <summary>Stands for atomic accesses, of any threads.</summary>
    private const uint Atomic = ThreadMask - 1;

    private readonly byte[] bytes;
    private readonly byte* begin;

    /// <summary>Of each byte the interval between barriers, from 1, and the thread, from 1.</summary>
    private readonly uint[] writers;
    private readonly uint[] readers;
    private uint interval = 1;

    private readonly bool isWatched;

    /// <summary>The shared memory of a block.</summary>
    /// <param name="length">Its bytes.</param>
    /// <param name="isWatched">Whether reads of what nobody wrote and races are found.</param>
    public SharedMemory(int length, bool isWatched = true)
    {
        this.isWatched = isWatched;
        bytes = GC.AllocateArray<byte>(Math.Max(1, length), pinned: true);
        begin = (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref bytes[0]);
        (Length, writers, readers) = (length, new uint[length], new uint[length]);
    }

    public int Length { get; }

    /// <summary>Begins a block: nothing has been written.</summary>
    public void Reset()
    {
        interval = 1;
        if (!isWatched)
            return;
        Array.Clear(writers);
        Array.Clear(readers);
    }

    /// <summary>All threads of the block have met.</summary>
    public void Barrier() => interval++;

    public bool Holds(ulong address, int size) => address >= Base && address - Base + (ulong)size <= (ulong)Length;

    public byte* At(ulong address) => begin + (address - Base);

    /// <summary>What is wrong with a read; null where nothing is.</summary>
    public string? Read(ulong address, int size, int thread)
    {
        if (!Holds(address, size))
            return "Access outside of shared memory";
        if (!isWatched)
            return null;
        var mine = (interval << ThreadBits) | (uint)(thread + 1);
        var first = (int)(address - Base);
        for (var at = first; at < first + size; at++)
        {
            var writer = writers[at];
            if (writer == 0)
                return "Read of shared memory that nobody wrote";
            if (writer >> ThreadBits == interval && writer != mine)
            {
                var who = (writer & ThreadMask) == Atomic ? "an atomic access" : $"thread {(writer & ThreadMask) - 1}";
                return $"Read of shared memory that {who} wrote since the last barrier";
            }

            var reader = readers[at];
            readers[at] = reader >> ThreadBits == interval && reader != mine ? (interval << ThreadBits) | Many : mine;
        }

        return null;
    }

    /// <summary>What is wrong with a write; null where nothing is.</summary>
    public string? Write(ulong address, int size, int thread)
    {
        if (!Holds(address, size))
            return "Access outside of shared memory";
        if (!isWatched)
            return null;
        var mine = (interval << ThreadBits) | (uint)(thread + 1);
        var first = (int)(address - Base);
        for (var at = first; at < first + size; at++)
        {
            var (writer, reader) = (writers[at], readers[at]);
            if ((writer >> ThreadBits == interval && writer != mine) || (reader >> ThreadBits == interval && reader != mine))
                return "Write of shared memory that another thread used since the last barrier";
            writers[at] = mine;
        }

        return null;
    }

    /// <summary>What is wrong with an access that all threads may make between two barriers; null where nothing is.</summary>
    public string? Share(ulong address, int size)
    {
        if (!Holds(address, size))
            return "Access outside of shared memory";
        var mine = (interval << ThreadBits) | Atomic;
        var first = (int)(address - Base);
        for (var at = first; at < first + size; at++)
        {
            var (writer, reader) = (writers[at], readers[at]);
            if (writer == 0)
                return "Read of shared memory that nobody wrote";
            if ((writer >> ThreadBits == interval && writer != mine) || (reader >> ThreadBits == interval && reader != mine))
                return "Atomic access of shared memory that a thread used otherwise since the last barrier";
            (writers[at], readers[at]) = (mine, mine);
        }

        return null;
    }
}
