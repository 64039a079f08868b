using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>The SIMD registers the host kernels can be run with on float32 and narrower logits.</summary>
internal enum HostRegisters
{
    /// <summary>128 bits: SSE, AdvSimd, or scalar code where there is neither.</summary>
    Vector128,

    /// <summary>256 bits: AVX2 with FMA.</summary>
    Vector256,

    /// <summary>512 bits: AVX-512 F and DQ.</summary>
    Vector512,
}

/// <summary>
/// Reduce and Spread on host memory. Results do not depend on the size of the team or on where the tensors lie, bit for bit; they differ
/// between register widths by rounding.
/// </summary>
internal static unsafe class HostEngine
{
    /// <summary>The widest registers of this machine.</summary>
    public static HostRegisters WidestRegisters { get; } =
        Lanes512.IsSupported ? HostRegisters.Vector512
        : Lanes256.IsSupported ? HostRegisters.Vector256
        : HostRegisters.Vector128;

    /// <summary>Computes the statistics of the logits, one pass over them.</summary>
    /// <param name="arguments">What to read.</param>
    /// <param name="team">The threads to use.</param>
    /// <param name="statistics">Receives [sums, N, 3·C + 3] doubles; a row is as <see cref="StatisticsLayout"/> says. I and P are 0 where a
    /// sum has no overlap, the voxel term where it has none.</param>
    /// <param name="values">Receives the voxel term of <see cref="HostArguments.ValueSum"/>, in float64 for float64 logits and else in
    /// float32; or null.</param>
    public static void Reduce(in HostArguments arguments, IThreadTeam team, Span<double> statistics, void* values = null) =>
        Reduce(arguments, team, statistics, values, WidestRegisters);

    /// <summary>Writes the gradient with respect to the logits, one pass over them.</summary>
    /// <param name="arguments">What to read.</param>
    /// <param name="team">The threads to use.</param>
    /// <param name="coefficients">[sums, N, C] coefficients. The factor of the voxel term is the same for all classes of a sample.</param>
    /// <param name="seeds">What the factor of a single voxel term is more, in the type of the values; or null.</param>
    /// <param name="gradient">Receives [N, C, *S] in the type of the logits.</param>
    public static void Spread(in HostArguments arguments, IThreadTeam team, ClassCoefficients* coefficients, void* seeds, void* gradient) =>
        Spread(arguments, team, coefficients, seeds, gradient, WidestRegisters);

    internal static void Reduce(
        in HostArguments arguments, IThreadTeam team, Span<double> statistics, void* values, HostRegisters registers)
    {
        if (arguments.LogitsType == LogitsType.Float64)
            HostKernels<DoubleLanes>.Reduce(arguments, team, statistics, values);
        else if (registers == HostRegisters.Vector512)
            HostKernels<Lanes512>.Reduce(arguments, team, statistics, values);
        else if (registers == HostRegisters.Vector256)
            HostKernels<Lanes256>.Reduce(arguments, team, statistics, values);
        else
            HostKernels<Lanes128>.Reduce(arguments, team, statistics, values);
    }

    internal static void Spread(
        in HostArguments arguments, IThreadTeam team, ClassCoefficients* coefficients, void* seeds, void* gradient, HostRegisters registers)
    {
        if (arguments.LogitsType == LogitsType.Float64)
            HostKernels<DoubleLanes>.Spread(arguments, team, coefficients, seeds, gradient);
        else if (registers == HostRegisters.Vector512)
            HostKernels<Lanes512>.Spread(arguments, team, coefficients, seeds, gradient);
        else if (registers == HostRegisters.Vector256)
            HostKernels<Lanes256>.Spread(arguments, team, coefficients, seeds, gradient);
        else
            HostKernels<Lanes128>.Spread(arguments, team, coefficients, seeds, gradient);
    }
}
