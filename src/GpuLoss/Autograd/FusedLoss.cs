using GpuLoss.Interop.Engines;
using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Objective;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>One call of any fused loss: check, Reduce, Score, and a node for backward where a gradient is wanted.</summary>
internal static class FusedLoss
{
    /// <summary>The loss of the logits, a float32 scalar on their device.</summary>
    public static Tensor Of(Tensor logits, Tensor target, LossDefinition definition, ClassWeights classWeights, long ignoreIndex)
    {
        FusedLossFunction.ReleaseLastGradient();
        var problem = LossInputs.Check(logits, target, definition, classWeights, ignoreIndex);
        var device = logits.device;
        var engine = LossEngines.For(device);
        var weights = classWeights.For(device, problem.Shape.Classes);

        // contiguous() is an operation of the graph: backward goes through it to logits of any strides.
        using var denseLogits = logits.contiguous();
        using var denseTarget = target.contiguous();
        using var statistics = torch.empty(
            [problem.Shape.Samples, new StatisticsLayout(problem.Shape.Classes).Stride], dtype: torch.ScalarType.Float64, device: device);
        using var scratch = torch.empty([engine.ScratchElements(problem)], dtype: torch.ScalarType.Float32, device: device);
        var value = torch.empty(Array.Empty<long>(), dtype: torch.ScalarType.Float32, device: device);
        try
        {
            engine.Forward(
                problem,
                TensorMemory.AddressOf(denseLogits),
                TensorMemory.AddressOf(denseTarget),
                TensorMemory.AddressOf(weights),
                TensorMemory.AddressOf(scratch),
                TensorMemory.AddressOf(statistics),
                TensorMemory.AddressOf(value));
            if (device.type == DeviceType.CPU)
                LabelCheck.ThrowIfAnyInvalid(problem, statistics, denseTarget, target.shape);
        }
        catch
        {
            value.Dispose();
            throw;
        }

        return logits.requires_grad && torch.is_grad_enabled()
            ? FusedLossFunction.Attach(denseLogits, new ComputedLoss(problem, denseTarget, weights, statistics, value))
            : value;
    }
}
