using GpuLoss.Autograd;
using GpuLoss.Interop.Torch;
using GpuLoss.Shape;
using TorchSharp;
using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>Boundary loss; see <see cref="nn.BoundaryLoss"/>.</summary>
public sealed class BoundaryLoss : ShapeLossModule
{
    private readonly bool batch;

    internal BoundaryLoss(ShapeOptions options, bool batch, Reduction reduction)
        : base(options, reduction) => this.batch = batch;

    /// <summary>Computes the loss with distance maps that were made before, by <see cref="nn.functional.signed_distance_maps"/> or
    /// otherwise.</summary>
    /// <param name="logits">As in <see cref="ShapeLossModule.forward(Tensor, Tensor)"/>, on any device that torch has.</param>
    /// <param name="distance_maps">[N, C, *S], floating-point and finite, on the device of the logits.</param>
    /// <returns>As in <see cref="ShapeLossModule.forward(Tensor, Tensor)"/>.</returns>
    /// <exception cref="ArgumentException">A tensor is not as described.</exception>
    public Tensor forward_with_maps(Tensor logits, Tensor distance_maps)
    {
        ThrowIfDisposed();
        LossInputs.CheckUsable(logits, nameof(logits));
        LossInputs.CheckUsable(distance_maps, nameof(distance_maps));
        using var scope = torch.NewDisposeScope();
        var (shape, _) = LossInputs.CheckLogits(logits, logits.shape);
        if (!distance_maps.is_floating_point() || !distance_maps.shape.AsSpan().SequenceEqual(logits.shape))
        {
            throw new ArgumentException(
                $"distance_maps must be floating-point of the shape of the logits, {LossInputs.Show(logits.shape)}, "
                + $"not {distance_maps.dtype} {LossInputs.Show(distance_maps.shape)}.",
                nameof(distance_maps));
        }

        LossInputs.CheckDevice(logits, distance_maps, nameof(distance_maps));
        if (!distance_maps.isfinite().all().item<bool>())
            throw new ArgumentException("distance_maps must be finite.", nameof(distance_maps));
        var predictions = ShapeInputs.Predict(logits, shape, Options);
        var first = Options.IncludeBackground ? 0 : 1;
        var products = (predictions * distance_maps.detach().to_type(predictions.dtype)).flatten(2).slice(1, first, shape.Classes, 1);
        return Reduce(products.mean([2], type: torch.ScalarType.Float64)).to_type(predictions.dtype).MoveToOuterDisposeScope();
    }

    private protected override Tensor Compute(ShapeInputs inputs)
    {
        using var scope = torch.NewDisposeScope();
        var problem = inputs.Problem;
        var values = inputs.Empty([problem.Samples, problem.Classes - problem.FirstClass], torch.ScalarType.Float64);
        var slopes = inputs.Empty([problem.Pairs, problem.Grid.Voxels], inputs.Type);
        var scratch = inputs.Scratch(inputs.Engine.PlaneScratch(problem));
        inputs.Engine.SignedDistances(problem, TensorMemory.AddressOf(scratch), TensorMemory.AddressOf(slopes));
        inputs.Engine.Products(
            problem, TensorMemory.AddressOf(slopes), TensorMemory.AddressOf(scratch), TensorMemory.AddressOf(values));
        return Reduce(PlaneLoss.Attach(inputs, values, slopes) * inputs.Shares()).MoveToOuterDisposeScope();
    }

    private Tensor Reduce(Tensor values) => PlaneReduction.Of(batch ? values.mean([0]) : values, reduction);
}

/// <summary>Hausdorff loss by distance transforms; see <see cref="nn.HausdorffDTLoss"/>.</summary>
public class HausdorffDTLoss : ShapeLossModule
{
    private readonly double alpha;
    private readonly bool batch;

    internal HausdorffDTLoss(ShapeOptions options, double alpha, bool batch, Reduction reduction)
        : base(options, reduction) => (this.alpha, this.batch) = (LossDefinitions.Positive(alpha, nameof(alpha)), batch);

    private protected override Tensor Compute(ShapeInputs inputs)
    {
        using var scope = torch.NewDisposeScope();
        var problem = inputs.Problem;
        var values = inputs.Empty([problem.Samples, problem.Classes - problem.FirstClass], torch.ScalarType.Float64);
        var slopes = inputs.Empty([problem.Pairs, problem.Grid.Voxels], inputs.Type);
        var scratch = inputs.Scratch(inputs.Engine.PlaneScratch(problem));
        inputs.Engine.Hausdorff(
            problem, alpha, TensorMemory.AddressOf(scratch), TensorMemory.AddressOf(values), TensorMemory.AddressOf(slopes));
        var attached = PlaneLoss.Attach(inputs, values, slopes) * inputs.Shares();
        var shaped = batch ? attached.mean([0], keepdim: true) : attached;
        var unreduced = reduction == Reduction.None ? shaped.reshape([.. shaped.shape, .. Enumerable.Repeat(1L, problem.Grid.Axes)])
            : shaped;
        return PlaneReduction.Of(unreduced, reduction).MoveToOuterDisposeScope();
    }
}

/// <summary>The logarithm of the Hausdorff loss; see <see cref="nn.LogHausdorffDTLoss"/>.</summary>
public sealed class LogHausdorffDTLoss : HausdorffDTLoss
{
    internal LogHausdorffDTLoss(ShapeOptions options, double alpha, bool batch, Reduction reduction)
        : base(options, alpha, batch, reduction)
    {
    }

    private protected override Tensor Compute(ShapeInputs inputs)
    {
        using var loss = base.Compute(inputs);
        return loss.log1p();
    }
}
