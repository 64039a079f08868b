namespace GpuLoss.PtxMachine;

/// <summary>Memory that a call of an engine is given.</summary>
/// <param name="Address">Its beginning; 0 for none.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="IsWritten">Whether it holds values.</param>
internal readonly record struct CallMemory(nint Address, long Bytes, bool IsWritten = true);

/// <summary>Calls of engines whose kernels may use exactly the memory that the call is given, one after another.</summary>
internal sealed class GuardedCalls(MachineDriver driver)
{
    private readonly Lock access = new();

    public void Run(Action call, IEnumerable<CallMemory> memory)
    {
        lock (access)
        {
            foreach (var (address, bytes, isWritten) in memory)
            {
                if (address != 0 && bytes > 0)
                    driver.Memory.Add((ulong)address, bytes, isWritten);
            }

            try
            {
                call();
            }
            finally
            {
                driver.Memory.Clear();
            }
        }
    }
}
