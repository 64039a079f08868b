using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Objective;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>Turns labels that Reduce found to name no class into an exception that says where they are.</summary>
internal static class LabelCheck
{
    /// <summary>Throws if the statistics of a reduction on the host count any invalid label, number or voxel weight.</summary>
    /// <exception cref="ArgumentException">Some label is outside 0..C-1 and not the ignored one, a number of the target is none from 0 to
    /// 1, or a weight is negative or not finite.</exception>
    public static void ThrowIfAnyInvalid(LossProblem problem, double[] statistics, Tensor target, Tensor? mask)
    {
        var count = CountOf(problem.Shape, statistics);
        if (count == 0)
            return;
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        if (mask is not null)
        {
            var flat = mask.flatten().to_type(torch.ScalarType.Float64);
            var bad = flat.ge(0).logical_and(flat.isfinite()).logical_not();
            if (bad.any().item<bool>())
            {
                var first = bad.to_type(torch.ScalarType.Byte).argmax().item<long>();
                throw new ArgumentException(
                    $"mask must hold weights that are finite and not negative; {bad.sum().item<long>()} of {flat.numel()} are not, "
                    + $"the first is {flat[first].item<double>()} at {LossInputs.Show(Position(first, mask.shape))}.",
                    nameof(mask));
            }
        }

        using var counted = mask?.ne(0);
        if (problem.Target != TargetKind.Labels)
            throw OfNumbers(target, counted);
        var labels = counted is null ? target : VoxelMask.Apply(target, counted, problem.IgnoreIndex);
        throw OfLabels(labels, Math.Max(2, problem.Shape.Classes), problem.IgnoreIndex, count);
    }

    private static double CountOf(LogitsShape shape, double[] statistics)
    {
        var layout = new StatisticsLayout(shape.Classes);
        var count = 0.0;
        for (var sample = 0; sample < shape.Samples; sample++)
            count += statistics[layout.InvalidLabels(sample)];
        return count;
    }

    private static ArgumentException OfLabels(Tensor target, int classes, long ignoreIndex, double count)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        var flat = target.flatten().to_type(torch.ScalarType.Int64);
        var invalid = (flat.lt(0) | flat.ge(classes)) & flat.ne(ignoreIndex);
        var first = invalid.to_type(torch.ScalarType.Byte).argmax().item<long>();
        return new ArgumentException(
            $"target must hold labels from 0 to {classes - 1} or ignore_index = {ignoreIndex}; "
            + $"{count:F0} of {flat.numel()} do not, "
            + $"the first is {flat[first].item<long>()} at {LossInputs.Show(Position(first, target.shape))}.",
            nameof(target));
    }

    private static ArgumentException OfNumbers(Tensor target, Tensor? counted)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        var invalid = (target.ge(0) & target.le(1)).logical_not();
        if (counted is not null)
            invalid &= counted.reshape([target.shape[0], 1, .. target.shape[2..]]);
        var (flat, ofFlat) = (target.flatten(), invalid.flatten());
        var first = ofFlat.to_type(torch.ScalarType.Byte).argmax().item<long>();
        var expected = target.is_floating_point() ? "probabilities from 0 to 1" : "0 or 1 for every class";
        return new ArgumentException(
            $"target {LossInputs.Show(target.shape)} of type {target.dtype} must hold {expected}; "
            + $"{ofFlat.sum().item<long>()} of {flat.numel()} are not, "
            + $"the first is {flat[first].to_type(torch.ScalarType.Float64).item<double>()} at "
            + $"{LossInputs.Show(Position(first, target.shape))}.",
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
