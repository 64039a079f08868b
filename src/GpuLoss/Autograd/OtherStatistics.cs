using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Objective;
using TorchSharp;
using Device = TorchSharp.torch.Device;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>Statistics that a caller brings from other parts of a whole.</summary>
internal static class OtherStatistics
{
    /// <summary>The statistics as the engines lay them out, float64 [N, 3·C + 3], without a graph.</summary>
    /// <exception cref="ArgumentException">They are not those of parts of this problem.</exception>
    public static Tensor Row(nn.OverlapStatistics other_statistics, LossProblem problem, Device device)
    {
        var shape = problem.Shape;
        var (intersection, sums) = (other_statistics.intersection, other_statistics.voxel_term);
        if (!intersection.shape.AsSpan().SequenceEqual([shape.Samples, shape.Classes]))
        {
            throw new ArgumentException(
                $"other_statistics must be [{shape.Samples}, {shape.Classes}], not {LossInputs.Show(intersection.shape)}.",
                nameof(other_statistics));
        }

        if (intersection.device_type != device.type
            || (device.type != DeviceType.CPU && intersection.device_index != Math.Max(0, device.index)))
        {
            throw new ArgumentException(
                $"other_statistics must be on the device of the logits, {device}, not on {intersection.device}.", nameof(other_statistics));
        }

        var overlap = problem.Sums[0].Overlap;
        if (overlap != OverlapSums.None && other_statistics.squared != (overlap == OverlapSums.Squared))
        {
            throw new ArgumentException(
                $"other_statistics must come from the same loss: P is {(other_statistics.squared ? "Σ p²" : "Σ p")} in them.",
                nameof(other_statistics));
        }

        using var scope = torch.NewDisposeScope();
        using var noGraph = torch.no_grad();
        var column = sums.unsqueeze(1);
        return torch.cat(
            [intersection, other_statistics.prediction, other_statistics.target, column, other_statistics.voxels.unsqueeze(1),
                torch.zeros_like(column)], 1).MoveToOuterDisposeScope();
    }
}
