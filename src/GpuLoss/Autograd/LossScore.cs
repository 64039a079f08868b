using GpuLoss.Interop.Engines;
using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Objective;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>Score of a weighted sum of terms: each is scored by itself, on the statistics of its sum.</summary>
/// <remarks>
/// Factors are disposed after their use: TorchSharp's finalizer frees a <see cref="Scalar"/> that nothing refers to while a native
/// operation still reads it.
/// </remarks>
internal static class LossScore
{
    private static readonly long[] Scalar = [];

    /// <summary>Memory for the value of a term, or for its values, one after another.</summary>
    public static Tensor ValueTensor(LossCall call, PlannedTerm term, torch.Device device) => torch.empty(
        term.Definition.Reduction == ScalarReduction.None ? [Score.ValueCount(term.Definition, call.ScoredShape)] : Scalar,
        dtype: call.ValueType,
        device: device);

    /// <summary>The weighted sum of the terms.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="call">The call.</param>
    /// <param name="statistics">The statistics of all sums.</param>
    /// <param name="device">Where they are.</param>
    /// <param name="ofVoxels">Writes the value of a term of the largest percentage of the voxel terms, before its factor.</param>
    public static Tensor Value(
        ILossEngine engine, LossCall call, LossStatistics statistics, torch.Device device, Action<PlannedTerm, double, Tensor>? ofVoxels)
    {
        using var scope = torch.NewDisposeScope();
        using var noGraph = torch.no_grad();
        using var pinned = statistics.Pin();
        Tensor? total = null;
        for (var i = 0; i < call.Plan.Terms.Count; i++)
        {
            var term = call.Plan.Terms[i];
            var value = ValueTensor(call, term, device);
            if (term.TopPercent is { } percent)
            {
                ofVoxels!(term, percent, value);
            }
            else
            {
                engine.Score(
                    new ScoreCall(call.ScoreOf(term), call.Plan.WeightsOf(i), TensorMemory.AddressOf(value)),
                    call.StatisticsOf(pinned.Address, term.Sum));
            }

            using Scalar factor = term.Factor;
            value.mul_(factor);
            total = total is null ? value : total.add_(value);
        }

        return total!.MoveToOuterDisposeScope();
    }

    /// <summary>The coefficients of the gradient of the sum, [sums, N, C, 4] as Spread takes them: of the samples of the call.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="call">The call.</param>
    /// <param name="statistics">The address of the statistics of all sums.</param>
    /// <param name="gradOutput">The gradient with respect to the value.</param>
    public static SmallMemory Coefficients(ILossEngine engine, LossCall call, nint statistics, Tensor gradOutput)
    {
        var (shape, device) = (call.Problem.Shape, gradOutput.device);
        void Score(int term, Tensor gradient, nint coefficients) => engine.ScoreGradient(
            call.ScoreOf(call.Plan.Terms[term]), call.Plan.WeightsOf(term), call.StatisticsOf(statistics, call.Plan.Terms[term].Sum),
            TensorMemory.AddressOf(gradient), coefficients);

        if (call.Plan.IsOneScore && call.Place is null)
        {
            var coefficients = SmallMemory.Allocate(
                [shape.Samples, shape.Classes, 4], isDouble: engine.CoefficientType == LogitsType.Float64, device);
            using var dense = gradOutput.is_contiguous() ? null : gradOutput.contiguous();
            using var pinned = coefficients.Pin();
            Score(0, dense ?? gradOutput, pinned.Address);
            return coefficients;
        }

        using var scope = torch.NewDisposeScope();
        using var noGraph = torch.no_grad();
        var all = NoCoefficients(engine, call, device);
        for (var i = 0; i < call.Plan.Terms.Count; i++)
        {
            var term = call.Plan.Terms[i];
            if (term.TopPercent is not null)
                continue;
            using Scalar factor = term.Factor;
            var ofTerm = torch.empty([call.ScoredShape.Samples, shape.Classes, 4], dtype: all.dtype, device: device);
            Score(i, (gradOutput * factor).contiguous(), TensorMemory.AddressOf(ofTerm));
            all[term.Sum].add_(call.Place is { } place ? ofTerm.narrow(0, place.First, shape.Samples) : ofTerm);
        }

        return new(onHost: null, all.MoveToOuterDisposeScope());
    }

    /// <summary>Coefficients of 0, [sums, N, C, 4].</summary>
    public static Tensor NoCoefficients(ILossEngine engine, LossCall call, torch.Device device) => torch.zeros(
        [call.Problem.Sums.Count, call.Problem.Shape.Samples, call.Problem.Shape.Classes, 4],
        dtype: TensorLayouts.WideTypeOf(engine.CoefficientType), device: device);

    /// <summary>The derivative by each value of the voxel term, where terms of the largest ones need these; else null.</summary>
    /// <param name="call">The call.</param>
    /// <param name="values">The values.</param>
    /// <param name="largest">The means of the largest ones, as <see cref="TopVoxels.Select"/> left them, one for each of these
    /// terms.</param>
    /// <param name="gradOutput">The gradient with respect to the loss.</param>
    public static Tensor? Seeds(LossCall call, Tensor? values, IReadOnlyList<Tensor> largest, Tensor gradOutput)
    {
        if (largest.Count == 0)
            return null;
        var factors = call.TermsOfLargest.Select(term => term.Factor * term.Definition.VoxelTermScale);
        return TopVoxels.Differentiate(values!, largest.Zip(factors), gradOutput);
    }
}
