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

    /// <summary>The loss of the logits, a scalar on their device: float64 for float64 logits, else float32; or their statistics.</summary>
    /// <param name="logits">As a module's forward takes them.</param>
    /// <param name="target">Likewise.</param>
    /// <param name="definition">The loss.</param>
    /// <param name="classWeights">The class weights.</param>
    /// <param name="ignoreIndex">The ignored label.</param>
    /// <param name="output">What to return.</param>
    /// <param name="others">Statistics of other parts of the same volumes, to be added before the loss is taken; null where there are none.</param>
    /// <param name="terms">The terms of a compound loss, whose sums are those of <paramref name="definition"/>; null where that is the loss.</param>
    /// <param name="whole">The whole that this call is a part of, which takes terms; null where it is all there is.</param>
    public static Tensor Of(
        Tensor logits, Tensor target, LossDefinition definition, ClassWeights classWeights, long ignoreIndex,
        LossOutput output = LossOutput.Value, nn.OverlapStatistics? others = null, IReadOnlyList<CompoundTerm>? terms = null, IWhole? whole = null)
    {
        FusedLossFunction.ReleaseLastGradient();
        var problem = LossInputs.Check(logits, target, definition, classWeights, ignoreIndex);
        if (whole is not null)
            problem = problem with { ChecksLabelsAtOnce = true };
        foreach (var term in terms ?? [])
            LossInputs.CheckWeight(problem.Shape.Classes, term.Definition, term.Weights);
        var device = logits.device;
        using var row = others is null ? null : OtherStatistics.Row(others, problem, device);
        var engine = LossEngines.For(device);
        if (engine.Takes(problem))
            return Of(engine, problem, logits, target, classWeights.For(device, problem.Shape.Classes), device, output, row, terms, whole);

        // contiguous() is an operation of the graph: backward goes through it to logits of any strides.
        using var denseLogits = logits.contiguous();
        using var denseTarget = target.contiguous();
        var dense = problem with { Layout = null };
        return engine.Takes(dense)
            ? Of(engine, dense, denseLogits, denseTarget, classWeights.For(device, problem.Shape.Classes), device, output, row, terms, whole)
            : throw new ArgumentException(
                $"logits of type {logits.dtype} with a target of type {target.dtype} are not supported on {device}.", nameof(logits));
    }

    private static Tensor Of(
        ILossEngine engine, LossProblem problem, Tensor logits, Tensor target, Tensor weights, torch.Device device, LossOutput output, Tensor? others,
        IReadOnlyList<CompoundTerm>? terms, IWhole? whole)
    {
        using var own = LossStatistics.Allocate(problem.Shape, device);
        var scratchElements = engine.ForwardScratchElements(problem);
        using var scratch = scratchElements == 0 ? null : torch.empty([scratchElements], dtype: torch.ScalarType.Float64, device: device);
        var value = ValueTensor(problem.Definition, problem.Shape, problem.Logits, device);
        PartOfWhole? part = null;
        LossStatistics? joined = null;
        try
        {
            using (var pinned = own.Pin())
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

            if (own.OnHost is { } sums)
                LabelCheck.ThrowIfAnyInvalid(problem, sums, target);
            if (others is not null)
                AddTo(own, others, engine, problem, weights, value);
            part = whole?.Join(new SumsOfPart(problem.Shape, new SumsForm(1, IsGeneral: false, IsDense: false), own.ToArray()));
            joined = part is null ? null : LossStatistics.Of(part.Statistics, device);
            if (output == LossOutput.Statistics || terms is not null)
            {
                value.Dispose();
                value = terms is null
                    ? own.Clone(problem.Shape)
                    : CompoundScore.Value(engine, CompoundScore.OfWhole(problem, part?.Place), joined ?? own, terms, device);
            }

            return logits.requires_grad && torch.is_grad_enabled()
                ? FusedLossFunction.Attach(logits, new ComputedLoss(problem, output, target, weights, joined ?? own, value, terms, part?.Place))
                : value;
        }
        catch
        {
            value.Dispose();
            throw;
        }
        finally
        {
            joined?.Dispose();
        }
    }

    /// <summary>Memory for the value of a loss, or for its values, one after another.</summary>
    public static Tensor ValueTensor(LossDefinition definition, LogitsShape shape, LogitsType logits, torch.Device device) => torch.empty(
        definition.Reduction == ScalarReduction.None ? [Score.ValueCount(definition, shape)] : Scalar,
        dtype: logits == LogitsType.Float64 ? torch.ScalarType.Float64 : torch.ScalarType.Float32, device: device);

    /// <summary>Makes the statistics those of the whole, and the value the loss of the whole.</summary>
    private static void AddTo(LossStatistics own, Tensor others, ILossEngine engine, LossProblem problem, Tensor weights, Tensor value)
    {
        using var totals = own.Plus(others);
        using var pinnedTotals = totals.Pin();
        using var pinned = own.Pin();
        engine.ScoreTotals(problem, TensorMemory.AddressOf(weights), pinnedTotals.Address, pinned.Address, TensorMemory.AddressOf(value));
    }
}
