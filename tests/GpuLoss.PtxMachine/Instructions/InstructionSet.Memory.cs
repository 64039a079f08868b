using System.Numerics;

namespace GpuLoss.PtxMachine;

/// <summary>9.7.9.8 ld and 9.7.9.11 st. Cache operators change nothing that a thread sees, but .nc promises that nobody writes.</summary>
internal static unsafe partial class InstructionSet
{
    private static readonly HashSet<string> Hints = ["nc", "cs", "cg", "ca", "L1::no_allocate", "L1::evict_first", "v2", "v4"];

    private static Operation? LoadOf(string[] parts, PtxInstruction instruction) => parts is ["ld", "param", var type]
        ? PtxTypes.SizeOf(type) switch
        {
            8 => Lane.Unary<ulong, ulong, Same<ulong>>,
            4 => Lane.Unary<uint, uint, Same<uint>>,
            2 => Lane.Unary<ushort, ushort, Same<ushort>>,
            1 => Lane.Unary<byte, byte, Same<byte>>,
            _ => null,
        }
        : !IsAccess(parts, instruction.Destinations.Length) ? null : parts[^1] switch
        {
            "b8" or "u8" => Load<byte>,
            "s8" => Load<sbyte>,
            "b16" or "u16" => Load<ushort>,
            "s16" => Load<short>,
            "b32" or "u32" or "f32" or "s32" => Load<uint>,
            "b64" or "u64" or "f64" or "s64" => Load<ulong>,
            _ => null,
        };

    private static Operation? StoreOf(string[] parts, PtxInstruction instruction) => parts is ["st", "param", var type]
        ? PtxTypes.SizeOf(type) == 0 ? null : Lane.Unary<ulong, ulong, Same<ulong>>
        : !IsAccess(parts, instruction.Sources.Length - 1) ? null : PtxTypes.SizeOf(parts[^1]) switch
        {
            1 => Store<byte>,
            2 => Store<ushort>,
            4 => Store<uint>,
            8 => Store<ulong>,
            _ => null,
        };

    private static bool IsAccess(string[] parts, int elements)
    {
        if (parts.Length < 3)
            return false; // without a space: a generic address
        var hints = parts[2..^1];
        var width = hints.Contains("v4") ? 4 : hints.Contains("v2") ? 2 : 1;
        return parts[1] is "global" or "shared" or "local" && width == elements && hints.All(Hints.Contains);
    }

    private static void Load<T>(Frame frame, PtxInstruction instruction, uint lanes)
        where T : unmanaged, IBinaryInteger<T>
    {
        var space = instruction.Opcode[3];
        var addresses = frame.Slot(instruction.A);
        var size = sizeof(T) * instruction.Destinations.Length;
        var at = stackalloc ulong[Frame.Lanes];
        for (var left = lanes; left != 0; left &= left - 1)
        {
            var lane = BitOperations.TrailingZeroCount(left);
            var address = at[lane] = addresses[lane] + (ulong)instruction.Offset;
            var from = Check(frame, instruction, lane, space, address, size, isWrite: false);
            for (var i = 0; i < instruction.Destinations.Length; i++)
                frame.Slot(instruction.Destinations[i])[lane] = (ulong)long.CreateTruncating(((T*)from)[i]);
        }

        Traffic.Count(frame.Warp, space, at, lanes, size, isStore: false);
    }

    private static void Store<T>(Frame frame, PtxInstruction instruction, uint lanes)
        where T : unmanaged
    {
        var space = instruction.Opcode[3];
        var addresses = frame.Slot(instruction.A);
        var count = instruction.Sources.Length - 1;
        var size = sizeof(T) * count;
        var at = stackalloc ulong[Frame.Lanes];
        for (var left = lanes; left != 0; left &= left - 1)
        {
            var lane = BitOperations.TrailingZeroCount(left);
            var address = at[lane] = addresses[lane] + (ulong)instruction.Offset;
            var to = Check(frame, instruction, lane, space, address, size, isWrite: true);
            for (var i = 0; i < count; i++)
                ((T*)to)[i] = *(T*)(frame.Slot(instruction.Sources[i + 1]) + lane);
        }

        Traffic.Count(frame.Warp, space, at, lanes, size, isStore: true);
    }

    /// <summary>Where an address lies in the memory of the host, once nothing is wrong with the access.</summary>
    private static byte* Check(Frame frame, PtxInstruction instruction, int lane, char space, ulong address, int size, bool isWrite)
    {
        var (warp, launch) = (frame.Warp, frame.Warp.Launch);
        var thread = warp.Index * Frame.Lanes + lane;
        var wrong = (address & (ulong)(size - 1)) != 0 ? $"Access of {size} bytes that is not aligned" : space switch
        {
            'g' => isWrite ? launch.Global.Write(address, size, launch.BlockNumber)
                : launch.Global.Read(address, size, launch.BlockNumber, instruction.IsConstantLoad),
            's' => isWrite ? launch.Shared.Write(address, size, thread) : launch.Shared.Read(address, size, thread),
            _ => warp.Local.Access(address, size, lane, isWrite),
        };
        if (wrong is not null)
            throw frame.Fault(instruction, lane, wrong, address);
        return space switch
        {
            'g' => (byte*)address,
            's' => launch.Shared.At(address),
            _ => warp.Local.At(address, lane),
        };
    }
}
