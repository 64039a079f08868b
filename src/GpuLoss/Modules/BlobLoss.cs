using GpuLoss.Kernels.Objective;
using GpuLoss.Shape;
using TorchSharp;
using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>An overlap loss of the whole and of every blob by itself; see <see cref="nn.BlobLoss"/>.</summary>
public sealed class BlobLoss : ShapeLossModule
{
    private readonly FusedLossModule loss;
    private readonly double main_weight;
    private readonly double blob_weight;
    private readonly int? connectivity;

    internal BlobLoss(FusedLossModule loss, double main_weight, double blob_weight, int? connectivity)
        : base(OptionsOf(loss), Reduction.Mean)
    {
        this.loss = loss;
        this.main_weight = LossDefinitions.NotNegative(main_weight, nameof(main_weight));
        this.blob_weight = LossDefinitions.NotNegative(blob_weight, nameof(blob_weight));
        this.connectivity = ComponentOptions.Known(connectivity);
    }

    private protected override Tensor Of(Tensor logits, Tensor target, Tensor? mask)
    {
        using var scope = torch.NewDisposeScope();
        var ofBlobs = base.Of(logits, target, mask);
        var main = mask is null ? loss.forward(logits, target) : loss.forward(logits, target, mask);
        return (main_weight * main + blob_weight * ofBlobs).MoveToOuterDisposeScope();
    }

    private protected override Tensor Compute(ShapeInputs inputs)
    {
        using var scope = torch.NewDisposeScope();
        var overlap = loss.Term.Definition.Overlap;
        var sums = BlobSums.Of(inputs, ComponentOptions.Of(connectivity, inputs.Problem.Grid.Axes), overlap.SquaredPrediction != 0);
        var ofClasses = loss.Term.Weights.Expand(inputs.Problem.Classes)[inputs.Problem.FirstClass..];
        var weights = torch.tensor(ofClasses, device: sums.Shares.device);
        return (OverlapFormula.Of(overlap, sums.Intersection, sums.Prediction, sums.Target) * sums.Shares * weights.unsqueeze(1))
            .sum().MoveToOuterDisposeScope();
    }

    /// <summary>Disposes what it holds.</summary>
    /// <param name="disposing">Whether it is disposed, and not finalized.</param>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            loss.Dispose();
        base.Dispose(disposing);
    }

    private static ShapeOptions OptionsOf(FusedLossModule loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        var (definition, options) = (loss.Usable().All[0].Definition, loss.Term.Options);
        if (definition.Overlap.Combination != OverlapCombination.MeanOfRatios || definition.Overlap.Form != OverlapForm.Ratio
            || definition.HasVoxelTerm || options.SoftLabel || definition.Reduction != ScalarReduction.Mean)
        {
            throw new ArgumentException(
                "loss must be a mean of overlap ratios of the classes, as Dice, Jaccard, Tversky, focal Tversky and log Dice are, "
                + $"with Mean and without soft_label, not this {loss.GetType().Name}.",
                nameof(loss));
        }

        return new(definition.Overlap.FirstClass == 0, options.Activation switch
        {
            Activation.Softmax => nn.Activation.Softmax,
            Activation.Sigmoid => nn.Activation.Sigmoid,
            _ => nn.Activation.None,
        }, loss.ignore_index)
        {
            MostAxes = ComponentOptions.MostAxes,
        };
    }
}
