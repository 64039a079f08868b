using GpuLoss.Interop.Engines;
using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Objective;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>One loss of a weighted sum.</summary>
/// <param name="Factor">Its factor.</param>
/// <param name="Definition">The loss.</param>
/// <param name="Weights">Its class weights.</param>
/// <param name="Options">What else it asks for.</param>
internal sealed record CompoundTerm(double Factor, LossDefinition Definition, ClassWeights Weights, TermOptions Options);

/// <summary>Score of a weighted sum of losses: each is scored by itself, on statistics that all of them share.</summary>
/// <remarks>
/// Factors are disposed after their use: TorchSharp's finalizer frees a <see cref="Scalar"/> that nothing refers to while a native operation still reads it.
/// </remarks>
internal static class CompoundScore
{
    /// <summary>The problem that Score sees: that of the whole where the call is a part of one.</summary>
    public static LossProblem OfWhole(LossProblem problem, PlaceInWhole? place) => place is null ? problem : problem with { Shape = place.Shape, Layout = null };

    /// <summary>The value of the sum, a scalar on the device.</summary>
    public static Tensor Value(
        ILossEngine engine, LossProblem problem, LossStatistics statistics, IReadOnlyList<CompoundTerm> terms, torch.Device device)
    {
        using var scope = torch.NewDisposeScope();
        using var noGraph = torch.no_grad();
        using var pinned = statistics.Pin();
        var type = problem.Logits == LogitsType.Float64 ? torch.ScalarType.Float64 : torch.ScalarType.Float32;
        var total = torch.zeros([], dtype: type, device: device);
        foreach (var term in terms)
        {
            var value = torch.empty([], dtype: type, device: device);
            engine.ScoreTotals(
                problem with { Definition = term.Definition }, TensorMemory.AddressOf(term.Weights.For(device, problem.Shape.Classes)), pinned.Address,
                pinned.Address, TensorMemory.AddressOf(value));
            using Scalar factor = term.Factor;
            total.add_(value, alpha: factor);
        }

        return total.MoveToOuterDisposeScope();
    }

    /// <summary>The coefficients of the gradient of the sum, as Spread takes them: of all samples, or of those of the call where it is a part.</summary>
    public static Tensor Coefficients(
        ILossEngine engine, LossProblem call, nint statistics, IReadOnlyList<CompoundTerm> terms, IEnumerable<Tensor> weights, Tensor gradOutput,
        PlaceInWhole? place)
    {
        var problem = OfWhole(call, place);
        using var scope = torch.NewDisposeScope();
        using var noGraph = torch.no_grad();
        var type = engine.CoefficientType == LogitsType.Float64 ? torch.ScalarType.Float64 : torch.ScalarType.Float32;
        long[] shape = [problem.Shape.Samples, problem.Shape.Classes, 4];
        var total = torch.zeros(shape, dtype: type, device: gradOutput.device);
        foreach (var (term, ofClasses) in terms.Zip(weights))
        {
            using Scalar factor = term.Factor;
            var gradient = gradOutput * factor;
            var coefficients = torch.empty(shape, dtype: type, device: gradOutput.device);
            engine.ScoreGradient(
                problem with { Definition = term.Definition }, TensorMemory.AddressOf(ofClasses), statistics, TensorMemory.AddressOf(gradient),
                TensorMemory.AddressOf(coefficients));
            total.add_(coefficients);
        }

        return (place is null ? total : total.narrow(0, place.First, call.Shape.Samples).contiguous()).MoveToOuterDisposeScope();
    }
}
