using System.Text.Json;
using GpuLoss.Distributed;
using Spectre.Console;
using TorchSharp;
using static TorchSharp.torch;

namespace GpuLoss.Cli.Commands;

/// <summary>The processes that run a command together, where mpirun started several; only the first displays and writes.</summary>
internal static class Ranks
{
    /// <summary>All of them.</summary>
    public static Communicator All => Communicator.world;

    /// <summary>Whether this one displays and writes.</summary>
    public static bool IsFirst => All.rank == 0;

    /// <summary>Where this one displays: a terminal, or nowhere.</summary>
    public static IAnsiConsole Console => IsFirst
        ? AnsiConsole.Console
        : AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(TextWriter.Null), Interactive = InteractionSupport.No });

    /// <summary>The device of this one: each rank of a machine has a GPU of its own.</summary>
    /// <exception cref="InputException">There are fewer GPUs than ranks.</exception>
    public static Device DeviceOf(DeviceType type)
    {
        if (type != DeviceType.CUDA)
            return new Device(type);
        return All.local_rank < cuda.device_count()
            ? new Device(type, All.local_rank)
            : throw new InputException(
                $"--device cuda: rank {All.rank} is number {All.local_rank + 1} of its machine, which has {cuda.device_count()} GPU(s).");
    }

    /// <summary>Whether it holds on any rank. All ask together, and get the same answer.</summary>
    public static bool Any(bool holds) => All.size == 1 ? holds : All.Gather<bool>([holds]).Contains(true);

    /// <summary>What every rank has found, in their order; ranks with null are left out.</summary>
    public static IEnumerable<T> Gather<T>(T? own, JsonSerializerOptions json)
        where T : class
    {
        if (All.size == 1)
            return own is null ? [] : [own];
        var text = own is null ? [] : JsonSerializer.SerializeToUtf8Bytes(own, json);
        var lengths = All.Gather<int>([text.Length]);
        var all = All.Gather<byte>(text, lengths);
        var (begin, found) = (0, new List<T>());
        foreach (var length in lengths)
        {
            if (length > 0)
                found.Add(JsonSerializer.Deserialize<T>(all.AsSpan(begin, length), json)!);
            begin += length;
        }

        return found;
    }
}
