using GpuLoss.Interop.Engines;
using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Objective;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>One call of any loss by the general passes: one Reduce, whatever the number of terms, and a node for backward where a gradient is wanted.</summary>
internal static class GeneralLoss
{
    /// <summary>The loss, its statistics, or the values of its voxel term where that is not reduced.</summary>
    public static Tensor Of(LossRecipe recipe, Tensor logits, Tensor target, Tensor? mask, LossOutput output, nn.OverlapStatistics? others, IWhole? whole) =>
        Of(recipe, logits, target, mask, output, others, whole, withMetrics: false).Value;

    /// <summary>The loss, and soft and hard Dice from the same pass.</summary>
    public static (Tensor Value, nn.OverlapMetrics Metrics) WithMetrics(LossRecipe recipe, Tensor logits, Tensor target, Tensor? mask)
    {
        var (value, metrics) = Of(recipe, logits, target, mask, LossOutput.Value, others: null, whole: null, withMetrics: true);
        return (value, metrics!);
    }

    private static (Tensor Value, nn.OverlapMetrics? Metrics) Of(
        LossRecipe recipe, Tensor logits, Tensor target, Tensor? mask, LossOutput output, nn.OverlapStatistics? others, IWhole? whole,
        bool withMetrics)
    {
        FusedLossFunction.ReleaseLastGradient();
        var device = logits.device;
        var engine = LossEngines.For(device);
        using var inputs = GeneralInputs.From(logits, target, mask, recipe.IgnoreIndex, engine);
        foreach (var term in recipe.Terms)
        {
            if (inputs.Problem.Shape.Classes == 1)
                LossInputs.CheckOneClass(logits, term);
            LossInputs.CheckWeight(inputs.Problem.Shape.Classes, term.Definition, term.Weights);
            LossInputs.CheckPositiveWeight(inputs.Problem.Shape.Classes, term.Options.PositiveWeights);
        }

        var plan = recipe.PlanFor(device, inputs.Problem.Shape.Classes, inputs.IsDense, withMetrics);
        if (plan.Sums.Count > 1 && (output == LossOutput.Statistics || others is not null))
            throw new NotSupportedException("This loss is a function of several sums: ask its terms for their statistics.");
        var call = new GeneralCall(
            inputs.Problem with
            {
                Sums = plan.Sums.Count,
                ChecksTarget = inputs.IsDense && (!target.is_floating_point() || plan.IsOfProbabilities),
                HasValues = plan.ValueSum >= 0,
                ValueSum = Math.Max(0, plan.ValueSum),
                ValuesPerClass = plan.ValuesPerClass,
                ChecksLabelsAtOnce = inputs.Problem.ChecksLabelsAtOnce || whole is not null,
            },
            plan.Terms, plan.Sums, recipe.Terms.Any(term => term.Options.Unreduced) ? GeneralOutput.Values
                : output == LossOutput.Statistics ? GeneralOutput.Statistics
                : GeneralOutput.Loss);

        using var statistics = LossStatistics.Allocate(call.Rows, device);
        var values = call.Problem.HasValues ? torch.empty(ValuesShape(call.Problem, logits), dtype: call.ValueType, device: device) : null;
        try
        {
            Reduce(engine, call, inputs, plan.Numbers, statistics, values);
            if (statistics.OnHost is { } sums)
                LabelCheck.ThrowIfAnyInvalid(call.Problem, sums, target, mask);
            using var row = others is null ? null : OtherStatistics.Row(others, call.ProblemOf(call.Definition), device);
            var part = whole?.Join(new SumsOfPart(
                call.Problem.Shape, new SumsForm(call.Problem.Sums, IsGeneral: true, inputs.IsDense), statistics.ToArray()));
            call = call with { Place = part?.Place };
            using var joined = part is not null ? LossStatistics.Of(part.Statistics, device) : row is null ? null : statistics.Plus(row);
            var all = joined ?? statistics;
            using var computed = new ComputedGeneral(call, inputs, plan.Numbers, all, others is not null || whole is not null);
            computed.Evaluate(engine, values);
            var metrics = withMetrics ? nn.OverlapMetrics.From(all, call, plan) : null;
            if (call.Output != GeneralOutput.Values)
                values?.Dispose();
            return (
                logits.requires_grad && torch.is_grad_enabled() ? FusedLossFunction.Attach(inputs.Logits, computed) : computed.Value,
                metrics);
        }
        catch
        {
            values?.Dispose();
            throw;
        }
    }

    /// <summary>The value that statistics from elsewhere have, of a loss without terms of single voxels.</summary>
    public static Tensor ValueOf(
        ILossEngine engine, GeneralPlan plan, LogitsShape shape, LogitsType type, LossStatistics statistics, torch.Device device)
    {
        var problem = new GeneralProblem(shape, type, default, default, default, nn.DefaultIgnoreIndex, plan.Sums.Count);
        return ComputedGeneral.Sum(engine, new GeneralCall(problem, plan.Terms, plan.Sums, GeneralOutput.Loss), statistics, device, ofVoxels: null);
    }

    private static void Reduce(
        ILossEngine engine, GeneralCall call, GeneralInputs inputs, Tensor plan, LossStatistics statistics, Tensor? values)
    {
        var elements = engine.GeneralScratchElements(call.Problem);
        using var scratch = elements == 0 ? null : torch.empty([elements], dtype: torch.ScalarType.Float64, device: inputs.Logits.device);
        using var pinned = statistics.Pin();
        engine.ReduceGeneral(
            call.Problem, GeneralCall.Addresses(inputs.Logits, inputs.Target, inputs.Mask, plan), scratch is null ? 0 : TensorMemory.AddressOf(scratch),
            pinned.Address, values is null ? 0 : TensorMemory.AddressOf(values));
    }

    private static long[] ValuesShape(GeneralProblem problem, Tensor logits)
    {
        var shape = logits.shape;
        return problem.ValuesPerClass ? shape : [shape[0], .. shape[2..]];
    }
}
