using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Shape;

/// <summary>From the values of samples and classes to a loss.</summary>
internal static class PlaneReduction
{
    /// <summary>Checks that a reduction is one.</summary>
    public static Reduction Known(Reduction reduction) => Enum.IsDefined(reduction)
        ? reduction
        : throw new ArgumentOutOfRangeException(nameof(reduction), reduction, "reduction must be Mean, Sum or None.");

    /// <summary>Their mean, their sum, or themselves.</summary>
    public static Tensor Of(Tensor values, Reduction reduction) => reduction switch
    {
        Reduction.Mean => values.mean(),
        Reduction.Sum => values.sum(),
        _ => values.alias(),
    };
}
