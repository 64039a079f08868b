using GpuLoss.Interop.Engines;
using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Objective;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>The way of logits: check, one Reduce whatever the number of terms, Score, and a node for backward where a gradient is
/// wanted.</summary>
internal sealed class LossForward : IComputedLoss, IDisposable
{
    private readonly ILossEngine engine;
    private readonly CallInputs inputs;
    private readonly LossStatistics own;
    private readonly Tensor? values;
    private List<Tensor>? largest;
    private LossCall call;
    private LossStatistics? ofWhole;

    private LossForward(ILossEngine engine, CallInputs inputs, LossCall call)
    {
        (this.engine, this.inputs, this.call) = (engine, inputs, call);
        var (problem, logits) = (call.Problem, inputs.Logits);
        own = LossStatistics.Allocate(problem.Rows, logits.device);
        if (!problem.HasValues)
            return;
        var shape = logits.shape;
        values = torch.empty(problem.ValuesPerClass ? shape : [shape[0], .. shape[2..]], dtype: call.ValueType, device: logits.device);
    }

    /// <inheritdoc/>
    public Tensor Value { get; private set; } = null!;

    /// <inheritdoc/>
    public IEnumerable<Tensor> Saved => SavedTensors.Of(inputs, call, ofWhole ?? own, values, largest ?? []);

    /// <summary>Computes a loss, or what else is asked for.</summary>
    /// <param name="terms">The loss.</param>
    /// <param name="logits">As a module's forward takes them.</param>
    /// <param name="target">Likewise.</param>
    /// <param name="mask">Likewise, or null.</param>
    /// <param name="output">What to return.</param>
    /// <param name="others">Statistics of other parts of the same volumes, to be added before the loss is taken; null where there are
    /// none.</param>
    /// <param name="whole">The whole that this call is a part of; null where it is all there is.</param>
    /// <param name="withMetrics">Whether metrics are wanted too.</param>
    public static (Tensor Value, nn.OverlapMetrics? Metrics) Of(
        LossTerms terms, Tensor logits, Tensor target, Tensor? mask, LossOutput output, nn.OverlapStatistics? others, IWhole? whole,
        bool withMetrics)
    {
        FusedLossFunction.ReleaseLastGradient();
        var problem = LossInputs.Check(logits, target, mask, terms);
        var (device, isDense) = (logits.device, problem.Target != TargetKind.Labels);
        var plan = terms.PlanFor(device, problem.Shape.Classes, isDense, withMetrics);
        if (plan.Sums.Count > 1 && (output == LossOutput.Statistics || others is not null))
            throw new NotSupportedException("This loss is a function of several sums: ask its terms for their statistics.");
        problem = problem with
        {
            Sums = plan.Sums,
            ChecksTarget = isDense && (!target.is_floating_point() || plan.IsOfProbabilities),
            HasValues = plan.ValueSum >= 0,
            ValueSum = Math.Max(0, plan.ValueSum),
            ValuesPerClass = plan.ValuesPerClass,
            ChecksLabelsAtOnce = problem.ChecksLabelsAtOnce || whole is not null,
        };
        var engine = LossEngines.For(device);
        using var inputs = CallInputs.Of(engine, problem, logits, target, mask);
        using var forward =
            new LossForward(engine, inputs, new LossCall(inputs.Problem, plan, plan.IsUnreduced ? LossOutput.Values : output));
        return forward.Run(logits.requires_grad && torch.is_grad_enabled(), target, mask, others, whole, withMetrics);
    }

    /// <inheritdoc/>
    public IKeptLoss Keep() => new LossBackward(call, (ofWhole ?? own).OnHost);

    /// <summary>Releases what backward has its own handles of by now.</summary>
    public void Dispose()
    {
        own.Dispose();
        ofWhole?.Dispose();
        largest?.ForEach(mean => mean.Dispose());
        if (!ReferenceEquals(values, Value))
            values?.Dispose();
    }

    private (Tensor Value, nn.OverlapMetrics? Metrics) Run(
        bool needsGradient, Tensor target, Tensor? mask, nn.OverlapStatistics? others, IWhole? whole, bool withMetrics)
    {
        // A loss of one sum that is all there is needs no step of its own for its value.
        var isAtOnce = call.Output == LossOutput.Loss && call.Plan.IsOneScore && others is null && whole is null;
        if (isAtOnce)
            Value = LossScore.ValueTensor(call, call.Plan.Terms[0], inputs.Logits.device);
        try
        {
            Reduce(isAtOnce ? new ScoreCall(call.ScoreOf(call.Plan.Terms[0]), call.Plan.WeightsOf(0), TensorMemory.AddressOf(Value))
                : null);
            if (own.OnHost is { } sums)
                LabelCheck.ThrowIfAnyInvalid(call.Problem, sums, target, mask);
            Join(others, whole);
            if (!isAtOnce)
                Evaluate();
            var metrics = withMetrics ? nn.OverlapMetrics.From(ofWhole ?? own, call) : null;
            return (needsGradient ? FusedLossFunction.Attach(inputs.Logits, this) : Value, metrics);
        }
        catch
        {
            Value?.Dispose();
            throw;
        }
    }

    private void Reduce(ScoreCall? score)
    {
        var elements = engine.ScratchElements(call.Problem);
        using var scratch = elements == 0 ? null : torch.empty([elements], dtype: torch.ScalarType.Float64, device: inputs.Logits.device);
        using var pinned = own.Pin();
        engine.Reduce(
            call.Problem, call.Tensors(inputs.Logits, inputs.Target, inputs.Mask), scratch is null ? 0 : TensorMemory.AddressOf(scratch),
            pinned.Address,
            values is null ? 0 : TensorMemory.AddressOf(values), score);
    }

    /// <summary>Makes the statistics those of the whole, where this call is a part of one.</summary>
    private void Join(nn.OverlapStatistics? others, IWhole? whole)
    {
        var (problem, device) = (call.Problem, inputs.Logits.device);
        if (whole is not null)
        {
            var part = whole.Join(
                new SumsOfPart(problem.Shape, new SumsForm(problem.Sums.Count, problem.Target != TargetKind.Labels), own.ToArray()));
            call = call with { Place = part.Place };
            ofWhole = LossStatistics.Of(part.Statistics, device);
        }
        else if (others is not null)
        {
            using var row = OtherStatistics.Row(others, problem, device);
            ofWhole = own.Plus(row);
        }
    }

    private void Evaluate() => Value = call.Output switch
    {
        LossOutput.Values => values!,
        LossOutput.Statistics => own.Clone(call.Problem.Rows),
        _ => LossScore.Value(engine, call, ofWhole ?? own, inputs.Logits.device, WriteMeanOfLargest),
    };

    private void WriteMeanOfLargest(PlannedTerm term, double percent, Tensor value)
    {
        if (ofWhole is not null)
            throw new NotSupportedException("The largest voxels of a whole cannot be told from the sums of its parts.");
        (largest ??= []).Add(TopVoxels.Select(values!, percent, term.Definition.VoxelTermScale, value));
    }
}
