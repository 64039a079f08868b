using GpuLoss.Autograd;
using GpuLoss.Interop.Shape;
using GpuLoss.Interop.Torch;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Shape;

/// <summary>The sums of every blob of a target together with what is no blob, as nodes of the graph of the predictions.</summary>
/// <param name="Intersection">I = Σ p of the voxels of each blob, float64 [B], those of a sample and class one after another.</param>
/// <param name="Prediction">P of the blob and of all voxels outside of blobs.</param>
/// <param name="Target">T, the voxels of each blob.</param>
/// <param name="Counts">The blobs of every sample and class that counts.</param>
internal sealed record BlobSums(Tensor Intersection, Tensor Prediction, Tensor Target, int[] Counts)
{
    /// <summary>The sums.</summary>
    /// <param name="inputs">Predictions and target.</param>
    /// <param name="connectivity">Along how many axes at once neighbours of a blob may differ.</param>
    /// <param name="isSquared">Whether P = Σ p².</param>
    public static BlobSums Of(ShapeInputs inputs, int connectivity, bool isSquared)
    {
        var problem = inputs.Problem;
        var blobs = inputs.Empty([problem.Pairs, problem.Grid.Voxels], torch.ScalarType.Int32);
        var counts = inputs.Engine.Blobs(problem, connectivity, TensorMemory.AddressOf(blobs));
        var all = counts.Sum(count => (long)count);
        var sums = inputs.Empty([3 * all + problem.Pairs], torch.ScalarType.Float64);
        inputs.Engine.BlobSums(problem, TensorMemory.AddressOf(blobs), counts, isSquared, TensorMemory.AddressOf(sums));
        if (inputs.NeedsGradient)
            sums = FusedLossFunction.Attach(inputs.Predictions, new Computed(inputs.Engine, problem, blobs, counts, isSquared, sums));
        var pairs = torch.tensor([.. counts.SelectMany((count, pair) => Enumerable.Repeat((long)pair, count))],
            dtype: torch.ScalarType.Int64);
        var outside = sums.narrow(0, 2 * all, problem.Pairs).index_select(0, pairs);
        return new(sums.narrow(0, 0, all), sums.narrow(0, all, all) + outside, sums.narrow(0, 2 * all + problem.Pairs, all).detach(),
            counts);
    }

    private sealed class Computed(IShapeEngine engine, ShapeProblem problem, Tensor blobs, int[] counts, bool isSquared, Tensor sums) : IComputedLoss
    {
        public Tensor Value => sums;

        public IEnumerable<Tensor> Saved => [blobs];

        public IKeptLoss Keep() => new Kept(engine, problem with { Labels = 0, Numbers = 0, Counted = 0 }, counts, isSquared);
    }

    private sealed class Kept(IShapeEngine engine, ShapeProblem problem, int[] counts, bool isSquared) : IKeptLoss
    {
        public void WriteGradient(Tensor gradient, List<Tensor> saved, Tensor gradOutput)
        {
            using var ofSums = gradOutput.contiguous();
            engine.BlobGradient(
                problem with { Predictions = TensorMemory.AddressOf(saved[0]) }, TensorMemory.AddressOf(saved[1]), counts, isSquared,
                TensorMemory.AddressOf(ofSums), TensorMemory.AddressOf(gradient));
        }
    }
}
