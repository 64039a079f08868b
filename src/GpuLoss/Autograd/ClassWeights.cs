using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>The class weights of a loss, for any number of classes or for one.</summary>
internal sealed class ClassWeights
{
    private readonly double[]? values;
    private readonly double ofBackground;
    private readonly double ofForeground;

    private ClassWeights(double[]? values, double ofBackground = 1, double ofForeground = 1) =>
        (this.values, this.ofBackground, this.ofForeground) = (values, ofBackground, ofForeground);

    /// <summary>Weights of 1 for any number of classes.</summary>
    public static ClassWeights Ones { get; } = new(null);

    /// <summary>The number of weights, or null where any number of classes will do.</summary>
    public int? Count => values?.Length;

    /// <summary>One weight for class 0 and another for all others, whatever their number.</summary>
    public static ClassWeights Of(double background, double foreground) => new(null, background, foreground);

    /// <summary>These weights times one number for class 0 and another for all others.</summary>
    public ClassWeights Times(double background, double foreground) =>
        (background, foreground) == (1, 1) ? this : new(values, ofBackground * background, ofForeground * foreground);

    /// <summary>Takes a copy of the user's weights.</summary>
    /// <exception cref="ArgumentException">Not a float tensor [C], or of one number for all classes, of finite, non-negative
    /// numbers.</exception>
    public static ClassWeights From(Tensor? weight, string name = "weight")
    {
        if (weight is null)
            return Ones;
        ObjectDisposedException.ThrowIf(weight.IsInvalid, weight);
        if (weight.dim() > 1 || weight.numel() == 0 || !weight.is_floating_point())
        {
            throw new ArgumentException(
                $"{name} must be a floating-point tensor with one entry per class, or a number, "
                + $"not {weight.dtype} [{string.Join(", ", weight.shape)}].",
                name);
        }

        // The scope refers to what is between two operations: TorchSharp's finalizer frees a tensor that nothing refers to while a native
        // operation still reads it.
        using var scope = torch.NewDisposeScope();
        var values = weight.detach().to_type(torch.ScalarType.Float64).cpu().data<double>().ToArray();
        var bad = Array.FindIndex(values, value => !(value >= 0 && double.IsFinite(value)));
        if (bad >= 0)
            throw new ArgumentException($"{name} must be finite and not negative; {name}[{bad}] is {values[bad]}.", name);
        return weight.dim() == 0 ? Of(values[0], values[0]) : new ClassWeights(values);
    }

    /// <summary>The weights of this many classes. One fewer than the classes leaves the background out.</summary>
    public double[] Expand(int classes)
    {
        var expanded = new double[classes];
        Array.Fill(expanded, 1);
        values?.CopyTo(expanded, classes - values.Length);
        for (var c = 0; c < classes; c++)
            expanded[c] *= c == 0 && classes > 1 ? ofBackground : ofForeground;
        return expanded;
    }
}
