using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;
using Loss = TorchSharp.Loss<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;

namespace GpuLoss.PtxMachine.Tests.PublicFace;

/// <summary>
/// A small network and single losses with autograd: the host's own results are what they have to agree with.
/// </summary>
public sealed class TrainingTests : InPlaceOfHost
{
    public static TheoryData<string> Names => [.. Losses.Keys];

    private static Dictionary<string, Func<Loss>> Losses { get; } = new()
    {
        ["Dice"] = () => Fused.DiceLoss(),
        ["cross-entropy"] = () => Fused.CrossEntropyLoss(),
        ["Dice and cross-entropy"] = () => Fused.DiceCELoss(include_background: false, batch: true),
        ["generalized Dice"] = () => Fused.GeneralizedDiceLoss(),
        ["focal"] = () => Fused.FocalLoss(),
        ["Dice and focal"] = () => Fused.DiceFocalLoss(),
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void A_loss_and_its_gradient_are_those_of_the_host(string name)
    {
        using var scope = NewDisposeScope();
        var generator = new Generator(7);
        var values = randn([2, 3, 4, 5, 6], generator: generator);
        var labels = randint(0, 3, [2, 4, 5, 6], ScalarType.Int64, generator: generator);
        var (expected, expectedGradient) = Run(Losses[name](), values, labels);
        var (actual, actualGradient) = OnMachine(() => Run(Losses[name](), values, labels));
        Assert.True(Machine.Driver.Launches.Count >= 2);
        Assert.InRange(actual, expected - 1e-6 * (1 + expected), expected + 1e-6 * (1 + expected));
        var largest = expectedGradient.Max(Math.Abs);
        Assert.All(expectedGradient.Zip(actualGradient), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 1e-6 * largest));
    }

    [Fact]
    public void A_network_learns_as_it_does_on_the_host()
    {
        const int steps = 20;
        var expected = Train(steps);
        var actual = OnMachine(() => Train(steps));
        Assert.True(Machine.Driver.Launches.Count >= 2 * steps);
        Assert.True(expected[^1] < 0.9 * expected[0], $"{expected[0]} to {expected[^1]}");
        Assert.All(expected.Zip(actual), pair => Assert.InRange(pair.Second, pair.First - 1e-4, pair.First + 1e-4));
    }

    private static (double Loss, float[] Gradient) Run(Loss criterion, Tensor values, Tensor labels)
    {
        using (criterion)
        {
            using var logits = values.clone().requires_grad_();
            using var loss = criterion.forward(logits, labels);
            loss.backward();
            return (loss.item<float>(), logits.grad!.data<float>().ToArray());
        }
    }

    private static double[] Train(int steps)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(3);
        var image = randn([1, 1, 8, 8, 8]);
        var labels = image.squeeze(1).gt(0.3).to(ScalarType.Int64);
        using var network = torch.nn.Sequential(
            torch.nn.Conv3d(1, 4, 3, padding: 1), torch.nn.ReLU(), torch.nn.Conv3d(4, 3, 3, padding: 1));
        using var optimizer = optim.Adam(network.parameters(), lr: 0.02);
        using var criterion = Fused.DiceCELoss();
        var losses = new double[steps];
        for (var step = 0; step < steps; step++)
        {
            using var inner = NewDisposeScope();
            optimizer.zero_grad();
            var loss = criterion.forward(network.forward(image), labels);
            loss.backward();
            optimizer.step();
            losses[step] = loss.item<float>();
        }

        return losses;
    }
}
