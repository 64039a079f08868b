using System.Globalization;
using System.Text.RegularExpressions;

namespace GpuLoss.Bench.Ptx;

/// <summary>What ptxas says of a kernel.</summary>
/// <param name="Registers">Registers of a thread.</param>
/// <param name="StackBytes">Local memory of a thread.</param>
/// <param name="SpillBytes">Bytes that are stored and loaded because the registers did not suffice.</param>
/// <param name="SharedBytes">Static shared memory of a block.</param>
internal sealed partial record AssembledKernel(int Registers, int StackBytes, int SpillBytes, int SharedBytes)
{
    /// <summary>Assembles a file. The machine code names the lines of the PTX, which changes no instruction of it.</summary>
    /// <param name="ptx">The PTX.</param>
    /// <param name="architecture">sm_80, say.</param>
    /// <param name="cubin">Receives the machine code.</param>
    /// <exception cref="InvalidOperationException">ptxas refuses the file.</exception>
    public static AssembledKernel From(string ptx, string architecture, string cubin)
    {
        var report = CudaTools.Run("ptxas", $"-arch={architecture}", "-lineinfo", "-v", ptx, "-o", cubin);
        return new AssembledKernel(
            Number(RegisterCount().Match(report)),
            Number(Stack().Match(report)),
            Number(SpillStores().Match(report)) + Number(SpillLoads().Match(report)),
            Shared().Match(report) is { Success: true } shared ? Number(shared) : 0);
    }

    private static int Number(Match match) => match.Success
        ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
        : throw new InvalidOperationException("ptxas -v did not say what was expected of it.");

    [GeneratedRegex("Used ([0-9]+) registers")]
    private static partial Regex RegisterCount();

    [GeneratedRegex("([0-9]+) bytes stack frame")]
    private static partial Regex Stack();

    [GeneratedRegex("([0-9]+) bytes spill stores")]
    private static partial Regex SpillStores();

    [GeneratedRegex("([0-9]+) bytes spill loads")]
    private static partial Regex SpillLoads();

    [GeneratedRegex("([0-9]+) bytes smem")]
    private static partial Regex Shared();
}
