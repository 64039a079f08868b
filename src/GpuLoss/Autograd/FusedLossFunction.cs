using GpuLoss.Interop.Engines;
using GpuLoss.Interop.Torch;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>
/// The node that a fused loss leaves in torch's autograd graph. The value is computed before the node exists, so that no error can leave a
/// half-made node behind; what is left to do here is to hand it over and, in backward, to run Score and Spread.
/// </summary>
internal sealed class FusedLossFunction : torch.autograd.SingleTensorFunction<FusedLossFunction>
{
    /// <summary>
    /// The gradient of the last backward on this thread. libtorch copies the handle only after backward has returned, so it cannot be
    /// released there; left to the garbage collector, which sees no pressure from native memory, gradients pile up.
    /// </summary>
    [ThreadStatic]
    private static Tensor? lastGradient;

    /// <inheritdoc/>
    public override string Name => nameof(FusedLossFunction);

    /// <summary>Attaches a computed loss to the graph of its logits.</summary>
    /// <param name="logits">Logits that require a gradient, as the engine read them.</param>
    /// <param name="loss">The loss; its value is disposed here.</param>
    /// <returns>The loss as a node of the graph.</returns>
    public static Tensor Attach(Tensor logits, ComputedLoss loss)
    {
        // apply() gives back another handle of the value; this one would wait for the garbage collector.
        using (loss.Value)
            return apply(logits, loss);
    }

    /// <summary>Releases the gradient that the last backward on this thread left.</summary>
    public static void ReleaseLastGradient()
    {
        lastGradient?.Dispose();
        lastGradient = null;
    }

    /// <inheritdoc/>
    public override Tensor forward(torch.autograd.AutogradContext ctx, params object[] vars)
    {
        var (logits, loss) = ((Tensor)vars[0], (ComputedLoss)vars[1]);
        List<Tensor> saved = [logits, loss.Target];
        if (loss.Problem.HasClassWeights)
            saved.Add(loss.Weights);
        if (loss.Statistics.OnDevice is { } statistics)
            saved.Add(statistics);
        ctx.save_for_backward(saved);
        ctx.save_data(nameof(KeptLoss), new KeptLoss(loss.Problem, loss.Statistics.OnHost));
        return loss.Value;
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(torch.autograd.AutogradContext ctx, Tensor grad_output)
    {
        ReleaseLastGradient();
        using (grad_output)
        {
            Tensor gradient;
            try
            {
                gradient = Gradient(ctx, grad_output);
            }
#pragma warning disable CA1031 // A managed exception that crosses libtorch's frames ends the process.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                // libtorch refuses a gradient of the wrong shape with an exception that does reach the caller of backward().
                BackwardFailure.Last = exception;
                gradient = torch.empty(Array.Empty<long>());
            }

            lastGradient = gradient;
            return [gradient, null!];
        }
    }

    private static Tensor Gradient(torch.autograd.AutogradContext ctx, Tensor gradOutput)
    {
        var (problem, sums) = (KeptLoss)ctx.get_data(nameof(KeptLoss));
        var saved = ctx.get_saved_variables();
        try
        {
            var (logits, target, device) = (saved[0], saved[1], saved[0].device);
            var weights = problem.HasClassWeights ? saved[2] : ClassWeights.Ones.For(device, problem.Shape.Classes);
            var engine = LossEngines.For(device);
            var scratchElements = engine.BackwardScratchElements(problem);
            using var scratch = scratchElements == 0 ? null : torch.empty([scratchElements], dtype: torch.ScalarType.Float64, device: device);
            using var statistics = LossStatistics.Kept(sums, sums is null ? saved[^1] : null).Pin();
            var gradient = torch.empty_like(logits);
            try
            {
                engine.Backward(
                    problem with { Layout = TensorLayouts.Of(logits, target, gradient) },
                    TensorMemory.AddressOf(logits),
                    TensorMemory.AddressOf(target),
                    TensorMemory.AddressOf(weights),
                    statistics.Address,
                    TensorMemory.AddressOf(gradOutput),
                    scratch is null ? 0 : TensorMemory.AddressOf(scratch),
                    TensorMemory.AddressOf(gradient));
            }
            catch
            {
                gradient.Dispose();
                throw;
            }

            return gradient;
        }
        finally
        {
            foreach (var tensor in saved)
                tensor?.Dispose();
        }
    }
}

/// <summary>A loss whose forward has run.</summary>
/// <param name="Problem">The call.</param>
/// <param name="Target">The labels, as the engine read them.</param>
/// <param name="Weights">The class weights.</param>
/// <param name="Statistics">What Reduce found.</param>
/// <param name="Value">The loss.</param>
internal sealed record ComputedLoss(LossProblem Problem, Tensor Target, Tensor Weights, LossStatistics Statistics, Tensor Value);

/// <summary>What the node keeps besides tensors.</summary>
/// <param name="Problem">The call.</param>
/// <param name="Statistics">What Reduce found, where that is on the host.</param>
internal sealed record KeptLoss(LossProblem Problem, double[]? Statistics);
