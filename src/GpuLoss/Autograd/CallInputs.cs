using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Objective;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>What a caller hands to a loss, in types and strides that an engine reads. Copies are made only of what is in no such.</summary>
internal sealed class CallInputs : IDisposable
{
    private List<Tensor>? copies;

    private CallInputs(LossProblem problem, Tensor logits, Tensor target, Tensor? mask) =>
        (Problem, Logits, Target, Mask) = (problem, logits, target, mask);

    /// <summary>[N, C, *S].</summary>
    public Tensor Logits { get; private set; }

    /// <summary>The target.</summary>
    public Tensor Target { get; private set; }

    /// <summary>The voxel weights, or null.</summary>
    public Tensor? Mask { get; private set; }

    /// <summary>The call, of these tensors.</summary>
    public LossProblem Problem { get; private set; }

    /// <summary>Takes tensors that have been checked.</summary>
    /// <exception cref="ArgumentException">The engine takes no such logits, nor a copy of them.</exception>
    public static CallInputs Of(ILossEngine engine, LossProblem problem, Tensor logits, Tensor target, Tensor? mask)
    {
        var inputs = new CallInputs(problem, logits, target, mask);
        try
        {
            inputs.Convert(engine);
            return inputs;
        }
        catch
        {
            inputs.Dispose();
            throw;
        }
    }

    /// <summary>Releases the copies.</summary>
    public void Dispose() => copies?.ForEach(copy => copy.Dispose());

    private void Convert(ILossEngine engine)
    {
        // What is computed in holds whatever came.
        var wide = TensorLayouts.WideTypeOf(Problem.Logits);
        if (Problem.Target is not (TargetKind.Labels or TargetKind.UInt8)
            && !(Target.is_floating_point() && engine.Takes(Problem with { Mask = MaskKind.None })))
        {
            (Target, Problem) = (Copied(() => Target.to_type(wide)), Problem with { Target = LossInputs.TargetKindOf(wide) });
        }

        if (Mask is { } mask && mask.is_floating_point() && mask.dtype != wide)
        {
            (Mask, Problem) = (Copied(() => mask.to_type(wide)), Problem with { Mask = LossInputs.MaskKindOf(wide) });
        }

        var inPlace = Problem with { Layout = TensorLayouts.Of(Logits, Target, gradient: null, Mask) };
        if (!engine.Takes(inPlace))
        {
            if (!engine.Takes(Problem))
                throw NotTaken(Logits);

            // An operation of the graph: backward goes through it to logits of any strides.
            using (torch.set_grad_enabled(Logits.requires_grad))
                Logits = Kept(Logits.contiguous());
            Target = Copied(Target.contiguous);
            Mask = Mask is null ? null : Copied(Mask.contiguous);
            inPlace = Problem;
        }

        Problem = inPlace;
    }

    private static ArgumentException NotTaken(Tensor logits) =>
        new($"logits of type {logits.dtype} are not supported on {logits.device}.", nameof(logits));

    private Tensor Copied(Func<Tensor> operation)
    {
        using var noGraph = torch.no_grad();
        return Kept(operation());
    }

    private Tensor Kept(Tensor copy)
    {
        (copies ??= []).Add(copy);
        return copy;
    }
}
