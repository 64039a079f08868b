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

    /// <summary>A rounding of a gradient's number, of its size. Every step of a training makes what it does larger.</summary>
    private const double Rounding = 1e-6;

    /// <summary>How many trainings on the host, whose gradients are rounded at random, say how far rounding leads.</summary>
    private const int Disturbed = 3;

    /// <summary>How much further than those the machine may be from the host, and what it may be without any.</summary>
    private const double Further = 10, Least = 2e-5;

    /// <summary>The losses of shapes have kernels and tests of their own.</summary>
    public static TheoryData<string> Names => [.. SegmentationLosses.Names.Except(["lovasz", "dice+cldice"])];

    private static int Side => Nightly.IsOn ? 20 : 12;

    [Theory]
    [MemberData(nameof(Names))]
    public void The_command_lines_network_trains_as_on_the_host(string loss)
    {
        var expected = Train(loss, null);
        List<double>[] disturbed = [.. Enumerable.Range(1, Disturbed).Select(seed => Train(loss, null, seed))];
        var actual = OnMachine(() => Train(loss, Machine));
        Assert.True(Machine.Driver.Launches.Count >= 2 * Steps);
        Assert.True(expected[^1] < expected[0], $"{expected[0]} to {expected[^1]}");
        var drift = Least * expected[0];
        for (var step = 0; step < Steps; step++)
        {
            drift = Math.Max(drift, Further * disturbed.Max(losses => Math.Abs(losses[step] - expected[step])));
            Assert.InRange(actual[step], expected[step] - drift, expected[step] + drift);
        }
    }

    /// <summary>The losses of all steps. A machine's steps are taken with its gradients, and compared with the host's for the same
    /// logits.</summary>
    /// <param name="name">The loss.</param>
    /// <param name="machine">The machine, or null.</param>
    /// <param name="seed">That of what disturbs the gradients, or null.</param>
    private static List<double> Train(string name, EngineOnMachine? machine, int? seed = null)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(11);
        var labels = Head(Side);
        var image = labels.to_type(ScalarType.Float32).unsqueeze(1) + 0.3 * randn(labels.unsqueeze(1).shape);
        using var network = new UNet3d(Classes);
        using var optimizer = optim.AdamW(network.parameters(), 5e-3, weight_decay: 1e-4);
        using var criterion = SegmentationLosses.Get(name).Create(
            [.. Enumerable.Range(0, Classes).Select(c => labels.eq(c).sum().item<long>())]);
        using var noise = new Generator((ulong)(seed ?? 0));
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

            var gradient = own.Gradient.to_type(ScalarType.Float32);
            logits.backward([seed == null ? gradient : gradient * (1 + Rounding * randn(gradient.shape, generator: noise))]);
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
