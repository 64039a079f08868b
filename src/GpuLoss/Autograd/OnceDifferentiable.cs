using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>
/// Stands in the graph of a gradient for the derivatives that it does not have: whoever differentiates it gets an error, and not a result
/// in which they are missing.
/// </summary>
internal sealed class OnceDifferentiable : torch.autograd.SingleTensorFunction<OnceDifferentiable>
{
    /// <inheritdoc/>
    public override string Name => nameof(OnceDifferentiable);

    /// <summary>Attaches a gradient to the graph of what it is a function of.</summary>
    /// <returns>Another handle of the gradient, which is disposed.</returns>
    public static Tensor Attach(Tensor logits, Tensor gradOutput, Tensor gradient)
    {
        using (gradient)
            return apply(logits, gradOutput, gradient);
    }

    /// <inheritdoc/>
    public override Tensor forward(torch.autograd.AutogradContext ctx, params object[] vars) => (Tensor)vars[2];

    /// <inheritdoc/>
    public override List<Tensor> backward(torch.autograd.AutogradContext ctx, Tensor grad_output)
    {
        BackwardFailure.Last = new NotSupportedException(
            "A fused loss has no second derivatives. The loss written with torch's own operations has them.");
        grad_output.Dispose();
        var refused = torch.empty(Array.Empty<long>());
        return [refused, torch.empty([0]), null!];
    }
}
