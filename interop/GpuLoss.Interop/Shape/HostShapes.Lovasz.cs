using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Shape;

namespace GpuLoss.Interop.Shape;

internal static unsafe partial class HostShapes
{
    /// <summary>A Lovász loss of every class.</summary>
    /// <param name="problem">Predictions, or logits for the hinge, and target.</param>
    /// <param name="form">The loss.</param>
    /// <param name="wanted">Which of the C' classes are computed.</param>
    /// <param name="values">Receives [R, C'] doubles, R = N per sample, else 1.</param>
    /// <param name="counted">Receives [R, C'] doubles: 1 for each class that has a value.</param>
    /// <param name="slopes">Receives [N, C', V]; 0 where they are not wanted.</param>
    public static void Lovasz(ShapeProblem problem, LovaszForm form, ReadOnlySpan<bool> wanted, nint values, nint counted, nint slopes)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var count = checked((form.PerSample ? problem.Samples : 1) * (problem.Classes - problem.FirstClass));
        var all = new Span<double>((void*)values, count);
        var has = new Span<double>((void*)counted, count);
        if (problem.IsDouble)
            LovaszKernel.Compute(problem.Tensors<double>(), form, wanted, all, has, (double*)slopes, TorchThreadTeam.Current);
        else
            LovaszKernel.Compute(problem.Tensors<float>(), form, wanted, all, has, (float*)slopes, TorchThreadTeam.Current);
    }
}
