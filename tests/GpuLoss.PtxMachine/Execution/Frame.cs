using System.Numerics;
using System.Runtime.CompilerServices;

namespace GpuLoss.PtxMachine;

/// <summary>A function that a warp is in: the registers of its 32 lanes, and where each of them is.</summary>
internal sealed unsafe class Frame
{
    public const int Lanes = 32;
    public const uint AllLanes = uint.MaxValue;

    private readonly ulong[] registers;

    public Frame(PtxFunction function, Warp warp, int localBegin)
    {
        (Function, Warp, LocalBegin) = (function, warp, localBegin);
        registers = GC.AllocateArray<ulong>(Math.Max(1, function.Registers * Lanes), pinned: true);
        Registers = (ulong*)Unsafe.AsPointer(ref registers[0]);
        Written = new uint[function.Registers];
    }

    public PtxFunction Function { get; }

    public Warp Warp { get; }

    /// <summary>Where the local variables begin in the local memory of the warp.</summary>
    public int LocalBegin { get; }

    /// <summary>[register, lane]. A number is in the low bytes; of a predicate the first word has a bit for each lane.</summary>
    public ulong* Registers { get; }

    /// <summary>The lanes that have written each register.</summary>
    public uint[] Written { get; }

    /// <summary>The instruction that each lane comes to next.</summary>
    public int[] Next { get; } = new int[Lanes];

    /// <summary>Where it is counted how often the warp comes to each instruction.</summary>
    public long[] Executions { get; private set; } = [];

    /// <summary>The lanes that have not returned.</summary>
    public uint Live { get; set; }

    public uint AtShuffle { get; set; }

    public uint AtBarrier { get; set; }

    public ulong* Slot(int register) => Registers + register * Lanes;

    public uint Predicate(int register) => (uint)Registers[register * Lanes];

    public void SetPredicate(int register, uint lanes, uint value) =>
        Registers[register * Lanes] = (Predicate(register) & ~lanes) | (value & lanes);

    /// <summary>Enters the function with some lanes.</summary>
    public void Begin(uint lanes)
    {
        Array.Clear(Written);
        Array.Clear(Next);
        (Live, AtShuffle, AtBarrier) = (lanes, 0, 0);
        Executions = Warp.Launch.Counters.ExecutionsOf(Function);
        Warp.Local.Forget(LocalBegin, Function.LocalBytes);
        foreach (var constant in Function.Constants)
        {
            Written[constant.Register] = AllLanes;
            Warp.Fill(Slot(constant.Register), constant, LocalBegin);
        }
    }

    /// <summary>The fault of a lane.</summary>
    public PtxFaultException Fault(PtxInstruction instruction, int lane, string reason, ulong? address = null) => new(
        reason, Function.Name, instruction.ToString(), Warp.Index * Lanes + lane, Warp.Launch.Block, address);

    /// <summary>The fault of the first of some lanes.</summary>
    public PtxFaultException FaultOf(PtxInstruction instruction, uint lanes, string reason) =>
        Fault(instruction, BitOperations.TrailingZeroCount(lanes), reason);
}
