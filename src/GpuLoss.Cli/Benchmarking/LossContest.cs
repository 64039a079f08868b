using TorchSharp;
using Loss = System.Func<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Cli.Benchmarking;

/// <summary>
/// One volume and everybody who computes a loss and its gradient on it: float32 logits [1, C, S, S, S], int64 labels, the gradient by
/// <c>autograd.grad</c>.
/// </summary>
internal sealed class LossContest : IDisposable
{
    /// <summary>Dice + cross-entropy of this project.</summary>
    public const string Fused = "fused";

    /// <summary>The memory traffic alone; see <see cref="StreamingFloor"/>.</summary>
    public const string Floor = "floor";

    /// <summary>Dice + cross-entropy of torch's operations, see <see cref="Peers.DiceCEByScatter"/>.</summary>
    public const string EagerScatter = "scatter";

    /// <summary>Dice + cross-entropy of torch's operations, see <see cref="Peers.DiceCEByOneHot"/>.</summary>
    public const string EagerOneHot = "one_hot";

    /// <summary>torch's cross-entropy alone.</summary>
    public const string CrossEntropy = "ce";

    /// <summary>Cross-entropy of this project.</summary>
    public const string FusedCrossEntropy = "fused-ce";

    /// <summary>torch's cross-entropy with class weights and ignored voxels.</summary>
    public const string WeightedCrossEntropy = "weighted-ce";

    /// <summary>Cross-entropy of this project with class weights and ignored voxels.</summary>
    public const string FusedWeightedCrossEntropy = "fused-weighted-ce";

    private const long IgnoreIndex = -100;
    private const double IgnoredShare = 0.1;
    private const double LargestDifference = 1e-5;
    private const int WarmUpRepetitions = 3;
    private const int WarmUpRuns = 60;
    private static readonly TimeSpan WarmUpPause = TimeSpan.FromMilliseconds(250);

    private readonly DisposeScope scope = torch.NewDisposeScope();
    private readonly StreamingFloor floor;
    private readonly Dictionary<string, (Loss Loss, Tensor Target)> losses;
    private readonly Tensor logits;

    public LossContest(int classes, int side)
    {
        torch.manual_seed(1);
        logits = torch.randn([1, classes, side, side, side], requires_grad: true);
        var target = torch.randint(classes, [1, side, side, side], dtype: torch.ScalarType.Int64);
        var partly = target.masked_fill(torch.rand(target.shape) < IgnoredShare, IgnoreIndex);
        var weight = torch.linspace(0.5, 2, classes, dtype: torch.ScalarType.Float32);
        floor = new StreamingFloor(logits, target);
        losses = new()
        {
            [Fused] = (nn.DiceCELoss().forward, target),
            [EagerScatter] = (Peers.DiceCEByScatter, target),
            [EagerOneHot] = (Peers.DiceCEByOneHot, target),
            [CrossEntropy] = (Peers.CrossEntropy, target),
            [FusedCrossEntropy] = (nn.CrossEntropyLoss().forward, target),
            [WeightedCrossEntropy] = ((x, t) => torch.nn.functional.cross_entropy(x, t, weight, IgnoreIndex), partly),
            [FusedWeightedCrossEntropy] = (nn.CrossEntropyLoss(weight, IgnoreIndex).forward, partly),
        };
    }

    /// <summary>Everybody's name.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        Fused, EagerScatter, EagerOneHot, CrossEntropy, FusedCrossEntropy, WeightedCrossEntropy, FusedWeightedCrossEntropy, Floor,
    ];

    /// <summary>
    /// Runs everybody on a small volume, twice as often as .NET calls a method before it compiles it again, with optimisation and in the
    /// background, and waits for that.
    /// </summary>
    public static void WarmUp()
    {
        using var contest = new LossContest(classes: 4, side: 8);
        for (var repetition = 0; repetition < WarmUpRepetitions; repetition++)
        {
            foreach (var run in Names.Select(contest.RunOf))
            {
                for (var i = 0; i < WarmUpRuns; i++)
                    run();
            }

            Thread.Sleep(WarmUpPause);
        }
    }

    /// <summary>The bytes of the logits.</summary>
    public long LogitsBytes => logits.numel() * sizeof(float);

    /// <summary>What a contestant does in one run.</summary>
    public Action RunOf(string name)
    {
        if (name == Floor)
            return floor.Run;
        var (loss, target) = losses[name];
        return () =>
        {
            using var run = torch.NewDisposeScope();
            torch.autograd.grad([loss(logits, target)], [logits]);
        };
    }

    /// <summary>A time means nothing if the answer is another one.</summary>
    /// <exception cref="InvalidOperationException">Two contestants disagree.</exception>
    public void Check()
    {
        CheckEqual(Fused, EagerScatter);
        CheckEqual(EagerOneHot, EagerScatter);
        CheckEqual(FusedCrossEntropy, CrossEntropy);
        CheckEqual(FusedWeightedCrossEntropy, WeightedCrossEntropy);
        floor.Check();
    }

    public void Dispose()
    {
        floor.Dispose();
        scope.Dispose();
    }

    private void CheckEqual(string first, string second)
    {
        using var run = torch.NewDisposeScope();
        var ((ours, ourGradient), (theirs, theirGradient)) = (Result(first), Result(second));
        var value = Math.Abs(ours - theirs) / Math.Abs(theirs);
        var gradient = ((ourGradient - theirGradient).abs().max() / theirGradient.abs().max()).item<float>();
        if (!(value < LargestDifference && gradient < LargestDifference))
            throw new InvalidOperationException($"{first} and {second} differ: {value:E1} in value, {gradient:E1} in gradient.");
    }

    private (float Value, Tensor Gradient) Result(string name)
    {
        var (loss, target) = losses[name];
        var value = loss(logits, target);
        return (value.item<float>(), torch.autograd.grad([value], [logits])[0]);
    }
}
