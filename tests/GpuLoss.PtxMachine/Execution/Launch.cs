namespace GpuLoss.PtxMachine;

/// <summary>A kernel's run over its grid, one block after another.</summary>
internal sealed class Launch
{
    /// <summary>Seed of the shuffled order.</summary>
    private const int Seed = 1;

    private readonly PtxFunction kernel;
    private readonly byte[] parameters;
    private readonly (int X, int Y, int Z) grid;
    private readonly int threads;
    private readonly Warp[] warps;

    public Launch(
        PtxFunction kernel, byte[] parameters, (int X, int Y, int Z) grid, int threads, int dynamicSharedBytes, MachineOptions options,
        GlobalMemory global)
    {
        (this.kernel, this.parameters, this.grid, this.threads, Options, Global) = (kernel, parameters, grid, threads, options, global);
        Shared = new SharedMemory(kernel.SharedBytes + dynamicSharedBytes, options.WatchesMemory);
        warps = [.. Enumerable.Range(0, (threads + Frame.Lanes - 1) / Frame.Lanes).Select(index =>
            new Warp(this, kernel, index, threads - index * Frame.Lanes))];
    }

    public MachineOptions Options { get; }

    public GlobalMemory Global { get; }

    public SharedMemory Shared { get; }

    public LaunchCounters Counters { get; private set; } = new();

    /// <summary>The block that is running.</summary>
    public (int X, int Y, int Z) Block { get; private set; }

    /// <summary>Its number, from 1.</summary>
    public int BlockNumber { get; private set; }

    /// <summary>Runs all blocks, or those of the sample.</summary>
    /// <exception cref="PtxFaultException">A thread did what it must not.</exception>
    public LaunchCounters Run()
    {
        Global.BeginLaunch();
        var count = checked(grid.X * grid.Y * grid.Z);
        if (Options.Sample is { } sample)
            return Run(count, sample);
        var blocks = Enumerable.Range(0, count).ToArray();
        if (Options.Order == BlockOrder.Backward)
            Array.Reverse(blocks);
        else if (Options.Order == BlockOrder.Shuffled)
            new Random(Seed).Shuffle(blocks);
        foreach (var block in blocks)
            Run(block);
        (Counters.Blocks, Counters.BlocksRun) = (count, count);
        return Counters;
    }

    /// <summary>Bytes of the buffer of the launch.</summary>
    public ulong Parameter(int offset, int size)
    {
        ulong value = 0;
        for (var i = size - 1; i >= 0; i--)
            value = value << 8 | parameters[offset + i];
        return value;
    }

    /// <summary>PTX ISA, 10 Special Registers. Blocks are one-dimensional, as the driver's interface is.</summary>
    public int Special(string name, int thread, int lane) => name switch
    {
        "%tid.x" => thread,
        "%tid.y" or "%tid.z" => 0,
        "%ntid.x" => threads,
        "%ntid.y" or "%ntid.z" => 1,
        "%ctaid.x" => Block.X,
        "%ctaid.y" => Block.Y,
        "%ctaid.z" => Block.Z,
        "%nctaid.x" => grid.X,
        "%nctaid.y" => grid.Y,
        "%nctaid.z" => grid.Z,
        "%laneid" => lane,
        _ => throw new ArgumentException($"unknown special register {name}", nameof(name)),
    };

    /// <summary>Runs a part of the grid. The first and the last block stand for themselves, the others for all between.</summary>
    private LaunchCounters Run(int blocks, BlockSample sample)
    {
        var ends = Counters;
        Run(0);
        if (blocks > 1)
            Run(blocks - 1);
        var between = sample.Count(blocks, ends.WarpInstructions);
        (ends.Blocks, ends.BlocksRun) = (blocks, Math.Min(2, blocks) + between);
        Counters = new LaunchCounters();
        foreach (var block in BlockSample.Between(blocks, between))
            Run(block);
        if (between > 0)
            ends.Add(Counters, (blocks - 2.0) / between);
        return ends;
    }

    private void Run(int block)
    {
        (Block, BlockNumber) = ((block % grid.X, block / grid.X % grid.Y, block / grid.X / grid.Y), block + 1);
        Shared.Reset();
        foreach (var warp in warps)
            warp.BeginBlock();
        do
        {
            foreach (var warp in warps)
                warp.Run();
        }
        while (Barrier());
        var instructions = warps.Sum(warp => warp.Instructions);
        Counters.WarpInstructions += instructions;
        Counters.LongestBlock = Math.Max(Counters.LongestBlock, instructions);
    }

    /// <summary>
    /// Lets the threads go on that wait (PTX ISA, 9.7.12.1 bar). All threads of the block have to be there, at the same instruction:
    /// stricter than the hardware, which lets those that have returned be missing.
    /// </summary>
    private bool Barrier()
    {
        if (Array.TrueForAll(warps, warp => warp.Kernel.AtBarrier == 0))
            return false;
        var at = -1;
        foreach (var warp in warps)
        {
            for (var lane = 0; lane < Frame.Lanes; lane++)
            {
                if ((warp.Kernel.AtBarrier >> lane & 1) != 0)
                    at = at < 0 ? warp.Kernel.Next[lane] : at;
            }
        }

        foreach (var warp in warps)
        {
            for (var lane = 0; lane < Frame.Lanes; lane++)
            {
                if ((warp.Lanes >> lane & 1) == 0)
                    continue;
                if ((warp.Kernel.AtBarrier >> lane & 1) == 0 || warp.Kernel.Next[lane] != at)
                    throw warp.Kernel.Fault(kernel.Code[at], lane, "A barrier that this thread never reaches");
                warp.Kernel.Next[lane] = at + 1;
            }

            warp.Kernel.AtBarrier = 0;
        }

        Shared.Barrier();
        Counters.Barriers++;
        return true;
    }
}
