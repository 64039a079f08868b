using TorchSharp;
using Loss = System.Func<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Cli.Benchmarking;

/// <summary>What every contest of losses does with its contestants.</summary>
internal static class ContestRuns
{
    /// <summary>The volume on which they warm up.</summary>
    public static readonly LogitsCase Small = new(Classes: 4, Side: 8);

    private const double LargestDifference = 1e-5;
    private const int WarmUpRepetitions = 3;
    private const int WarmUpRuns = 60;
    private static readonly TimeSpan WarmUpPause = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Runs contestants more often than .NET runs a method before it compiles it again with optimisation, and waits for
    /// that: it happens in the background.
    /// </summary>
    public static void WarmUp(IReadOnlyList<Action> contestants)
    {
        for (var repetition = 0; repetition < WarmUpRepetitions; repetition++)
        {
            foreach (var run in contestants)
            {
                for (var i = 0; i < WarmUpRuns; i++)
                    run();
            }

            Thread.Sleep(WarmUpPause);
        }
    }

    /// <summary>One run: a loss and its gradient with respect to the logits.</summary>
    public static Action Of(Loss loss, Tensor logits, Tensor target) => () =>
    {
        using var run = torch.NewDisposeScope();
        torch.autograd.grad([loss(logits, target)], [logits]);
    };

    /// <summary>A time means nothing if the answer is another one.</summary>
    /// <exception cref="InvalidOperationException">Two contestants disagree.</exception>
    public static void CheckEqual(
        (string Name, Loss Loss, Tensor Target) first, (string Name, Loss Loss, Tensor Target) second, Tensor logits)
    {
        using var run = torch.NewDisposeScope();
        var ((ours, ourGradient), (theirs, theirGradient)) =
            (Result(first.Loss, logits, first.Target), Result(second.Loss, logits, second.Target));
        var value = Math.Abs(ours - theirs) / Math.Abs(theirs);
        var gradient = ((ourGradient - theirGradient).abs().max() / theirGradient.abs().max()).item<float>();
        if (!(value < LargestDifference && gradient < LargestDifference))
            throw new InvalidOperationException($"{first.Name} and {second.Name} differ: {value:E1} in value, {gradient:E1} in gradient.");
    }

    private static (float Value, Tensor Gradient) Result(Loss loss, Tensor logits, Tensor target)
    {
        var value = loss(logits, target);
        return (value.item<float>(), torch.autograd.grad([value], [logits])[0]);
    }
}
