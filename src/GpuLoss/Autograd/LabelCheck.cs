using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Objective;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>Turns labels that Reduce found to name no class into an exception that says where they are.</summary>
internal static class LabelCheck
{
    /// <summary>Throws if the statistics of a reduction on the host count any invalid label.</summary>
    /// <exception cref="ArgumentException">Some label is outside 0..C-1 and not the ignored one.</exception>
    public static void ThrowIfAnyInvalid(LossProblem problem, double[] statistics, Tensor target)
    {
        var layout = new StatisticsLayout(problem.Shape.Classes);
        var count = 0.0;
        for (var sample = 0; sample < problem.Shape.Samples; sample++)
            count += statistics[layout.InvalidLabels(sample)];
        if (count == 0)
            return;

        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        var flat = target.flatten().to_type(torch.ScalarType.Int64);
        var invalid = (flat.lt(0) | flat.ge(problem.Shape.Classes)) & flat.ne(problem.IgnoreIndex);
        var first = invalid.to_type(torch.ScalarType.Byte).argmax().item<long>();
        throw new ArgumentException(
            $"target must hold labels from 0 to {problem.Shape.Classes - 1} or ignore_index = {problem.IgnoreIndex}; "
            + $"{count:F0} of {flat.numel()} do not, the first is {flat[first].item<long>()} at {LossInputs.Show(Position(first, target.shape))}.",
            nameof(target));
    }

    private static long[] Position(long index, long[] shape)
    {
        var position = new long[shape.Length];
        for (var i = shape.Length - 1; i >= 0; i--)
            (index, position[i]) = Math.DivRem(index, shape[i]);
        return position;
    }
}
