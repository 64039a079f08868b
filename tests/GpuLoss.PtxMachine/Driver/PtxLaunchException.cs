namespace GpuLoss.PtxMachine;

/// <summary>A launch that a GPU would refuse before its first instruction.</summary>
internal sealed class PtxLaunchException(string problem) : Exception(problem);
