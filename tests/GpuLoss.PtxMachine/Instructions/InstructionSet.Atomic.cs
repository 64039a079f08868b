using System.Numerics;

namespace GpuLoss.PtxMachine;

/// <summary>
/// 9.7.12.4 atom, 9.7.12.5 red and 9.7.8.8 ld.relaxed, of words that threads of several blocks may use in a launch, or threads of a block
/// between barriers. Blocks run one after another here, so that every order of blocks is one of those that a GPU may take.
/// </summary>
internal static unsafe partial class InstructionSet
{
    private static Operation? AtomicOf(string[] parts) => parts switch
    {
        ["ld", "relaxed", "gpu", "global", "s32" or "u32" or "b32"] => LoadShared,
        ["atom", "relaxed", "gpu", "global", "min", "s32"] => LowerShared,
        ["red", "add", "global" or "shared", "u32" or "s32"] => AddShared<uint>,
        ["red", "add", "global" or "shared", "u64"] => AddShared<ulong>,
        _ => null,
    };

    private static void LoadShared(Frame frame, PtxInstruction instruction, uint lanes) =>
        EachShared<uint>(frame, instruction, lanes, isStore: false, static (word, _) => word);

    private static void LowerShared(Frame frame, PtxInstruction instruction, uint lanes) => EachShared<uint>(
        frame, instruction, lanes, isStore: true, static (word, value) => (uint)Math.Min((int)word, (int)value));

    private static void AddShared<T>(Frame frame, PtxInstruction instruction, uint lanes)
        where T : unmanaged, IBinaryInteger<T> =>
        EachShared<T>(frame, instruction, lanes, isStore: true, static (word, value) => unchecked(word + value));

    private static void EachShared<T>(Frame frame, PtxInstruction instruction, uint lanes, bool isStore, Func<T, T, T> next)
        where T : unmanaged
    {
        var addresses = frame.Slot(instruction.A);
        var values = frame.Slot(instruction.B);
        var at = stackalloc ulong[Frame.Lanes];
        var (launch, isOfBlock) = (frame.Warp.Launch, instruction.Class == InstructionClass.Shared);
        for (var left = lanes; left != 0; left &= left - 1)
        {
            var lane = BitOperations.TrailingZeroCount(left);
            var address = at[lane] = addresses[lane] + (ulong)instruction.Offset;
            var wrong = (address & (ulong)(sizeof(T) - 1)) != 0
                ? $"Access of {sizeof(T)} bytes that is not aligned"
                : isOfBlock ? launch.Shared.Share(address, sizeof(T)) : launch.Global.Share(address, sizeof(T));
            if (wrong is not null)
                throw frame.Fault(instruction, lane, wrong, address);
            var word = (T*)(isOfBlock ? launch.Shared.At(address) : (byte*)address);
            var before = *word;
            *word = next(before, *(T*)(values + lane));
            if (instruction.Dest >= 0)
                Lane.Put(frame.Slot(instruction.Dest) + lane, before);
        }

        Traffic.Count(frame.Warp, isOfBlock ? 's' : 'g', at, lanes, sizeof(T), isStore);
    }
}
