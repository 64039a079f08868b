using GpuLoss.Cli.Training;
using GpuLoss.Interop.Engines;
using TorchSharp;
using static TorchSharp.torch;

namespace GpuLoss.PtxMachine.Tests.PublicFace;

/// <summary>The first twenty steps of the command line's network with its losses.</summary>
public class NetworkTests : InPlaceOfHost
{
    private const int Steps = 20;
    private const int Classes = 5;

    /// <summary>How far two trainings may be apart after all steps: it is rounding, which every step makes larger.</summary>
    private const double Drift = 2e-3;

    /// <summary>The losses of shapes have kernels and tests of their own.</summary>
    public static TheoryData<string> Names => [.. SegmentationLosses.Names.Except(["lovasz", "dice+cldice"])];

    private static int Side => Nightly.IsOn ? 20 : 12;

    [Theory]
    [MemberData(nameof(Names))]
    public void The_command_lines_network_trains_as_on_the_host(string loss)
    {
        var expected = Train(loss, null);
        var actual = OnMachine(() => Train(loss, Machine));
        Assert.True(Machine.Driver.Launches.Count >= 2 * Steps);
        Assert.True(expected[^1] < expected[0], $"{expected[0]} to {expected[^1]}");
        var drift = Drift * expected[0];
        Assert.All(expected.Zip(actual), pair => Assert.InRange(pair.Second, pair.First - drift, pair.First + drift));
    }

    /// <summary>The losses of all steps. A machine's steps are taken with its gradients, and compared with the host's for the same
    /// logits.</summary>
    private static List<double> Train(string name, EngineOnMachine? machine)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(11);
        var labels = Head(Side);
        var image = labels.to_type(ScalarType.Float32).unsqueeze(1) + 0.3 * randn(labels.unsqueeze(1).shape);
        using var network = new UNet3d(Classes);
        using var optimizer = optim.AdamW(network.parameters(), 5e-3, weight_decay: 1e-4);
        using var criterion = SegmentationLosses.Get(name).Create(
            [.. Enumerable.Range(0, Classes).Select(c => labels.eq(c).sum().item<long>())]);
        var losses = new List<double>();
        for (var step = 0; step < Steps; step++)
        {
            using var inner = NewDisposeScope();
            optimizer.zero_grad();
            var logits = network.forward(image);
            FaceRun Run() => FaceRun.Of(logits, boundary => criterion.forward(boundary, labels));
            var own = Run();
            if (machine != null)
            {
                LossEngines.InPlaceOfHost = null;
                own.AssertIs(Run(), $"{name}, step {step}");
                LossEngines.InPlaceOfHost = machine;
            }

            logits.backward([own.Gradient.to_type(ScalarType.Float32)]);
            optimizer.step();
            losses.Add(own.Value);
        }

        return losses;
    }

    /// <summary>Shells around the middle of a cube, as a head has them: class 4 is the innermost and the smallest.</summary>
    private static Tensor Head(int side)
    {
        var place = (arange(side, ScalarType.Float32) + 0.5) / side * 2 - 1;
        var square = place * place;
        var distance = (square.reshape([-1, 1, 1]) + square.reshape([1, -1, 1]) + square.reshape([1, 1, -1])).sqrt();
        return (distance < 0.9).to_type(ScalarType.Byte).add((distance < 0.75).to_type(ScalarType.Byte))
            .add((distance < 0.55).to_type(ScalarType.Byte)).add((distance < 0.35).to_type(ScalarType.Byte)).unsqueeze(0);
    }
}
