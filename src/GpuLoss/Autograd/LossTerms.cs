using System.Collections.Concurrent;
using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Objective;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>What a module computes: its terms, and the plans that have been made of them.</summary>
/// <param name="terms">The terms.</param>
/// <param name="ignoreIndex">The ignored label.</param>
internal sealed class LossTerms(IReadOnlyList<LossTerm> terms, long ignoreIndex) : IDisposable
{
    private readonly ConcurrentDictionary<PlanKey, LossPlan> plans = new();

    /// <summary>The terms.</summary>
    public IReadOnlyList<LossTerm> All => terms;

    /// <summary>The ignored label.</summary>
    public long IgnoreIndex => ignoreIndex;

    /// <summary>Why the loss of a whole cannot be told from the sums of its parts, or null where it can.</summary>
    public string? WhyNotOfParts =>
        terms.Any(term => term.Options.TopPercent is not null) ? "It looks for the largest voxels, which the sums of the parts do not show."
        : terms.Any(term => term.Options.Unreduced || term.Definition.Reduction == ScalarReduction.None)
            ? "With reduction None its values are those of each part alone."
        : null;

    /// <summary>The loss of logits and target, or what else is asked for.</summary>
    /// <param name="logits">As a module's forward takes them.</param>
    /// <param name="target">Likewise.</param>
    /// <param name="mask">Likewise, or null.</param>
    /// <param name="output">What to return.</param>
    /// <param name="others">Statistics of other parts of the same volumes; null where there are none.</param>
    /// <param name="whole">The whole that this call is a part of; null where it is all there is.</param>
    public Tensor Of(
        Tensor logits, Tensor target, Tensor? mask = null, LossOutput output = LossOutput.Loss, nn.OverlapStatistics? others = null,
        IWhole? whole = null) => LossForward.Of(this, logits, target, mask, output, others, whole, withMetrics: false).Value;

    /// <summary>The loss, and soft and hard Dice from the same pass.</summary>
    public (Tensor Value, nn.OverlapMetrics Metrics) WithMetrics(Tensor logits, Tensor target, Tensor? mask)
    {
        var (value, metrics) = LossForward.Of(this, logits, target, mask, LossOutput.Loss, others: null, whole: null, withMetrics: true);
        return (value, metrics!);
    }

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
        var value = torch.zeros([], dtype: TensorLayouts.WideTypeOf(type), device: device);
        if (part.Place.Shape.Samples > 0)
        {
            using var statistics = LossStatistics.Of(part.Statistics, device);
            var plan = PlanFor(device, classes, part.Form.IsDense, withMetrics: false);
            var problem = new LossProblem(part.Place.Shape, type, default, default, default, ignoreIndex, plan.Sums);
            value = LossScore.Value(
                LossEngines.For(device), new LossCall(problem, plan, LossOutput.Loss), statistics, device, ofVoxels: null);
        }

        // A part of nothing has a gradient of nothing, which backward still has to reach.
        return (value + logits.sum().to_type(value.dtype)).MoveToOuterDisposeScope();
    }

    /// <summary>The plan: made once per device, number of classes and kind of target.</summary>
    public LossPlan PlanFor(torch.Device device, int classes, bool isDense, bool withMetrics) =>
        plans.GetOrAdd(
            new(device.type, device.index, classes, isDense, withMetrics), static (key, of) =>
                LossPlan.Create(of.terms, of.device, key.Classes, key.IsDense, key.WithMetrics),
            (terms, device));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var plan in plans.Values)
            plan.Dispose();
        plans.Clear();
    }

    private readonly record struct PlanKey(DeviceType Type, int Index, int Classes, bool IsDense, bool WithMetrics);
}

/// <summary>What a call returns.</summary>
internal enum LossOutput
{
    /// <summary>The weighted sum of the terms: a scalar, or the values of the only overlap term where they are not reduced.</summary>
    Loss,

    /// <summary>The statistics of the only sum, float64 [N, 3·C + 2]: I, P and T of every class, the voxel term and the number of
    /// voxels.</summary>
    Statistics,

    /// <summary>The voxel term before any reduction, [N, *S] or [N, C, *S].</summary>
    Values,
}
