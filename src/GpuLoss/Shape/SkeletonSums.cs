using GpuLoss.Autograd;
using GpuLoss.Interop.Shape;
using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Shape;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Shape;

/// <summary>The sums of soft skeletons as a node of the graph of the predictions. Only predictions and target are kept: backward makes the
/// skeletons again.</summary>
internal static class SkeletonSums
{
    /// <summary>The sums, float64 [N, C', 7].</summary>
    public static Tensor Of(ShapeInputs inputs, int iterations)
    {
        var problem = inputs.Problem;
        var sums = inputs.Empty([problem.Samples, problem.Classes - problem.FirstClass, SkeletonKernel.Sums], torch.ScalarType.Float64);
        using (var scratch = inputs.Scratch(inputs.Engine.SkeletonScratch(problem)))
            inputs.Engine.Skeletons(problem, iterations, TensorMemory.AddressOf(scratch), TensorMemory.AddressOf(sums));
        if (!inputs.NeedsGradient)
            return sums;
        var target = (inputs.Labels ?? inputs.Numbers)!;
        return FusedLossFunction.Attach(inputs.Predictions, new Computed(inputs.Engine, problem, iterations, sums, target));
    }

    private sealed class Computed(IShapeEngine engine, ShapeProblem problem, int iterations, Tensor sums, Tensor target) : IComputedLoss
    {
        public Tensor Value => sums;

        public IEnumerable<Tensor> Saved => [target];

        public IKeptLoss Keep() => new Kept(engine, problem, iterations);
    }

    private sealed class Kept(IShapeEngine engine, ShapeProblem problem, int iterations) : IKeptLoss
    {
        public void WriteGradient(Tensor gradient, List<Tensor> saved, Tensor gradOutput)
        {
            using var ofSums = gradOutput.contiguous();
            var target = TensorMemory.AddressOf(saved[1]);
            var again = problem with
            {
                Predictions = TensorMemory.AddressOf(saved[0]),
                Labels = problem.Labels == 0 ? 0 : target,
                Numbers = problem.Numbers == 0 ? 0 : target,
            };
            using var scratch = torch.empty(
                [engine.SkeletonGradientScratch(again, iterations)], dtype: torch.ScalarType.Byte, device: gradient.device);
            engine.SkeletonGradient(
                again, iterations, TensorMemory.AddressOf(ofSums), TensorMemory.AddressOf(scratch), TensorMemory.AddressOf(gradient));
        }
    }
}
