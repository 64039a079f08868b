using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Bench;

/// <summary>
/// A custom autograd function of a loss's signature that computes nothing: it saves its inputs, and returns a scalar and a gradient as they
/// come from the allocator. What it costs is TorchSharp's share of every custom loss.
/// </summary>
internal sealed class EmptyFunction : torch.autograd.SingleTensorFunction<EmptyFunction>
{
    /// <summary>Its name among contestants.</summary>
    public const string Contestant = "empty function";

    public override string Name => nameof(EmptyFunction);

    /// <summary>The function as a loss.</summary>
    public static Tensor Loss(Tensor logits, Tensor target) => apply(logits, target);

    public override Tensor forward(torch.autograd.AutogradContext ctx, params object[] vars)
    {
        ctx.save_for_backward([(Tensor)vars[0], (Tensor)vars[1]]);
        return torch.empty(Array.Empty<long>());
    }

    public override List<Tensor> backward(torch.autograd.AutogradContext ctx, Tensor grad_output)
    {
        var logits = ctx.get_saved_variables()[0];
        return [torch.empty(logits.shape, dtype: logits.dtype), null!];
    }
}
