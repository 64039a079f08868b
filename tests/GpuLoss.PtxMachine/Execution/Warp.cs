using System.Globalization;
using System.Numerics;

namespace GpuLoss.PtxMachine;

/// <summary>
/// 32 threads in lockstep. Of the lanes that can go on, those do whose instruction is first in the function's order, so that lanes which
/// have parted meet again. A lane at a shuffle waits for the lanes of its mask, at a barrier for the block.
/// </summary>
internal sealed unsafe class Warp
{
    private readonly Dictionary<(PtxFunction, int), Frame> callees = [];
    private readonly int threads;
    private long budget;

    public Warp(Launch launch, PtxFunction kernel, int index, int threads)
    {
        (Launch, Index, this.threads) = (launch, index, threads);
        Local = new LocalMemory(LocalNeed(kernel));
        Kernel = new Frame(kernel, this, localBegin: 0);
    }

    public Launch Launch { get; }

    public int Index { get; }

    public LocalMemory Local { get; }

    public Frame Kernel { get; }

    /// <summary>The sectors of global memory that it loaded last.</summary>
    public SectorWindow Loaded { get; } = new();

    /// <summary>Those that it stored last.</summary>
    public SectorWindow Stored { get; } = new();

    /// <summary>The instructions executed in this block.</summary>
    public long Instructions { get; private set; }

    /// <summary>The lanes that are threads.</summary>
    public uint Lanes => threads >= Frame.Lanes ? Frame.AllLanes : (1u << threads) - 1;

    public void BeginBlock()
    {
        (Instructions, budget) = (0, Launch.Options.MostInstructionsOfWarp);
        Loaded.Forget();
        Stored.Forget();
        Kernel.Begin(Lanes);
    }

    /// <summary>Runs until all lanes have returned or wait for the block.</summary>
    public void Run() => Run(Kernel);

    /// <summary>The value that a register always has.</summary>
    public void Fill(ulong* slot, PtxConstant constant, int localBegin)
    {
        if (constant.Kind == ConstantKind.Predicate)
        {
            *slot = constant.Value == 0 ? 0 : Frame.AllLanes;
            return;
        }

        for (var lane = 0; lane < Frame.Lanes; lane++)
        {
            slot[lane] = constant.Kind switch
            {
                ConstantKind.Number => constant.Value,
                ConstantKind.Shared => SharedMemory.Base + constant.Value,
                ConstantKind.Local => LocalMemory.Base + (ulong)localBegin + constant.Value,
                ConstantKind.KernelParameter =>
                    Launch.Parameter((int)constant.Value, int.Parse(constant.Name, CultureInfo.InvariantCulture)),
                _ => (ulong)Launch.Special(constant.Name, Index * Frame.Lanes + lane, lane),
            };
        }
    }

    private static int LocalNeed(PtxFunction function) => function.LocalBytes + 8 + function.Code
        .Where(instruction => instruction.Callee is not null).Select(instruction => LocalNeed(instruction.Callee!)).DefaultIfEmpty(0).Max();

    private void Run(Frame frame)
    {
        while (true)
        {
            var ready = frame.Live & ~frame.AtShuffle & ~frame.AtBarrier;
            if (ready == 0)
            {
                if (frame.AtShuffle != 0)
                    throw Unreachable(frame);
                return;
            }

            // The lanes at the first instruction go, and stop where the next ones wait.
            var (order, next, others, lanes) = (frame.Function.Order, int.MaxValue, int.MaxValue, 0u);
            for (var left = ready; left != 0; left &= left - 1)
            {
                var lane = BitOperations.TrailingZeroCount(left);
                var at = frame.Next[lane] is var place && place < order.Length ? order[place] : int.MaxValue - 1;
                if (at < next)
                    (others, next, lanes) = (next, at, 1u << lane);
                else if (at == next)
                    lanes |= 1u << lane;
                else
                    others = Math.Min(others, at);
            }

            Together(frame, lanes, frame.Next[BitOperations.TrailingZeroCount(lanes)], others);
        }
    }

    /// <summary>Executes with lanes that are at one instruction, until they part, wait, or come to others.</summary>
    private void Together(Frame frame, uint lanes, int at, int others)
    {
        var code = frame.Function.Code;
        var written = frame.Written;
        var counters = Launch.Counters;
        var (executions, order) = (frame.Executions, frame.Function.Order);
        while (true)
        {
            if (at >= code.Count)
                throw frame.FaultOf(code[^1], lanes, "The code ends without ret");
            if (order[at] >= others)
                break;
            var instruction = code[at];
            var active = lanes;
            if (instruction.Guard >= 0)
            {
                if ((written[instruction.Guard] & lanes) != lanes)
                    throw frame.FaultOf(instruction, lanes & ~written[instruction.Guard], "Read of a predicate that nobody wrote");
                var guard = frame.Predicate(instruction.Guard);
                active &= instruction.GuardIsNegated ? ~guard : guard;
            }

            Instructions++;
            executions[at]++;
            counters.Count(instruction.Class, BitOperations.PopCount(active));
            var known = written[instruction.A] & written[instruction.B] & written[instruction.C];
            if ((known & active) != active || (instruction.Sources.Length > 3 && !Known(written, instruction, active)))
                throw Unwritten(frame, instruction, active);
            switch (instruction.Flow)
            {
                case Flow.Plain:
                    if (active != 0)
                    {
                        instruction.Execute(frame, instruction, active);
                        foreach (var register in instruction.Destinations)
                            written[register] |= active;
                    }

                    at++;
                    break;
                case Flow.Branch:
                    if (active != 0 && active != lanes)
                    {
                        if (instruction.IsUniform)
                            throw frame.FaultOf(instruction, active, "Divergence at a branch that is said to be uniform");
                        Set(frame, active, instruction.Target);
                        Set(frame, lanes & ~active, at + 1);
                        return;
                    }

                    if (active != 0 && instruction.Target <= at && Instructions > budget)
                        throw frame.FaultOf(instruction, active, $"More than {budget} instructions");
                    at = active == 0 ? at + 1 : instruction.Target;
                    break;
                case Flow.Return:
                    frame.Live &= ~active;
                    Set(frame, lanes & ~active, at + 1);
                    return;
                case Flow.Call:
                    if (active != 0)
                        Call(frame, instruction, active);
                    at++;
                    break;
                case Flow.Barrier:
                    if (!ReferenceEquals(frame, Kernel))
                        throw frame.FaultOf(instruction, active, "A barrier in a function that is called, which the machine does not know");
                    Set(frame, active, at);
                    Set(frame, lanes & ~active, at + 1);
                    frame.AtBarrier |= active;
                    return;
                case Flow.Shuffle:
                    Set(frame, active, at);
                    Set(frame, lanes & ~active, at + 1);
                    frame.AtShuffle |= active;
                    if (!TryShuffle(frame, instruction, active))
                        return;
                    if (active != lanes || Met(frame, at) != lanes)
                        return;
                    at++;
                    break;
            }
        }

        Set(frame, lanes, at);
    }

    /// <summary>The lanes that a shuffle has just let go.</summary>
    private static uint Met(Frame frame, int at)
    {
        var met = 0u;
        for (var lane = 0; lane < Frame.Lanes; lane++)
            met |= frame.Next[lane] == at + 1 && (frame.Live >> lane & 1) != 0 ? 1u << lane : 0;
        return met;
    }

    /// <summary>Shuffles as soon as all lanes of the mask are there (PTX ISA, 9.7.8.6 shfl.sync).</summary>
    private bool TryShuffle(Frame frame, PtxInstruction instruction, uint active)
    {
        if (active == 0)
            return true;
        var first = BitOperations.TrailingZeroCount(active);
        var members = (uint)frame.Slot(instruction.Sources[^1])[first];
        if ((members & active) != active)
            throw frame.FaultOf(instruction, active & ~members, "A lane shuffles that is not in the mask");
        var there = 0u;
        for (var left = frame.AtShuffle & members; left != 0; left &= left - 1)
        {
            var lane = BitOperations.TrailingZeroCount(left);
            there |= frame.Next[lane] == instruction.Index ? 1u << lane : 0;
        }

        if (there != members)
            return false;
        instruction.Execute(frame, instruction, members);
        foreach (var register in instruction.Destinations)
            frame.Written[register] |= members;
        Launch.Counters.Shuffles++;
        frame.AtShuffle &= ~members;
        Set(frame, members, instruction.Index + 1);
        return true;
    }

    private void Call(Frame frame, PtxInstruction instruction, uint active)
    {
        var (callee, begin) = (instruction.Callee!, frame.LocalBegin + (frame.Function.LocalBytes + 7) / 8 * 8);
        if (!callees.TryGetValue((callee, begin), out var inner))
            callees[(callee, begin)] = inner = new Frame(callee, this, begin);
        inner.Begin(active);
        Copy(frame, instruction.Sources, inner, callee.Inputs, active);
        Run(inner);
        foreach (var result in callee.Results)
        {
            if ((inner.Written[result] & active) != active)
                throw frame.FaultOf(instruction, active & ~inner.Written[result], $"{callee.Name} returns no result");
        }

        Copy(inner, callee.Results, frame, instruction.Destinations, active);
    }

    private static void Copy(Frame from, IReadOnlyList<int> sources, Frame to, IReadOnlyList<int> destinations, uint active)
    {
        for (var i = 0; i < sources.Count; i++)
        {
            var source = from.Slot(sources[i]);
            var destination = to.Slot(destinations[i]);
            for (var left = active; left != 0; left &= left - 1)
            {
                var lane = BitOperations.TrailingZeroCount(left);
                destination[lane] = source[lane];
            }

            to.Written[destinations[i]] |= active;
        }
    }

    private static void Set(Frame frame, uint lanes, int next)
    {
        for (var left = lanes; left != 0; left &= left - 1)
            frame.Next[BitOperations.TrailingZeroCount(left)] = next;
    }

    private static bool Known(uint[] written, PtxInstruction instruction, uint active)
    {
        foreach (var register in instruction.Sources)
        {
            if ((written[register] & active) != active)
                return false;
        }

        return true;
    }

    private static PtxFaultException Unwritten(Frame frame, PtxInstruction instruction, uint active)
    {
        var register = instruction.Sources.First(source => (frame.Written[source] & active) != active);
        return frame.FaultOf(instruction, active & ~frame.Written[register], "Read of a register that nobody wrote");
    }

    private static PtxFaultException Unreachable(Frame frame)
    {
        var instruction = frame.Function.Code[frame.Next[BitOperations.TrailingZeroCount(frame.AtShuffle)]];
        return frame.FaultOf(instruction, frame.AtShuffle, "A shuffle waits for lanes that never come");
    }
}
