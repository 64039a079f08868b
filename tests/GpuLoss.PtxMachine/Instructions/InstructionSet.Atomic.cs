using System.Numerics;

namespace GpuLoss.PtxMachine;

/// <summary>
/// 9.7.12.4 atom and 9.7.8.8 ld.relaxed, of words in global memory within the device: accesses that threads of several blocks may make of
/// one word in a
/// launch. Blocks run one after another here, so that every order of blocks is one of those that a GPU may take.
/// </summary>
internal static unsafe partial class InstructionSet
{
    private static Operation? AtomicOf(string[] parts) => parts switch
    {
        ["ld", "relaxed", "gpu", "global", "s32" or "u32" or "b32"] => LoadShared,
        ["atom", "relaxed", "gpu", "global", "min", "s32"] => LowerShared,
        _ => null,
    };

    private static void LoadShared(Frame frame, PtxInstruction instruction, uint lanes) =>
        EachShared(frame, instruction, lanes, isStore: false, static (word, _) => word);

    private static void LowerShared(Frame frame, PtxInstruction instruction, uint lanes) => EachShared(
        frame, instruction, lanes, isStore: true, static (word, value) => (uint)Math.Min((int)word, (int)value));

    private static void EachShared(Frame frame, PtxInstruction instruction, uint lanes, bool isStore, Func<uint, uint, uint> next)
    {
        var addresses = frame.Slot(instruction.A);
        var values = frame.Slot(instruction.B);
        var to = frame.Slot(instruction.Dest);
        var at = stackalloc ulong[Frame.Lanes];
        var launch = frame.Warp.Launch;
        for (var left = lanes; left != 0; left &= left - 1)
        {
            var lane = BitOperations.TrailingZeroCount(left);
            var address = at[lane] = addresses[lane] + (ulong)instruction.Offset;
            var wrong = (address & (sizeof(uint) - 1)) != 0
                ? $"Access of {sizeof(uint)} bytes that is not aligned"
                : launch.Global.Share(address, sizeof(uint));
            if (wrong is not null)
                throw frame.Fault(instruction, lane, wrong, address);
            var word = *(uint*)address;
            *(uint*)address = next(word, (uint)values[lane]);
            Lane.Put(to + lane, word);
        }

        Traffic.Count(frame.Warp, 'g', at, lanes, sizeof(uint), isStore);
    }
}
