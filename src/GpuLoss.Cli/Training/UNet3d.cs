using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using Layers = TorchSharp.torch.nn;

namespace GpuLoss.Cli.Training;

/// <summary>
/// A small 3-D U-Net (Çiçek 2016, arXiv 1606.06650) of three levels: two convolutions per level, strided convolutions down, trilinear
/// interpolation up, instance normalisation. [N, 1, D, H, W] to logits [N, C, D, H, W]; D, H and W are multiples of 4.
/// </summary>
/// <remarks>
/// Every convolution takes up to 16 channels, or a multiple of 16 to a multiple of 16: on some processors oneDNN 3.7, libtorch 2.10's, gets
/// others wrong (src/guide/limits.md). That is why the way up halves its channels before it meets the way down at the top: 8 + 8, not 8 +
/// 16.
/// </remarks>
internal sealed class UNet3d : Layers.Module<Tensor, Tensor>
{
    /// <summary>What a side of the input is a multiple of.</summary>
    public const int SideMultiple = 4;

    private const int Channels = 8;

    private readonly Sequential top = Level(1, Channels, stride: 1);
    private readonly Sequential middle = Level(Channels, 2 * Channels, stride: 2);
    private readonly Sequential bottom = Level(2 * Channels, 4 * Channels, stride: 2);
    private readonly Sequential middleUp = Level(6 * Channels, 2 * Channels, stride: 1);
    private readonly Conv3d fromMiddle = Layers.Conv3d(2 * Channels, Channels, 1, bias: false);
    private readonly Sequential topUp = Level(2 * Channels, Channels, stride: 1);
    private readonly Conv3d head;

    public UNet3d(int classes)
        : base(nameof(UNet3d))
    {
        head = Layers.Conv3d(Channels, classes, 1);
        RegisterComponents();
    }

    /// <summary>Makes the network that is trained. Tests put a faulty one in its place.</summary>
    internal static Func<int, UNet3d> Create { get; set; } = classes => new UNet3d(classes);

    /// <summary>The number of parameters.</summary>
    public long Parameters => parameters().Sum(parameter => parameter.numel());

    /// <summary>The weights [C, F, 1, 1, 1] and the bias [C] of the last layer.</summary>
    public (Tensor Weight, Tensor Bias) Head => (head.weight, head.bias!);

    public override Tensor forward(Tensor input)
    {
        using var features = Features(input);
        return head.call(features);
    }

    /// <summary>What the last layer, a 1×1×1 convolution, makes the logits of: [N, F, D, H, W].</summary>
    public Tensor Features(Tensor input)
    {
        using var scope = NewDisposeScope();
        var high = top.forward(input);
        var half = middle.forward(high);
        var quarter = bottom.forward(half);
        half = middleUp.forward(cat([half, Doubled(quarter)], 1));
        return topUp.forward(cat([high, Doubled(fromMiddle.call(half))], 1)).MoveToOuterDisposeScope();
    }

    private static Tensor Doubled(Tensor input) =>
        Layers.functional.interpolate(input, scale_factor: [2, 2, 2], mode: InterpolationMode.Trilinear, align_corners: false);

    private static Sequential Level(int from, int to, int stride) => Layers.Sequential(
        Layers.Conv3d(from, to, 3, stride: stride, padding: 1, bias: false),
        Layers.InstanceNorm3d(to, affine: true),
        Layers.LeakyReLU(0.01),
        Layers.Conv3d(to, to, 3, padding: 1, bias: false),
        Layers.InstanceNorm3d(to, affine: true),
        Layers.LeakyReLU(0.01));
}
