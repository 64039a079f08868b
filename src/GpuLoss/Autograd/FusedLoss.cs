using GpuLoss.Interop.Engines;
using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Objective;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>One call of any fused loss: check, Reduce, Score, and a node for backward where a gradient is wanted.</summary>
internal static class FusedLoss
{
    private static readonly long[] Scalar = [];

    /// <summary>The loss of the logits, a scalar on their device: float64 for float64 logits, else float32.</summary>
    public static Tensor Of(Tensor logits, Tensor target, LossDefinition definition, ClassWeights classWeights, long ignoreIndex)
    {
        FusedLossFunction.ReleaseLastGradient();
        var problem = LossInputs.Check(logits, target, definition, classWeights, ignoreIndex);
        var device = logits.device;
        var engine = LossEngines.For(device);
        if (engine.Takes(problem))
            return Of(engine, problem, logits, target, classWeights.For(device, problem.Shape.Classes), device);

        // contiguous() is an operation of the graph: backward goes through it to logits of any strides.
        using var denseLogits = logits.contiguous();
        using var denseTarget = target.contiguous();
        var dense = problem with { Layout = null };
        return engine.Takes(dense)
            ? Of(engine, dense, denseLogits, denseTarget, classWeights.For(device, problem.Shape.Classes), device)
            : throw new ArgumentException(
                $"logits of type {logits.dtype} with a target of type {target.dtype} are not supported on {device}.", nameof(logits));
    }

    private static Tensor Of(ILossEngine engine, LossProblem problem, Tensor logits, Tensor target, Tensor weights, torch.Device device)
    {
        using var statistics = LossStatistics.Allocate(problem.Shape, device);
        var scratchElements = engine.ForwardScratchElements(problem);
        using var scratch = scratchElements == 0 ? null : torch.empty([scratchElements], dtype: torch.ScalarType.Float64, device: device);
        var value = torch.empty(
            Scalar, dtype: problem.Logits == LogitsType.Float64 ? torch.ScalarType.Float64 : torch.ScalarType.Float32, device: device);
        try
        {
            using (var pinned = statistics.Pin())
            {
                engine.Forward(
                    problem,
                    TensorMemory.AddressOf(logits),
                    TensorMemory.AddressOf(target),
                    TensorMemory.AddressOf(weights),
                    scratch is null ? 0 : TensorMemory.AddressOf(scratch),
                    pinned.Address,
                    TensorMemory.AddressOf(value));
            }

            if (statistics.OnHost is { } sums)
                LabelCheck.ThrowIfAnyInvalid(problem, sums, target);
        }
        catch
        {
            value.Dispose();
            throw;
        }

        return logits.requires_grad && torch.is_grad_enabled()
            ? FusedLossFunction.Attach(logits, new ComputedLoss(problem, target, weights, statistics, value))
            : value;
    }
}
