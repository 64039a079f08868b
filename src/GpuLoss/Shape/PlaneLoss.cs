using GpuLoss.Autograd;
using GpuLoss.Interop.Shape;
using GpuLoss.Interop.Torch;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Shape;

/// <summary>
/// Losses that forward computes together with their slopes by every prediction: a value per sample (or one for all) and class. What becomes
/// of the values is left to torch's operations; backward multiplies the slopes, which are kept, by the gradient of their value.
/// </summary>
internal static class PlaneLoss
{
    /// <summary>The values as a node of the graph of the predictions.</summary>
    /// <param name="inputs">The inputs.</param>
    /// <param name="values">Float64 [R, C'], R = N or 1; disposed here where a node takes its place.</param>
    /// <param name="slopes">[N, C', V], or null where no gradient is wanted.</param>
    public static Tensor Attach(ShapeInputs inputs, Tensor values, Tensor? slopes) =>
        slopes is null || !inputs.NeedsGradient
            ? values
            : FusedLossFunction.Attach(inputs.Predictions, new Computed(inputs.Engine, inputs.Problem, values, slopes));

    private sealed class Computed(IShapeEngine engine, ShapeProblem problem, Tensor values, Tensor slopes) : IComputedLoss
    {
        public Tensor Value => values;

        public IEnumerable<Tensor> Saved => [slopes];

        public IKeptLoss Keep() => new Kept(engine, problem with { Predictions = 0, Labels = 0, Numbers = 0, Counted = 0 });
    }

    private sealed class Kept(IShapeEngine engine, ShapeProblem problem) : IKeptLoss
    {
        public void WriteGradient(Tensor gradient, List<Tensor> saved, Tensor gradOutput)
        {
            using var ofValues = gradOutput.contiguous();
            engine.Gradient(
                problem, TensorMemory.AddressOf(saved[1]), TensorMemory.AddressOf(ofValues), (int)ofValues.shape[0],
                    TensorMemory.AddressOf(gradient));
        }
    }
}
