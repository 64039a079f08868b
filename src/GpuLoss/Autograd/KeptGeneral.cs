using GpuLoss.Interop.Engines;
using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Objective;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>What the node of the general passes keeps besides tensors.</summary>
/// <param name="Call">The call.</param>
/// <param name="Statistics">What Reduce found, where that is on the host.</param>
/// <param name="HasMask">Whether there is a mask among the tensors.</param>
/// <param name="Shares">The number of terms of the largest voxels, each with its shares among the tensors.</param>
internal sealed record KeptGeneral(GeneralCall Call, double[]? Statistics, bool HasMask, int Shares) : IKeptLoss
{
    /// <inheritdoc/>
    public void WriteGradient(Tensor gradient, List<Tensor> saved, Tensor gradOutput)
    {
        using var scope = torch.NewDisposeScope();
        using var noGraph = torch.no_grad();
        var engine = LossEngines.For(gradient.device);
        var next = 1;
        var (target, plan) = (saved[next++], saved[next++]);
        var mask = HasMask ? saved[next++] : null;
        using var statistics = LossStatistics.Kept(Statistics, Statistics is null ? saved[next++] : null).Pin();
        var shares = saved.GetRange(next, Shares);
        var weights = saved.GetRange(next + Shares, Call.Terms.Count);

        var (coefficients, seeds) = Call.Output switch
        {
            GeneralOutput.Values => (Zeros(engine, gradient.device), gradOutput.contiguous()),
            GeneralOutput.Statistics => (OfStatistics(engine, gradOutput), null),
            _ => (OfTerms(engine, statistics.Address, weights, gradOutput), Seeds(shares, gradOutput)),
        };
        engine.SpreadGeneral(
            Call.Problem with { Layout = TensorLayouts.Of(saved[0], target, gradient, mask) }, GeneralCall.Addresses(saved[0], target, mask, plan), TensorMemory.AddressOf(coefficients),
            seeds is null ? 0 : TensorMemory.AddressOf(seeds), TensorMemory.AddressOf(gradient));
    }

    private Tensor Zeros(ILossEngine engine, torch.Device device) => torch.zeros(
        [Call.Problem.Sums, Call.Problem.Shape.Samples, Call.Problem.Shape.Classes, 4],
        dtype: engine.CoefficientType == LogitsType.Float64 ? torch.ScalarType.Float64 : torch.ScalarType.Float32, device: device);

    private Tensor OfStatistics(ILossEngine engine, Tensor gradOutput) => StatisticsGradient.Coefficients(
        gradOutput, Call.ProblemOf(Call.Definition), ClassWeights.Ones.For(gradOutput.device, Call.Problem.Shape.Classes), engine.CoefficientType);

    private Tensor OfTerms(ILossEngine engine, nint statistics, List<Tensor> weights, Tensor gradOutput)
    {
        var all = Zeros(engine, gradOutput.device);
        foreach (var (term, ofClasses) in Call.Terms.Zip(weights))
        {
            if (term.TopPercent is not null)
                continue;
            using Scalar factor = term.Factor;
            var gradient = (gradOutput * factor).contiguous();
            var ofSum = all[term.Sum];
            var ofTerm = torch.empty([Call.ScoredShape.Samples, Call.Problem.Shape.Classes, 4], dtype: ofSum.dtype, device: ofSum.device);
            engine.ScoreGradient(
                Call.ProblemOf(term.Definition), TensorMemory.AddressOf(ofClasses), statistics + (nint)(term.Sum * Call.StatisticsOfSum * sizeof(double)),
                TensorMemory.AddressOf(gradient), TensorMemory.AddressOf(ofTerm));
            ofSum.add_(Call.Place is { } place ? ofTerm.narrow(0, place.First, Call.Problem.Shape.Samples) : ofTerm);
        }

        return all;
    }

    /// <summary>The derivative by each value of the voxel term, where the terms of the largest ones need these.</summary>
    private Tensor? Seeds(List<Tensor> shares, Tensor gradOutput)
    {
        Tensor? seeds = null;
        foreach (var (term, share) in Call.Terms.Where(term => term.TopPercent is not null).Zip(shares))
        {
            using Scalar factor = term.Factor;
            var ofTerm = share * (gradOutput * factor);
            seeds = seeds is null ? ofTerm : seeds.add_(ofTerm);
        }

        return seeds;
    }
}
