using GpuLoss.Interop.Engines;
using GpuLoss.Interop.Torch;
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
    public static Tensor Attach(Tensor logits, ComputedLoss loss)
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
        var (logits, loss) = ((Tensor)vars[0], (ComputedLoss)vars[1]);
        List<Tensor> saved = [logits, loss.Target];
        if (loss.Problem.HasClassWeights)
            saved.Add(loss.Weights);
        if (loss.Statistics.OnDevice is { } statistics)
            saved.Add(statistics);
        foreach (var term in loss.Terms ?? [])
            saved.Add(term.Weights.For(logits.device, loss.Problem.Shape.Classes));
        ctx.save_for_backward(saved);
        ctx.save_data(nameof(KeptLoss), new KeptLoss(loss.Problem, loss.Output, loss.Statistics.OnHost, loss.Terms));
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
        var kept = (KeptLoss)ctx.get_data(nameof(KeptLoss));
        var saved = ctx.get_saved_variables();
        try
        {
            var gradient = torch.empty_like(saved[0]);
            try
            {
                Write(gradient, kept, saved, gradOutput);
            }
            catch
            {
                gradient.Dispose();
                throw;
            }

            return gradient;
        }
        finally
        {
            foreach (var tensor in saved)
                tensor?.Dispose();
        }
    }

    private static void Write(Tensor gradient, KeptLoss kept, List<Tensor> saved, Tensor gradOutput)
    {
        var (logits, target, device) = (saved[0], saved[1], saved[0].device);
        var problem = kept.Problem with { Layout = TensorLayouts.Of(logits, target, gradient) };
        var weights = problem.HasClassWeights ? saved[2] : ClassWeights.Ones.For(device, problem.Shape.Classes);
        var engine = LossEngines.For(device);
        var terms = kept.Terms?.Count ?? 0;
        using var statistics = LossStatistics.Kept(kept.Statistics, kept.Statistics is null ? saved[^(terms + 1)] : null).Pin();
        if (kept.Output == LossOutput.Statistics || kept.Terms is not null)
        {
            using var coefficients = kept.Terms is null
                ? StatisticsGradient.Coefficients(gradOutput, problem, weights, engine.CoefficientType)
                : CompoundScore.Coefficients(engine, problem, statistics.Address, kept.Terms, saved.TakeLast(terms), gradOutput);
            engine.Spread(
                problem, TensorMemory.AddressOf(logits), TensorMemory.AddressOf(target), TensorMemory.AddressOf(weights),
                TensorMemory.AddressOf(coefficients), TensorMemory.AddressOf(gradient));
            return;
        }

        var scratchElements = engine.BackwardScratchElements(problem);
        using var scratch = scratchElements == 0 ? null : torch.empty([scratchElements], dtype: torch.ScalarType.Float64, device: device);
        engine.Backward(
            problem,
            TensorMemory.AddressOf(logits),
            TensorMemory.AddressOf(target),
            TensorMemory.AddressOf(weights),
            statistics.Address,
            TensorMemory.AddressOf(gradOutput),
            scratch is null ? 0 : TensorMemory.AddressOf(scratch),
            TensorMemory.AddressOf(gradient));
    }
}

/// <summary>A loss whose forward has run.</summary>
/// <param name="Problem">The call.</param>
/// <param name="Output">What <paramref name="Value"/> is.</param>
/// <param name="Target">The labels, as the engine read them.</param>
/// <param name="Weights">The class weights.</param>
/// <param name="Statistics">What Reduce found.</param>
/// <param name="Value">The loss or the statistics.</param>
/// <param name="Terms">The terms of a compound loss, or null.</param>
internal sealed record ComputedLoss(
    LossProblem Problem, LossOutput Output, Tensor Target, Tensor Weights, LossStatistics Statistics, Tensor Value,
    IReadOnlyList<CompoundTerm>? Terms);

/// <summary>What the node keeps besides tensors.</summary>
/// <param name="Problem">The call.</param>
/// <param name="Output">What the node computed.</param>
/// <param name="Statistics">What Reduce found, where that is on the host.</param>
/// <param name="Terms">The terms of a compound loss, or null.</param>
internal sealed record KeptLoss(LossProblem Problem, LossOutput Output, double[]? Statistics, IReadOnlyList<CompoundTerm>? Terms);

/// <summary>What a node of the graph computes.</summary>
internal enum LossOutput
{
    /// <summary>The loss, a scalar.</summary>
    Value,

    /// <summary>The statistics, float64 [N, 3·C + 2]: I, P and T of every class, the cross-entropy and the number of voxels.</summary>
    Statistics,
}
