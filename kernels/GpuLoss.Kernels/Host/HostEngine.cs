using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>The SIMD registers the host kernels can be run with.</summary>
public enum HostRegisters
{
    /// <summary>128 bits: SSE, AdvSimd, or scalar code where there is neither.</summary>
    Vector128,

    /// <summary>256 bits: AVX2 with FMA.</summary>
    Vector256,

    /// <summary>512 bits: AVX-512 F and DQ.</summary>
    Vector512,
}

/// <summary>Reduce and Spread on host memory. Results do not depend on the size of the team, bit for bit.</summary>
public static unsafe class HostEngine
{
    /// <summary>The widest registers of this machine.</summary>
    public static HostRegisters WidestRegisters { get; } =
        Lanes512.IsSupported ? HostRegisters.Vector512
        : Lanes256.IsSupported ? HostRegisters.Vector256
        : HostRegisters.Vector128;

    /// <summary>Computes the statistics of the logits, one pass over them.</summary>
    /// <param name="arguments">What to read.</param>
    /// <param name="team">The threads to use.</param>
    /// <param name="statistics">Receives N · (3·C + 2) doubles in the order of <see cref="StatisticsLayout"/>.</param>
    public static void Reduce(HostArguments arguments, IThreadTeam team, Span<double> statistics) =>
        Reduce(arguments, team, statistics, WidestRegisters);

    /// <summary>Writes the gradient with respect to the logits, one pass over them.</summary>
    /// <param name="arguments">What to read.</param>
    /// <param name="team">The threads to use.</param>
    /// <param name="coefficients">N · C coefficients.</param>
    /// <param name="gradient">Receives float32 [N, C, V].</param>
    public static void Spread(HostArguments arguments, IThreadTeam team, ClassCoefficients* coefficients, float* gradient) =>
        Spread(arguments, team, coefficients, gradient, WidestRegisters);

    internal static void Reduce(HostArguments arguments, IThreadTeam team, Span<double> statistics, HostRegisters registers)
    {
        switch (registers)
        {
            case HostRegisters.Vector512:
                HostKernels<Lanes512>.Reduce(arguments, team, statistics);
                break;
            case HostRegisters.Vector256:
                HostKernels<Lanes256>.Reduce(arguments, team, statistics);
                break;
            default:
                HostKernels<Lanes128>.Reduce(arguments, team, statistics);
                break;
        }
    }

    internal static void Spread(
        HostArguments arguments, IThreadTeam team, ClassCoefficients* coefficients, float* gradient, HostRegisters registers)
    {
        switch (registers)
        {
            case HostRegisters.Vector512:
                HostKernels<Lanes512>.Spread(arguments, team, coefficients, gradient);
                break;
            case HostRegisters.Vector256:
                HostKernels<Lanes256>.Spread(arguments, team, coefficients, gradient);
                break;
            default:
                HostKernels<Lanes128>.Spread(arguments, team, coefficients, gradient);
                break;
        }
    }
}
