namespace GpuLoss.PtxMachine;

/// <summary>A kernel did what it must not: the launch ends here.</summary>
/// <param name="reason">What it did.</param>
/// <param name="function">The kernel, or the function that it called.</param>
/// <param name="instruction">The instruction that did it.</param>
/// <param name="thread">The number of the thread in its block.</param>
/// <param name="block">The block.</param>
/// <param name="address">The address, where there is one.</param>
internal sealed class PtxFaultException(
    string reason, string function, string instruction, int thread, (int X, int Y, int Z) block, ulong? address)
    : Exception($"{reason}: {instruction} of {function}, "
        + $"thread {thread} of block {block}{(address is { } at ? $", address 0x{at:x}" : "")}.")
{
    public string Reason => reason;

    public string Instruction => instruction;

    public int Thread => thread;

    public (int X, int Y, int Z) Block => block;

    public ulong? Address => address;
}
