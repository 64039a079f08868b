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
        var engine = LossEngines.For(gradient.device);
        var tensors = SavedTensors.Read(saved, Call, hasStatistics: Statistics is null);
        using var statistics = new SmallMemory(Statistics, tensors.Statistics).Pin();
        using var coefficients = Call.Output switch
        {
            LossOutput.Values => new(onHost: null, LossScore.NoCoefficients(engine, Call, gradient.device)),
            LossOutput.Statistics => new(onHost: null, StatisticsGradient.Coefficients(gradOutput, Call.Problem, engine.CoefficientType)),
            _ => LossScore.Coefficients(engine, Call, statistics.Address, gradOutput),
        };
        using var ofSums = coefficients.Pin();
        using var seeds = Call.Output == LossOutput.Values ? gradOutput.contiguous()
            : LossScore.Seeds(Call, tensors.Values, tensors.Largest, gradOutput);
        engine.Spread(
            Call.Problem with { Layout = TensorLayouts.Of(tensors.Logits, tensors.Target, gradient, tensors.Mask) },
            Call.Tensors(tensors.Logits, tensors.Target, tensors.Mask), ofSums.Address,
            seeds is null ? 0 : TensorMemory.AddressOf(seeds), TensorMemory.AddressOf(gradient));
    }
}

/// <summary>The tensors that libtorch keeps for a backward.</summary>
/// <param name="Logits">As Reduce read them.</param>
/// <param name="Target">Likewise.</param>
/// <param name="Mask">Likewise, or null.</param>
/// <param name="Statistics">What Reduce found, where that is on a GPU; else null.</param>
/// <param name="Values">The voxel terms, where the largest ones count; else null.</param>
/// <param name="Largest">Their means.</param>
internal sealed record SavedTensors(
    Tensor Logits, Tensor Target, Tensor? Mask, Tensor? Statistics, Tensor? Values, IReadOnlyList<Tensor> Largest)
{
    /// <summary>All but the logits, and the plan on a GPU, which is read by its address.</summary>
    public static IEnumerable<Tensor> Of(
        CallInputs inputs, LossCall call, LossStatistics statistics, Tensor? values, IReadOnlyList<Tensor> largest)
    {
        yield return inputs.Target;
        if (inputs.Mask is { } mask)
            yield return mask;
        if (statistics.OnDevice is { } sums)
            yield return sums;
        if (largest.Count > 0)
            yield return values!;
        foreach (var mean in largest)
            yield return mean;
        if (call.Plan.OnDevice is { } plan)
            yield return plan;
    }

    /// <summary>Finds them again.</summary>
    public static SavedTensors Read(List<Tensor> saved, LossCall call, bool hasStatistics)
    {
        var next = 0;
        var (logits, target) = (saved[next++], saved[next++]);
        var mask = call.Problem.Mask == MaskKind.None ? null : saved[next++];
        var statistics = hasStatistics ? saved[next++] : null;
        var largest = call.TermsOfLargest.Count();
        var values = largest > 0 ? saved[next++] : null;
        return new(logits, target, mask, statistics, values, saved.GetRange(next, largest));
    }
}
