using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>The class weights of a loss, for any number of classes or for one.</summary>
internal sealed class ClassWeights
{
    private readonly double[]? values;
    private readonly double ofForeground = 1;
    private readonly double ofBackground = 1;

    private ClassWeights(double[]? values) => this.values = values;

    private ClassWeights(double ofBackground, double ofForeground) => (this.ofBackground, this.ofForeground) = (ofBackground, ofForeground);

    /// <summary>Weights of 1 for any number of classes.</summary>
    public static ClassWeights Ones { get; } = new(null);

    /// <summary>The number of weights, or null where any number of classes will do.</summary>
    public int? Count => values?.Length;

    /// <summary>One weight for class 0 and another for all others, whatever their number.</summary>
    public static ClassWeights Of(double background, double foreground) => new(background, foreground);

    /// <summary>Takes a copy of the user's weights.</summary>
    /// <exception cref="ArgumentException">Not a float tensor [C] of finite, non-negative numbers.</exception>
    public static ClassWeights From(Tensor? weight, string name = "weight")
    {
        if (weight is null)
            return Ones;
        ObjectDisposedException.ThrowIf(weight.IsInvalid, weight);
        if (weight.dim() != 1 || weight.numel() == 0 || !weight.is_floating_point())
        {
            throw new ArgumentException(
                $"{name} must be a floating-point tensor with one entry per class, not {weight.dtype} [{string.Join(", ", weight.shape)}].",
                name);
        }

        // The scope refers to what is between two operations: TorchSharp's finalizer frees a tensor that nothing refers to while a native operation still reads it.
        using var scope = torch.NewDisposeScope();
        var values = weight.detach().to_type(torch.ScalarType.Float64).cpu().data<double>().ToArray();
        var bad = Array.FindIndex(values, value => !(value >= 0 && double.IsFinite(value)));
        return bad < 0
            ? new ClassWeights(values)
            : throw new ArgumentException($"{name} must be finite and not negative; {name}[{bad}] is {values[bad]}.", name);
    }

    /// <summary>The weights of this many classes. One fewer than the classes leaves the background out.</summary>
    public double[] Expand(int classes)
    {
        var expanded = new double[classes];
        Array.Fill(expanded, ofForeground);
        expanded[0] = ofBackground;
        values?.CopyTo(expanded, classes - values.Length);
        return expanded;
    }
}
