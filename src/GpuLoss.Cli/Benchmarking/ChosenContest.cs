using TorchSharp;
using Loss = System.Func<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Cli.Benchmarking;

/// <summary>A user's own loss on one volume, with a target of the user's kind, beside the same from torch's operations.</summary>
internal sealed class ChosenContest : IDisposable
{
    /// <summary>This project's.</summary>
    public const string Fused = "fused";

    /// <summary>torch's operations.</summary>
    public const string Eager = "eager";

    /// <summary>The memory traffic alone.</summary>
    public const string Floor = "floor";

    private readonly DisposeScope scope = torch.NewDisposeScope();
    private readonly Tensor logits;
    private readonly Tensor target;
    private readonly Loss fused;
    private readonly Loss eager;
    private readonly StreamingFloor floor;

    public ChosenContest(LogitsCase @case, ChosenLoss loss, string kind)
    {
        var (classes, side) = @case;
        torch.manual_seed(1);
        logits = torch.randn([1, classes, side, side, side], requires_grad: true);
        target = TargetOf(kind, logits);
        (fused, eager) = (loss.Create().forward, loss.Eager);
        floor = new StreamingFloor(logits, target);
    }

    /// <summary>The kinds of targets.</summary>
    public static IReadOnlyList<string> Targets { get; } = ["indices", "onehot", "soft"];

    /// <summary>What a contestant does in one run.</summary>
    public Action RunOf(string name) => name switch
    {
        Fused => ContestRuns.Of(fused, logits, target),
        Eager => ContestRuns.Of(eager, logits, target),
        _ => floor.Run,
    };

    /// <inheritdoc cref="ContestRuns.CheckEqual"/>
    public void Check() => ContestRuns.CheckEqual((Fused, fused, target), (Eager, eager, target), logits);

    public void Dispose()
    {
        floor.Dispose();
        scope.Dispose();
    }

    /// <summary>A random target: class indices, of the same a Bool one-hot, or probabilities.</summary>
    private static Tensor TargetOf(string kind, Tensor logits)
    {
        if (kind == "soft")
            return torch.randn_like(logits).softmax(1).detach();
        long[] shape = [logits.shape[0], .. logits.shape[2..]];
        var labels = torch.randint(logits.shape[1], shape, dtype: torch.ScalarType.Int64);
        return kind == "indices" ? labels : Peers.OneHot(logits, labels).detach().to_type(torch.ScalarType.Bool);
    }
}
