using GpuLoss.Interop.Engines;
using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Objective;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>The way back: from the gradient of what a call returned, through Score, to Spread.</summary>
/// <param name="Call">The call.</param>
/// <param name="Statistics">What Reduce found, where that is on the host.</param>
internal sealed record LossBackward(LossCall Call, double[]? Statistics) : IKeptLoss
{
    /// <inheritdoc/>
    public void WriteGradient(Tensor gradient, List<Tensor> saved, Tensor gradOutput)
    {
        using var scope = torch.NewDisposeScope();
        using var noGraph = torch.no_grad();
        var engine = LossEngines.For(gradient.device);
        var tensors = SavedTensors.Read(saved, Call, hasStatistics: Statistics is null);
        using var statistics = LossStatistics.Kept(Statistics, tensors.Statistics).Pin();
        var (coefficients, seeds) = Call.Output switch
        {
            LossOutput.Values => (None(engine, gradient.device), gradOutput.contiguous()),
            LossOutput.Statistics => (StatisticsGradient.Coefficients(gradOutput, Call.Problem, engine.CoefficientType), null),
            _ => (LossScore.Coefficients(engine, Call, statistics.Address, gradOutput), LossScore.Seeds(Call, tensors.Shares, gradOutput)),
        };
        engine.Spread(
            Call.Problem with { Layout = TensorLayouts.Of(tensors.Logits, tensors.Target, gradient, tensors.Mask) },
            Call.Tensors(tensors.Logits, tensors.Target, tensors.Mask), TensorMemory.AddressOf(coefficients),
            seeds is null ? 0 : TensorMemory.AddressOf(seeds), TensorMemory.AddressOf(gradient));
    }

    private Tensor None(ILossEngine engine, torch.Device device) => torch.zeros(
        [Call.Problem.Sums.Count, Call.Problem.Shape.Samples, Call.Problem.Shape.Classes, 4],
        dtype: engine.CoefficientType == LogitsType.Float64 ? torch.ScalarType.Float64 : torch.ScalarType.Float32, device: device);
}

/// <summary>The tensors that libtorch keeps for a backward.</summary>
/// <param name="Logits">As Reduce read them.</param>
/// <param name="Target">Likewise.</param>
/// <param name="Mask">Likewise, or null.</param>
/// <param name="Statistics">What Reduce found, where that is on a GPU; else null.</param>
/// <param name="Shares">As <see cref="LossScore.Seeds"/> takes them.</param>
internal sealed record SavedTensors(Tensor Logits, Tensor Target, Tensor? Mask, Tensor? Statistics, IReadOnlyList<Tensor> Shares)
{
    /// <summary>All but the logits, and the plan on a GPU, which is read by its address.</summary>
    public static IEnumerable<Tensor> Of(CallInputs inputs, LossCall call, LossStatistics statistics, IEnumerable<Tensor> shares)
    {
        Tensor?[] first = [inputs.Target, inputs.Mask, statistics.OnDevice];
        return first.Concat(shares).Append(call.Plan.OnDevice).OfType<Tensor>();
    }

    /// <summary>Finds them again.</summary>
    public static SavedTensors Read(List<Tensor> saved, LossCall call, bool hasStatistics)
    {
        var next = new Queue<Tensor>(saved);
        return new(
            next.Dequeue(), next.Dequeue(), call.Problem.Mask == MaskKind.None ? null : next.Dequeue(), hasStatistics ? next.Dequeue() : null,
            [.. next.Take(call.Plan.Terms.Count(term => term.TopPercent is not null))]);
    }
}
