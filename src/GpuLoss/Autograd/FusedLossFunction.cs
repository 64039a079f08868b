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
    public static Tensor Attach(Tensor logits, IComputedLoss loss)
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
        var (logits, loss) = ((Tensor)vars[0], (IComputedLoss)vars[1]);
        ctx.save_for_backward([logits, .. loss.Saved]);
        ctx.save_data(nameof(IKeptLoss), loss.Keep());
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
        var kept = (IKeptLoss)ctx.get_data(nameof(IKeptLoss));
        var saved = ctx.get_saved_variables();
        try
        {
            var gradient = torch.empty_like(saved[0]);
            try
            {
                kept.WriteGradient(gradient, saved, gradOutput);

                // Backward is recorded only where second derivatives may be wanted.
                return torch.is_grad_enabled() ? OnceDifferentiable.Attach(saved[0], gradOutput, gradient) : gradient;
            }
            catch
            {
                gradient.Dispose();
                throw;
            }
        }
        finally
        {
            foreach (var tensor in saved)
                tensor?.Dispose();
        }
    }
}

/// <summary>A loss whose forward has run.</summary>
internal interface IComputedLoss
{
    /// <summary>What forward returns.</summary>
    Tensor Value { get; }

    /// <summary>The tensors besides the logits that backward needs; libtorch keeps them.</summary>
    IEnumerable<Tensor> Saved { get; }

    /// <summary>What else backward needs.</summary>
    IKeptLoss Keep();
}

/// <summary>What a node keeps besides tensors.</summary>
internal interface IKeptLoss
{
    /// <summary>Runs backward.</summary>
    /// <param name="gradient">Receives the gradient with respect to the logits.</param>
    /// <param name="saved">The logits, and what <see cref="IComputedLoss.Saved"/> gave.</param>
    /// <param name="gradOutput">The gradient with respect to <see cref="IComputedLoss.Value"/>.</param>
    void WriteGradient(Tensor gradient, List<Tensor> saved, Tensor gradOutput);
}
