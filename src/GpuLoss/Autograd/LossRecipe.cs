using System.Collections.Concurrent;
using GpuLoss.Interop.Engines;
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
    /// <param name="whole">The whole that this call is a part of; null where it is all there is.</param>
    public Tensor Of(
        Tensor logits, Tensor target, Tensor? mask = null, LossOutput output = LossOutput.Value, nn.OverlapStatistics? others = null,
        IWhole? whole = null)
    {
        LossInputs.CheckUsable(logits, nameof(logits));
        LossInputs.CheckUsable(target, nameof(target));
        if (mask is not null)
            LossInputs.CheckUsable(mask, nameof(mask));
        if (fast is null || mask is { dtype: not torch.ScalarType.Bool } || !IsOfClassIndices(logits, target))
            return GeneralLoss.Of(this, logits, target, mask, output, others, whole);

        using var selected = mask is null ? null : VoxelMask.Apply(target, mask, ignoreIndex);
        return FusedLoss.Of(logits, selected ?? target, fast.Definition, fast.Weights, ignoreIndex, output, others,
            output == LossOutput.Statistics ? null : whole is null ? fast.Terms : terms, whole);
    }

    /// <summary>Why the loss of a whole cannot be told from the sums of its parts, or null where it can.</summary>
    public string? WhyNotOfParts =>
        terms.Any(term => term.Options.TopPercent is not null) ? "It looks for the largest voxels, which the sums of the parts do not show."
        : terms.Any(term => term.Options.Unreduced || term.Definition.Reduction == ScalarReduction.None) ? "With reduction None its values are those of each part alone."
        : null;

    /// <summary>The loss of a whole of which a process has no part: it joins with nothing, and gets the value that all get.</summary>
    /// <param name="logits">[0, C, *S].</param>
    /// <param name="whole">The whole.</param>
    public Tensor OfNothing(Tensor logits, IWhole whole)
    {
        LossInputs.CheckUsable(logits, nameof(logits));
        var (classes, device) = ((int)logits.size(1), logits.device);
        var type = logits.dtype == torch.ScalarType.Float64 ? LogitsType.Float64 : LogitsType.Float32;
        var part = whole.Join(new SumsOfPart(new LogitsShape(0, classes, 0), default, []));
        using var scope = torch.NewDisposeScope();
        var value = torch.zeros([], dtype: type == LogitsType.Float64 ? torch.ScalarType.Float64 : torch.ScalarType.Float32, device: device);
        if (part.Place.Shape.Samples > 0)
        {
            var statistics = LossStatistics.Of(part.Statistics, device);
            var engine = LossEngines.For(device);
            value = part.Form.IsGeneral
                ? GeneralLoss.ValueOf(engine, PlanFor(device, classes, part.Form.IsDense, withMetrics: false), part.Place.Shape, type, statistics, device)
                : CompoundScore.Value(
                    engine, new LossProblem(default, part.Place.Shape, type, LabelType.Int64, Layout: null, ignoreIndex, HasClassWeights: true), statistics, terms,
                    device);
            statistics.Dispose();
        }

        // A part of nothing has a gradient of nothing, which backward still has to reach.
        return (value + logits.sum().to_type(value.dtype)).MoveToOuterDisposeScope();
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
