using GpuLoss.Cli.Training;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using Loss = TorchSharp.Loss<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;

/// <summary>
/// Runs inside the real command, before its Main, where DOTNET_STARTUP_HOOKS names this assembly: it adds losses that fail and puts a
/// faulty network in the place of the right one, so that what the command does about them can be seen from outside.
/// </summary>
#pragma warning disable CA1050 // The runtime looks for this name outside of any namespace.
internal static class StartupHook
#pragma warning restore CA1050
{
    /// <summary>The variable that names the fault of the network.</summary>
    public const string Fault = "GPULOSS_TEST_FAULT";

    /// <summary>The layer whose float32 output a fault multiplies: one that no normalisation follows, which would undo it.</summary>
    public const string FaultyLayer = "fromMiddle";

    public static void Initialize()
    {
        SegmentationLosses.Add(new SegmentationLoss(
            "nan-from-step-2", "a loss that is NaN from step 2 on", _ =>
                new FailingLoss((loss, _, step) => step < 2 ? loss : loss * double.NaN)));
        SegmentationLosses.Add(new SegmentationLoss(
            "infinite-gradient", "a finite loss with an infinite gradient", _ =>
                new FailingLoss((loss, logits, _) => loss + (logits * 0).sqrt().sum())));
        var fault = Environment.GetEnvironmentVariable(Fault);
        if (fault == "wrong"
            || (fault == "wrong-unless-avx2" && Environment.GetEnvironmentVariable(NativeEnvironment.Variable) != NativeEnvironment.Value))
            UNet3d.Create = classes => WrongInSinglePrecision(classes);
        if (fault == "weights")
            UNet3d.Create = classes => WithInfiniteBias(classes);
    }

    private static UNet3d WrongInSinglePrecision(int classes)
    {
        var network = new UNet3d(classes);
        var layer = (Conv3d)network.named_modules().Single(child => child.name == FaultyLayer).module;
        layer.register_forward_hook((_, _, output) => output.dtype == ScalarType.Float32 ? output * 1.2 : output);
        return network;
    }

    /// <summary>The bias of the last layer becomes infinite behind the second forward of a training, where neither logits nor gradients
    /// show it.</summary>
    private static UNet3d WithInfiniteBias(int classes)
    {
        var network = new UNet3d(classes);
        var trained = 0;
        network.register_forward_hook((_, _, output) =>
        {
            if (output.requires_grad && output.dtype == ScalarType.Float32 && ++trained == 2)
            {
                using var noGradient = no_grad();
                network.Head.Bias.fill_(double.PositiveInfinity);
            }

            return output;
        });
        return network;
    }

    private sealed class FailingLoss(Func<Tensor, Tensor, int, Tensor> fail)
        : Loss(torch.nn.Reduction.Mean)
    {
        private int step;

        public override Tensor forward(Tensor logits, Tensor labels) =>
            fail(torch.nn.functional.cross_entropy(logits, labels.to(ScalarType.Int64)), logits, ++step);
    }
}
