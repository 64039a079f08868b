using TorchSharp;
using static TorchSharp.torch;
using Layers = TorchSharp.torch.nn;

namespace GpuLoss.Cli.Training;

/// <summary>
/// Whether libtorch's float32 convolutions are right on this processor. oneDNN 3.7, which libtorch 2.10 brings, was seen to return wrong
/// numbers on a virtual machine with AVX-512 that reports no cache sizes, for channels above 16 that are no multiple of 16.
/// </summary>
internal static class ConvolutionCheck
{
    /// <summary>The side of the volume they are tried on.</summary>
    public const int Side = 32;

    private const double Tolerance = 1e-4;
    private static readonly (int From, int To)[] Shapes = [(24, 8), (48, 24), (32, 24)];

    /// <summary>The channels that are tried, kernel 3³, padding 1.</summary>
    public static IReadOnlyList<string> Tried { get; } = [.. Shapes.Select(Name)];

    /// <summary>The shapes that are wrong, each with its errors relative to float64.</summary>
    public static IReadOnlyList<string> Wrong() =>
        [.. Shapes.Select(shape => (Name: Name(shape), Error: Try(shape))).Where(tried => !(tried.Error.Largest <= Tolerance))
            .Select(tried =>
            $"{tried.Name} channels ({tried.Error})")];

    private static string Name((int From, int To) shape) => $"{shape.From}→{shape.To}";

    private static PrecisionError Try((int From, int To) shape)
    {
        using var scope = NewDisposeScope();
        using var single = Layers.Conv3d(shape.From, shape.To, 3, padding: 1, bias: false);
        using var wide = Layers.Conv3d(shape.From, shape.To, 3, padding: 1, bias: false, dtype: ScalarType.Float64);
        DoublePrecision.Copy(single, wide);
        using var generator = new Generator(1);
        return DoublePrecision.Compare(
            single, wide, randn([1, shape.From, Side, Side, Side], dtype: ScalarType.Float32, generator: generator));
    }
}
