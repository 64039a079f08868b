namespace GpuLoss.PtxMachine;

/// <summary>PTX text that the machine does not understand: an instruction that it does not know, say.</summary>
internal sealed class PtxSyntaxException(int line, string problem) : Exception($"PTX line {line}: {problem}")
{
    /// <summary>The line, from 1.</summary>
    public int Line => line;
}
