using GpuLoss.Autograd;
using GpuLoss.Interop.Shape;
using GpuLoss.Interop.Torch;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Shape;

/// <summary>
/// The sums of every blob of a target together with what is no blob, as nodes of the graph of the predictions. There is room for the same
/// number of
/// blobs for every sample and class that counts; where there is no blob, all sums are 1.
/// </summary>
/// <param name="Intersection">I = Σ p of the voxels of each blob, float64 [N, C', most].</param>
/// <param name="Prediction">P of the blob and of all voxels outside of blobs.</param>
/// <param name="Target">T, the voxels of each blob.</param>
/// <param name="Shares">What makes the mean over the samples and classes that have blobs of the means over their blobs; 0 where there is no
/// blob.</param>
internal sealed record BlobSums(Tensor Intersection, Tensor Prediction, Tensor Target, Tensor Shares)
{
    /// <summary>The sums.</summary>
    /// <param name="inputs">Predictions and target.</param>
    /// <param name="connectivity">Along how many axes at once neighbours of a blob may differ.</param>
    /// <param name="isSquared">Whether P = Σ p².</param>
    public static BlobSums Of(ShapeInputs inputs, int connectivity, bool isSquared)
    {
        var problem = inputs.Problem;
        var (blobs, counts, most) = Find(inputs, connectivity);
        var all = (long)problem.Pairs * most;
        var sums = inputs.Empty([3 * all + problem.Pairs], torch.ScalarType.Float64);
        Sum(inputs, blobs, most, isSquared, sums);
        if (inputs.NeedsGradient)
            sums = FusedLossFunction.Attach(inputs.Predictions, new Computed(inputs.Engine, problem, blobs, most, isSquared, sums));
        var outside = sums.narrow(0, 2 * all, problem.Pairs).unsqueeze(1);
        var exists = torch.arange(most, dtype: torch.ScalarType.Int32, device: counts.device).lt(counts.unsqueeze(1));
        var filled = counts.gt(0).sum().clamp_min(1);
        var shares = exists / (counts.clamp_min(1) * filled).to_type(torch.ScalarType.Float64).unsqueeze(1);
        Tensor Rows(long begin) => sums.narrow(0, begin, all).reshape([problem.Pairs, most]);
        Tensor Shaped(Tensor sum) =>
            torch.where(exists, sum, torch.ones_like(sum)).reshape([problem.Samples, problem.Classes - problem.FirstClass, most]);
        return new(
            Shaped(Rows(0)), Shaped(Rows(all) + outside), Shaped(Rows(2 * all + problem.Pairs).detach()),
            shares.reshape([problem.Samples, problem.Classes - problem.FirstClass, most]));
    }

    /// <summary>The blobs, how many there are of each sample and class, and at most.</summary>
    private static (Tensor Blobs, Tensor Counts, int Most) Find(ShapeInputs inputs, int connectivity)
    {
        var problem = inputs.Problem;
        var blobs = inputs.Empty([problem.Pairs, problem.Grid.Voxels], torch.ScalarType.Int32);
        var counts = inputs.Empty([problem.Pairs], torch.ScalarType.Int32);
        using (var scratch = inputs.Scratch(inputs.Engine.ComponentScratch(problem.Grid, problem.Pairs)))
        {
            inputs.Engine.Blobs(
                problem, connectivity, TensorMemory.AddressOf(scratch), TensorMemory.AddressOf(blobs), TensorMemory.AddressOf(counts));
        }

        if (!inputs.Engine.IsEnqueued)
            return (blobs, counts, Math.Max(1, counts.max().item<int>()));
        var (numbers, found) = Parts.Consecutive(blobs);
        return (numbers, found, Parts.Most(problem.Grid, connectivity));
    }

    private static void Sum(ShapeInputs inputs, Tensor blobs, int most, bool isSquared, Tensor sums)
    {
        var problem = inputs.Problem;
        using var scope = torch.NewDisposeScope();
        var sorted = default(SortedBlobs);
        if (inputs.Engine.IsEnqueued)
        {
            var (rising, places) = torch.sort(blobs, dim: 1, stable: true);
            sorted = new(TensorMemory.AddressOf(rising), TensorMemory.AddressOf(places));
        }

        var scratch = inputs.Scratch(inputs.Engine.BlobScratch(problem, isSquared));
        inputs.Engine.BlobSums(
            problem, TensorMemory.AddressOf(blobs), sorted, most, isSquared, TensorMemory.AddressOf(scratch), TensorMemory.AddressOf(sums));
    }

    private sealed class Computed(
        IShapeEngine engine, ShapeProblem problem, Tensor blobs, int most, bool isSquared, Tensor sums) : IComputedLoss
    {
        public Tensor Value => sums;

        public IEnumerable<Tensor> Saved => [blobs];

        public IKeptLoss Keep() => new Kept(engine, problem with { Labels = 0, Numbers = 0, Counted = 0 }, most, isSquared);
    }

    private sealed class Kept(IShapeEngine engine, ShapeProblem problem, int most, bool isSquared) : IKeptLoss
    {
        public void WriteGradient(Tensor gradient, List<Tensor> saved, Tensor gradOutput)
        {
            using var ofSums = gradOutput.contiguous();
            engine.BlobGradient(
                problem with { Predictions = TensorMemory.AddressOf(saved[0]) }, TensorMemory.AddressOf(saved[1]), most, isSquared,
                TensorMemory.AddressOf(ofSums), TensorMemory.AddressOf(gradient));
        }
    }
}
