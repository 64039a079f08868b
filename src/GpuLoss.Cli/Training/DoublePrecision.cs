using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;
using Layers = TorchSharp.torch.nn;
using Module = TorchSharp.torch.nn.Module<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;

namespace GpuLoss.Cli.Training;

/// <summary>How far a module in float32 is from the same module in float64, each an L2 norm relative to float64's.</summary>
/// <param name="Output">Its output.</param>
/// <param name="InputGradient">The gradient of its input.</param>
/// <param name="WeightGradients">The gradients of its parameters, all together.</param>
internal sealed record PrecisionError(double Output, double InputGradient, double WeightGradients)
{
    /// <summary>The largest of them; +∞ where something is not finite.</summary>
    public double Largest => Math.Max(Output, Math.Max(InputGradient, WeightGradients));

    public override string ToString() =>
        $"off by {Show(Output)} forward, {Show(InputGradient)} in the input's gradient and {Show(WeightGradients)} in the weights'";

    private static string Show(double error) =>
        double.IsFinite(error) ? error.ToString("0.0e+0", CultureInfo.InvariantCulture) : "numbers that are not finite";
}

/// <summary>
/// Compares a module's forward and backward in float32 with float64. libtorch hands float32 convolutions to oneDNN and computes those of
/// float64 itself: on some processors the former are wrong.
/// </summary>
internal static class DoublePrecision
{
    /// <summary>What blocks of memory hold before they are used: what reads them without writing first gets NaN.</summary>
    private static readonly long[] PoisonedElements = [1 << 14, 1 << 16, 1 << 18, 1 << 20, 1 << 22];

    /// <summary>Runs both modules on the same input, and backward from the same gradient of their output.</summary>
    /// <param name="single">The module in float32.</param>
    /// <param name="wide">The same with the same weights in float64.</param>
    /// <param name="input">Its input in float32.</param>
    public static PrecisionError Compare(Module single, Module wide, Tensor input)
    {
        using var scope = NewDisposeScope();
        var (exactInput, exactOutput, exactWeights) = Run(wide, input.to(ScalarType.Float64));
        Poison();
        var (inputGradient, output, weights) = Run(single, input);
        return new PrecisionError(Error(output, exactOutput), Error(inputGradient, exactInput), Error(weights, exactWeights));
    }

    /// <summary>Gives a module the weights of another.</summary>
    public static void Copy(Module from, Module to)
    {
        using var noGradient = no_grad();
        foreach (var (source, target) in from.parameters().Zip(to.parameters()))
            target.copy_(source);
    }

    private static (Tensor InputGradient, Tensor Output, Tensor WeightGradients) Run(Module module, Tensor input)
    {
        var leaf = input.detach().clone().requires_grad_(true);
        var output = module.call(leaf);
        using var generator = new Generator(1);
        var slope = randn(output.shape, dtype: ScalarType.Float32, generator: generator).to(output.dtype);
        Tensor[] inputs = [leaf, .. module.parameters()];
        var gradients = autograd.grad([output], inputs, [slope]);
        Tensor[] ofWeights = [zeros(1, dtype: output.dtype), .. gradients.Skip(1).Select(gradient => gradient.flatten())];
        return (gradients[0], output.detach(), cat(ofWeights));
    }

    private static double Error(Tensor single, Tensor exact)
    {
        var size = exact.norm().item<double>();
        var error = (single.to(ScalarType.Float64) - exact).norm().item<double>() / (size > 0 ? size : 1);
        return double.IsFinite(error) ? error : double.PositiveInfinity;
    }

    private static void Poison()
    {
        using var scope = NewDisposeScope();
        foreach (var elements in PoisonedElements)
        {
            for (var block = 0; block < 4; block++)
                full(elements, float.NaN);
        }
    }
}
