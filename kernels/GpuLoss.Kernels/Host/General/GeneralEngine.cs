using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host.General;

/// <summary>
/// The passes over the voxels for every activation, target, weight and combination of terms, on host memory. What is the same for most losses, a softmax and
/// class indices, has kernels of its own in <see cref="HostEngine"/>. Results do not depend on the size of the team, bit for bit.
/// </summary>
public static unsafe class GeneralEngine
{
    /// <summary>Computes the statistics of the logits.</summary>
    /// <param name="arguments">What to read.</param>
    /// <param name="team">The threads to use.</param>
    /// <param name="statistics">Receives [sums, N, 3·C + 3] doubles; a row is as <see cref="StatisticsLayout"/> says.</param>
    /// <param name="values">Receives the voxel term of <see cref="GeneralArguments.ValueSum"/>, in float64 for float64 logits and else in float32; or
    /// null.</param>
    public static void Reduce(in GeneralArguments arguments, IThreadTeam team, Span<double> statistics, void* values) =>
        Reduce(arguments, team, statistics, values, HostEngine.WidestRegisters);

    /// <summary>Writes the gradient with respect to the logits.</summary>
    /// <param name="arguments">What to read.</param>
    /// <param name="team">The threads to use.</param>
    /// <param name="coefficients">[sums, N, C] coefficients; those of the voxel terms are without the factors of the classes.</param>
    /// <param name="seeds">What is added to the coefficient of the voxel term of <see cref="GeneralArguments.ValueSum"/> in each voxel, or null.</param>
    /// <param name="gradient">Receives [N, C, V] in the type of the logits.</param>
    public static void Spread(in GeneralArguments arguments, IThreadTeam team, ClassCoefficients* coefficients, void* seeds, void* gradient) =>
        Spread(arguments, team, coefficients, seeds, gradient, HostEngine.WidestRegisters);

    internal static void Reduce(in GeneralArguments arguments, IThreadTeam team, Span<double> statistics, void* values, HostRegisters registers)
    {
        if (arguments.LogitsType == LogitsType.Float64)
            GeneralKernels<DoubleLanes>.Reduce(arguments, team, statistics, values);
        else if (registers == HostRegisters.Vector512)
            GeneralKernels<Lanes512>.Reduce(arguments, team, statistics, values);
        else if (registers == HostRegisters.Vector256)
            GeneralKernels<Lanes256>.Reduce(arguments, team, statistics, values);
        else
            GeneralKernels<Lanes128>.Reduce(arguments, team, statistics, values);
    }

    internal static void Spread(
        in GeneralArguments arguments, IThreadTeam team, ClassCoefficients* coefficients, void* seeds, void* gradient, HostRegisters registers)
    {
        if (arguments.LogitsType == LogitsType.Float64)
            GeneralKernels<DoubleLanes>.Spread(arguments, team, coefficients, seeds, gradient);
        else if (registers == HostRegisters.Vector512)
            GeneralKernels<Lanes512>.Spread(arguments, team, coefficients, seeds, gradient);
        else if (registers == HostRegisters.Vector256)
            GeneralKernels<Lanes256>.Spread(arguments, team, coefficients, seeds, gradient);
        else
            GeneralKernels<Lanes128>.Spread(arguments, team, coefficients, seeds, gradient);
    }
}
