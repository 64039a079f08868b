using GpuLoss.Cli.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace GpuLoss.Cli.Tests.Training;

/// <summary>
/// The network keeps to convolutions that libtorch gets right on every processor. On one with the fault of oneDNN 3.7, the second test
/// fails for a network that does not; on all others, the first.
/// </summary>
[Collection(TorchsRandomNumbers.Name)]
public sealed class UNetConvolutionTests
{
    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(14)]
    [InlineData(24)]
    [InlineData(105)]
    [InlineData(133)]
    public void Every_convolution_takes_up_to_16_channels_or_a_multiple_of_16_to_such(int classes)
    {
        using var network = new UNet3d(classes);
        var seen = 0;
        foreach (var (name, convolution) in Convolutions(network))
        {
            seen++;
            var (from, to) = (convolution.weight!.shape[1], convolution.weight.shape[0]);
            Assert.True(from <= 16 || (from % 16 == 0 && to % 16 == 0), $"{name} takes {from} channels to {to}.");
        }

        Assert.Equal(12, seen);
    }

    // 16 and 32: the tests; 40: the default of train and compare; 64: a common choice. 24 classes: the last layer's outputs are no multiple
    // of 16.
    [Theory]
    [InlineData(16, 5)]
    [InlineData(32, 5)]
    [InlineData(40, 24)]
    [InlineData(64, 4)]
    public void Every_convolution_agrees_with_float64_forward_and_backward(int side, int classes)
    {
        using var scope = NewDisposeScope();
        using var network = new UNet3d(classes);
        var inputs = new Dictionary<string, Tensor>();
        foreach (var (name, convolution) in Convolutions(network))
        {
            convolution.register_forward_hook((_, input, output) =>
            {
                inputs[name] = input.detach().DetachFromDisposeScope();
                return output;
            });
        }

        using (no_grad())
            network.call(randn([1, 1, side, side, side]));
        foreach (var input in inputs.Values)
            scope.Attach(input);
        foreach (var (name, convolution) in Convolutions(network))
        {
            using var layer = NewDisposeScope();
            var slope = randn_like(Apply(convolution, inputs[name], ScalarType.Float32).Output);
            FillFreedMemoryWithNaN();
            var single = Backward(convolution, inputs[name], slope, ScalarType.Float32);
            var wide = Backward(convolution, inputs[name], slope, ScalarType.Float64);
            foreach (var (what, value, expected) in single.Zip(wide, (a, b) => (a.What, a.Value, b.Value)))
            {
                var error = ((value.to(ScalarType.Float64) - expected).abs().max() / expected.abs().max()).item<double>();
                Assert.True(error < 1e-4, $"{name} at side {side}: {what} is off by {error} of its largest entry.");
            }
        }
    }

    private static IEnumerable<(string Name, Conv3d Convolution)> Convolutions(UNet3d network) =>
        network.named_modules().Where(child => child.module is Conv3d).Select(child => (child.name, (Conv3d)child.module));

    private static (Tensor Input, Tensor Weight, Tensor Output) Apply(Conv3d convolution, Tensor input, ScalarType type)
    {
        var (x, weight) = (input.to(type).clone().requires_grad_(true), convolution.weight!.detach().to(type).clone().requires_grad_(true));
        long[] strides = [.. convolution.stride], padding = [.. convolution.padding!];
        return (x, weight, torch.nn.functional.conv3d(x, weight, strides: strides, padding: padding));
    }

    private static (string What, Tensor Value)[] Backward(Conv3d convolution, Tensor input, Tensor slope, ScalarType type)
    {
        var (x, weight, output) = Apply(convolution, input, type);
        var gradients = autograd.grad([output], [x, weight], [slope.to(type)]);
        return [("forward", output.detach()), ("the input's gradient", gradients[0]), ("the weights' gradient", gradients[1])];
    }

    private static void FillFreedMemoryWithNaN()
    {
        using var scope = NewDisposeScope();
        for (var power = 12; power <= 23; power++)
            full(1L << power, float.NaN);
    }
}
