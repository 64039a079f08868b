using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host.General;

/// <summary>A plan in host memory.</summary>
internal readonly unsafe struct PlanMemory(double* values) : IScoreInput
{
    public double Read(long index) => values[index];
}
