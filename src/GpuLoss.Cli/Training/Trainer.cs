using System.Diagnostics;
using GpuLoss.Cli.Commands;
using GpuLoss.Distributed;
using GpuLoss.Modules;
using TorchSharp;
using static TorchSharp.torch;
using Loss = TorchSharp.Loss<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;

namespace GpuLoss.Cli.Training;

/// <summary>What one step did.</summary>
/// <param name="Step">Its number, from 1.</param>
/// <param name="Loss">The loss of its patch.</param>
/// <param name="Seconds">The time of the whole step.</param>
/// <param name="LossSeconds">The time in the loss and its gradient with respect to the logits.</param>
/// <param name="LearningRate">The learning rate.</param>
/// <param name="Dice">Dice of every class on its patch.</param>
internal sealed record StepResult(int Step, double Loss, double Seconds, double LossSeconds, double LearningRate, double[] Dice);

/// <summary>
/// A U-Net in training. The seed decides its initial weights, whatever the loss; the same seed, loss and patches give the same numbers on
/// the same machine.
/// </summary>
internal sealed class Trainer : IDisposable
{
    private readonly int classes;
    private readonly int seed;
    private readonly SegmentationLoss loss;
    private readonly Loss criterion;
    private readonly PatchSampler patches;
    private readonly Func<int, double> learningRate;
    private readonly optim.Optimizer optimizer;
    private readonly DistributedDataParallel? parallel;

    /// <param name="classes">The number of classes.</param>
    /// <param name="loss">The loss.</param>
    /// <param name="voxels">The number of training voxels of every class.</param>
    /// <param name="patches">What to train on.</param>
    /// <param name="seed">Decides the initial weights.</param>
    /// <param name="device">Where to train.</param>
    /// <param name="learningRate">The learning rate of a step, counted from 1.</param>
    /// <param name="ranks">The ranks that train one network together, with a loss over them; null where this process trains alone.</param>
    public Trainer(
        int classes, SegmentationLoss loss, long[] voxels, PatchSampler patches, int seed, Device device, Func<int, double> learningRate,
        Communicator? ranks = null)
    {
        (this.classes, this.loss, this.patches, this.seed, this.learningRate) = (classes, loss, patches, seed, learningRate);
        criterion = loss.Create(voxels);
        if (device.type != DeviceType.CPU && criterion is not FusedLossModule)
            throw new InputException($"--loss {loss.Name} has no kernels for {device} yet: train on the CPU, or with another loss.");
        if (ranks != null)
        {
            criterion = criterion is FusedLossModule fused
                ? fused.distributed(ranks)
                : throw new InputException(
                    $"--loss {loss.Name} looks at whole shapes and cannot be taken over ranks: train in one process, "
                    + "or with another loss.");
        }

        random.manual_seed(seed);
        Network = UNet3d.Create(classes);
        Network.to(device);
        optimizer = optim.AdamW(Network.parameters(), learningRate(1), weight_decay: 1e-4);
        parallel = ranks is null ? null : new DistributedDataParallel(Network, ranks);
    }

    /// <summary>The network.</summary>
    public UNet3d Network { get; }

    /// <summary>One step of training.</summary>
    /// <param name="step">Its number, from 1.</param>
    /// <exception cref="TrainingFailedException">
    /// Something was not finite. Up to the gradient that is found before the weights change.
    /// </exception>
    /// <param name="observe">Looks at the logits and labels of the step; its time is not the step's.</param>
    public StepResult Step(int step, Action<Tensor, Tensor>? observe = null)
    {
        using var stepScope = NewDisposeScope();
        var begin = Stopwatch.GetTimestamp();
        var rate = learningRate(step);
        foreach (var group in optimizer.ParamGroups)
            group.LearningRate = rate;

        var (input, target) = patches.Next();
        optimizer.zero_grad();
        var logits = Network.call(input);

        // The loss is cut off from the network at the logits, so that its forward and backward can be timed by themselves.
        var boundary = logits.detach().requires_grad_(true);
        var lossBegin = Stopwatch.GetTimestamp();
        var loss = criterion.forward(boundary, target);
        loss.backward();
        var lossSeconds = Stopwatch.GetElapsedTime(lossBegin).TotalSeconds;

        var value = loss.item<float>();
        if (FirstNotFinite(("image", input), ("logits", boundary), ("loss", loss)) is { } notFinite)
            throw Failed(notFinite);
        logits.backward([boundary.grad!]);
        parallel?.all_reduce_gradients();

        // What is not finite in the gradient of the loss is not finite here. All ranks have the same gradients and weights, and fail
        // together.
        Tensor[] parameters = [.. Network.parameters()];
        if (!parameters.All(parameter => IsFinite(parameter.grad!)))
            throw Failed("gradient");
        optimizer.step();
        if (!parameters.All(IsFinite))
            throw Failed(TrainingFailure.Weights);
        var predicted = boundary.detach().argmax(1).to_type(ScalarType.Byte).cpu().data<byte>().ToArray();
        var dice = VolumeEvaluation.Dice(predicted, target.cpu().data<byte>().ToArray(), classes);
        var seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        observe?.Invoke(boundary.detach(), target);
        return new StepResult(step, value, seconds, lossSeconds, rate, dice);

        TrainingFailedException Failed(string what) => new(new TrainingFailure(step, what, value, this.loss.Name, seed, rate));
    }

    public void Dispose()
    {
        optimizer.Dispose();
        criterion.Dispose();
        Network.Dispose();
    }

    /// <summary>A sum of numbers times 0 is 0 where all are finite, and NaN elsewhere.</summary>
    private static bool IsFinite(Tensor tensor)
    {
        using var noGradient = no_grad();
        return (tensor * 0).sum().item<float>() == 0;
    }

    /// <summary>The first of some things that is not finite, here or on another rank: all have to stop before they wait for each other's
    /// gradients.</summary>
    private string? FirstNotFinite(params ReadOnlySpan<(string What, Tensor Tensor)> things)
    {
        string? first = null;
        foreach (var (what, tensor) in things)
            first ??= IsFinite(tensor) ? null : what;
        return parallel is null || !Ranks.Any(first != null) ? first : first ?? things[^1].What;
    }
}
