using System.Numerics;

namespace GpuLoss.PtxMachine;

/// <summary>9.7.9.6 shfl.sync.</summary>
internal static unsafe partial class InstructionSet
{
    private static Operation? ShuffleOf(string[] parts, PtxInstruction instruction) =>
        parts is ["shfl", "sync", "up" or "down" or "bfly" or "idx", "b32"] && instruction.Sources.Length == 4 ? Shuffle : null;

    /// <summary>
    /// The value of another lane of the same segment, or the own one where that lane is outside of it. Of a lane that takes no part the
    /// value is not specified, so it is a fault here.
    /// </summary>
    private static void Shuffle(Frame frame, PtxInstruction instruction, uint lanes)
    {
        var to = frame.Slot(instruction.Dest);
        var values = stackalloc uint[Frame.Lanes];
        var a = frame.Slot(instruction.A);
        var offsets = frame.Slot(instruction.B);
        var clamps = frame.Slot(instruction.C);
        for (var lane = 0; lane < Frame.Lanes; lane++)
            values[lane] = (uint)a[lane];
        var (mode, inside) = (instruction.Parts[2], 0u);
        for (var left = lanes; left != 0; left &= left - 1)
        {
            var lane = BitOperations.TrailingZeroCount(left);
            var (offset, clamp, segment) = ((int)(offsets[lane] & 31), (int)(clamps[lane] & 31), (int)(clamps[lane] >> 8 & 31));
            var (most, least) = (lane & segment | clamp & ~segment, lane & segment);
            var (from, isInside) = mode switch
            {
                "up" => (lane - offset, lane - offset >= most),
                "down" => (lane + offset, lane + offset <= most),
                "bfly" => (lane ^ offset, (lane ^ offset) <= most),
                _ => (least | offset & ~segment, (least | offset & ~segment) <= most),
            };
            if (!isInside)
                from = lane;
            if ((lanes >> from & 1) == 0)
                throw frame.Fault(instruction, lane, $"Shuffle from lane {from}, which takes no part");
            Lane.Put(to + lane, values[from]);
            inside |= isInside ? 1u << lane : 0;
        }

        if (instruction.Destinations.Length > 1)
            frame.SetPredicate(instruction.Destinations[1], lanes, inside);
    }
}
