using System.Collections.Concurrent;
using GpuLoss.Kernels.Objective;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>How a loss is computed: always by the general passes, and by the fast ones where it has a form for them.</summary>
/// <param name="terms">The terms.</param>
/// <param name="ignoreIndex">The ignored label.</param>
/// <param name="fast">The form for the fast passes, or null.</param>
internal sealed class LossRecipe(IReadOnlyList<CompoundTerm> terms, long ignoreIndex, FastForm? fast) : IDisposable
{
    private readonly ConcurrentDictionary<PlanKey, GeneralPlan> plans = new();

    /// <summary>The terms.</summary>
    public IReadOnlyList<CompoundTerm> Terms => terms;

    /// <summary>The ignored label.</summary>
    public long IgnoreIndex => ignoreIndex;

    /// <summary>Computes the loss of logits and target, by whichever passes it takes.</summary>
    /// <param name="logits">As a module's forward takes them.</param>
    /// <param name="target">Likewise.</param>
    /// <param name="mask">Likewise, or null.</param>
    /// <param name="output">What to return.</param>
    /// <param name="others">Statistics of other parts of the same volumes; null where there are none.</param>
    public Tensor Of(
        Tensor logits, Tensor target, Tensor? mask = null, LossOutput output = LossOutput.Value, nn.OverlapStatistics? others = null)
    {
        LossInputs.CheckUsable(logits, nameof(logits));
        LossInputs.CheckUsable(target, nameof(target));
        if (mask is not null)
            LossInputs.CheckUsable(mask, nameof(mask));
        if (fast is null || mask is { dtype: not torch.ScalarType.Bool } || !IsOfClassIndices(logits, target))
            return GeneralLoss.Of(this, logits, target, mask, output, others);

        using var selected = mask is null ? null : VoxelMask.Apply(target, mask, ignoreIndex);
        return FusedLoss.Of(logits, selected ?? target, fast.Definition, fast.Weights, ignoreIndex, output, others,
            output == LossOutput.Statistics ? null : fast.Terms);
    }

    /// <summary>The plan of the general passes: made once per device, number of classes and kind of target.</summary>
    public GeneralPlan PlanFor(torch.Device device, int classes, bool isDense, bool withMetrics) =>
        plans.GetOrAdd(new(device.type, device.index, classes, isDense, withMetrics), key => GeneralPlan.Create(terms, device, classes, isDense, withMetrics));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var plan in plans.Values)
            plan.Dispose();
        plans.Clear();
    }

    /// <summary>Whether a target holds class indices and not a number for every class. What is neither is left to the checks of the passes.</summary>
    private static bool IsOfClassIndices(Tensor logits, Tensor target)
    {
        if (target.is_floating_point())
            return false;
        var dimensions = logits.dim();
        return dimensions < 2 || (logits.size(1) > 1 && (target.dim() != dimensions || target.size(1) == 1));
    }

    private readonly record struct PlanKey(DeviceType Type, int Index, int Classes, bool IsDense, bool WithMetrics);
}

/// <summary>A loss as the fast passes compute it.</summary>
/// <param name="Definition">The loss, or what Reduce has to sum for all terms.</param>
/// <param name="Weights">The class weights.</param>
/// <param name="Terms">The terms, or null where the definition is the loss.</param>
internal sealed record FastForm(LossDefinition Definition, ClassWeights Weights, IReadOnlyList<CompoundTerm>? Terms);
