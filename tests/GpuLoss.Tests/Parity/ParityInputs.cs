using TorchSharp;
using static TorchSharp.torch;
using Activation = GpuLoss.nn.Activation;

namespace GpuLossTests.Parity;

/// <summary>What a target is, in a case of the table.</summary>
public enum TargetForm
{
    Labels,
    IgnoredLabels,
    OneHot,
    Soft,
}

/// <summary>What selects or weighs voxels, in a case of the table.</summary>
public enum MaskForm
{
    None,
    Bool,
    Weights,
}

/// <summary>Logits, target and mask of a case, and what they mean in float64: t of every class, and the weight of every voxel.</summary>
internal sealed class ParityInputs
{
    public const long Ignored = 1;

    /// <param name="seed">What random numbers begin with.</param>
    /// <param name="shape">[N, C, *S].</param>
    /// <param name="target">The target.</param>
    /// <param name="mask">The mask.</param>
    /// <param name="type">The type of the logits.</param>
    /// <param name="scale">The standard deviation of the logits. 0 makes them numbers from 0 to 1, the predictions of a network with an
    /// activation of its own: with others the denominator of an overlap could come near 0.</param>
    public ParityInputs(int seed, long[] shape, TargetForm target, MaskForm mask, ScalarType type, double scale)
    {
        manual_seed(seed);
        long[] space = shape[2..];
        Logits = (scale == 0 ? rand(shape, ScalarType.Float64) : randn(shape, ScalarType.Float64) * scale).to_type(type)
            .requires_grad_(true);
        Exact = Logits.detach().to_type(ScalarType.Float64).requires_grad_(true);
        var classes = shape[1];
        var labels = randint(Math.Max(2, classes), [shape[0], .. space], dtype: ScalarType.Int64);
        var numbers = arange(classes, dtype: ScalarType.Int64).reshape([1, classes, .. space.Select(_ => 1L)]);
        OneHot = (classes == 1 ? labels.unsqueeze(1) : labels.unsqueeze(1).eq(numbers)).to_type(ScalarType.Float64);
        Weights = ones([shape[0], 1, .. space], ScalarType.Float64);
        IgnoreIndex = -100;
        switch (target)
        {
            case TargetForm.IgnoredLabels:
                Target = labels;
                IgnoreIndex = Ignored;
                Weights = labels.ne(Ignored).unsqueeze(1).to_type(ScalarType.Float64);
                break;
            case TargetForm.Labels:
                Target = labels.to_type(ScalarType.Byte);
                break;
            case TargetForm.OneHot when classes > 1:
                Target = OneHot.to_type(ScalarType.Byte);
                break;
            default:
                var soft = randn(shape, ScalarType.Float64);
                soft = (classes == 1 ? soft.sigmoid() : torch.nn.functional.softmax(soft * 2, 1)).to_type(type);
                (Target, OneHot) = (soft, soft.to_type(ScalarType.Float64));
                break;
        }

        if (mask == MaskForm.None)
            return;
        var chosen = rand([shape[0], 1, .. space]) < 0.7;
        var weights = rand([shape[0], 1, .. space]) * 3 * chosen.to_type(ScalarType.Float32);
        Mask = mask == MaskForm.Bool ? chosen : weights;
        Weights *= Mask.to_type(ScalarType.Float64);
    }

    public Tensor Logits { get; }

    /// <summary>The logits in float64, for the reference.</summary>
    public Tensor Exact { get; }

    public Tensor Target { get; }

    public Tensor? Mask { get; }

    public long IgnoreIndex { get; }

    /// <summary>t, float64 [N, C, *S].</summary>
    public Tensor OneHot { get; }

    /// <summary>The weight of each voxel, float64 [N, 1, *S].</summary>
    public Tensor Weights { get; }

    public bool HasLabels => Target.dim() < Logits.dim();

    public long Classes => Logits.shape[1];

    /// <summary>p, float64 [N, C, *S].</summary>
    public Tensor Predictions(Activation activation) => activation switch
    {
        Activation.Softmax => torch.nn.functional.softmax(Exact, 1),
        Activation.Sigmoid => Exact.sigmoid(),
        _ => Exact.alias(),
    };
}
