using TorchSharp;
using Loss = System.Func<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Cli.Benchmarking;

/// <summary>
/// One volume and everybody who computes a loss and its gradient on it: float32 logits [1, C, S, S, S], int64 labels, the gradient by
/// <c>autograd.grad</c>, which allocates it.
/// </summary>
internal sealed class LossContest : IDisposable
{
    /// <summary>Dice + cross-entropy of this project.</summary>
    public const string Fused = "fused";

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

    /// <summary>Dice + cross-entropy of this project with a target of probabilities.</summary>
    public const string FusedSoft = "fused-soft";

    /// <summary>The same of torch's operations.</summary>
    public const string EagerSoft = "eager-soft";

    /// <summary>Dice of the sigmoid + binary cross-entropy of this project, with a float32 one-hot target.</summary>
    public const string FusedBinary = "fused-bce";

    /// <summary>The same of torch's operations.</summary>
    public const string EagerBinary = "eager-bce";

    /// <summary>Dice + cross-entropy of the worst 10 % of the voxels of this project.</summary>
    public const string FusedTopK = "fused-topk";

    /// <summary>The same of torch's operations.</summary>
    public const string EagerTopK = "eager-topk";

    /// <summary>Dice + cross-entropy of this project with label smoothing.</summary>
    public const string FusedSmoothed = "fused-smoothed";

    /// <summary>The same of torch's operations.</summary>
    public const string EagerSmoothed = "eager-smoothed";

    /// <summary>Dice + cross-entropy of this project with a weight for each voxel.</summary>
    public const string FusedMap = "fused-map";

    /// <summary>The same of torch's operations.</summary>
    public const string EagerMap = "eager-map";

    /// <summary>Focal loss of the sigmoid of this project, with a Bool one-hot target.</summary>
    public const string FusedFocal = "fused-focal";

    /// <summary>The same of torch's operations.</summary>
    public const string EagerFocal = "eager-focal";

    /// <summary>As <see cref="FusedBinary"/>, with a Bool one-hot target.</summary>
    public const string FusedBool = "fused-bool";

    /// <summary>The same of torch's operations.</summary>
    public const string EagerBool = "eager-bool";

    /// <summary>The memory traffic alone; see <see cref="StreamingFloor"/>.</summary>
    public const string Floor = "floor";

    /// <summary>The arithmetic alone; see <see cref="CachedArithmetic"/>.</summary>
    public const string Arithmetic = "arithmetic";

    private const long IgnoreIndex = -100;
    private const double IgnoredShare = 0.1;

    private readonly DisposeScope scope = torch.NewDisposeScope();
    private readonly Dictionary<string, (Loss Loss, Tensor Target)> losses;
    private readonly Tensor logits;
    private readonly StreamingFloor floor;
    private readonly CachedArithmetic arithmetic;

    public LossContest(LogitsCase @case)
    {
        var (classes, side) = @case;
        torch.manual_seed(1);
        logits = torch.randn([1, classes, side, side, side], requires_grad: true);
        var target = torch.randint(classes, [1, side, side, side], dtype: torch.ScalarType.Int64);
        var partlyIgnored = target.masked_fill(torch.rand(target.shape) < IgnoredShare, IgnoreIndex);
        var weight = torch.linspace(0.5, 2, classes, dtype: torch.ScalarType.Float32);
        var soft = torch.nn.functional.softmax(torch.randn_like(logits), 1).detach();
        var oneHot = Peers.OneHot(logits, target);
        var isClass = oneHot.to_type(torch.ScalarType.Bool);
        var map = torch.rand(target.shape) + 0.5f;
        var smoothed = nn.CompoundLoss((1, nn.DiceLoss()), (1, nn.CrossEntropyLoss(label_smoothing: Peers.Smoothing)));
        var mapped = nn.DiceCELoss();
        floor = new StreamingFloor(logits, target);
        arithmetic = new CachedArithmetic(@case);
        losses = new()
        {
            [Fused] = (nn.DiceCELoss().forward, target),
            [EagerScatter] = (Peers.DiceCEByScatter, target),
            [EagerOneHot] = (Peers.DiceCEByOneHot, target),
            [CrossEntropy] = (Peers.CrossEntropy, target),
            [FusedCrossEntropy] = (nn.CrossEntropyLoss().forward, target),
            [WeightedCrossEntropy] = ((x, t) => torch.nn.functional.cross_entropy(x, t, weight, IgnoreIndex), partlyIgnored),
            [FusedWeightedCrossEntropy] = (nn.CrossEntropyLoss(weight, IgnoreIndex).forward, partlyIgnored),
            [FusedSoft] = (nn.DiceCELoss().forward, soft),
            [EagerSoft] = (Peers.DiceCEOfProbabilities, soft),
            [FusedBinary] = (nn.DiceBCELoss().forward, oneHot),
            [EagerBinary] = (Peers.DiceBCE, oneHot),
            [FusedTopK] = (nn.DiceTopKLoss(Peers.TopPercent).forward, target),
            [EagerTopK] = (Peers.DiceTopK, target),
            [FusedSmoothed] = (smoothed.forward, target),
            [EagerSmoothed] = (Peers.SmoothedDiceCE, target),
            [FusedMap] = ((x, t) => mapped.forward(x, t, map), target),
            [EagerMap] = ((x, t) => Peers.MappedDiceCE(x, t, map), target),
            [FusedFocal] = (nn.FocalLoss(activation: nn.Activation.Sigmoid).forward, isClass),
            [EagerFocal] = (Peers.Focal, isClass),
            [FusedBool] = (nn.DiceBCELoss().forward, isClass),
            [EagerBool] = ((x, t) => Peers.DiceBCE(x, t.to_type(x.dtype)), isClass),
        };
    }

    /// <summary>Everybody's name.</summary>
    public static IReadOnlyList<string> Names { get; } =
    [
        Fused, EagerScatter, EagerOneHot, CrossEntropy, FusedCrossEntropy, WeightedCrossEntropy, FusedWeightedCrossEntropy, FusedSoft,
        EagerSoft, FusedBinary, EagerBinary, FusedTopK, EagerTopK, FusedSmoothed, EagerSmoothed, FusedMap, EagerMap, FusedFocal, EagerFocal,
        FusedBool, EagerBool, Floor, Arithmetic,
    ];

    /// <summary>Runs contestants on a small volume; see <see cref="ContestRuns.WarmUp"/>.</summary>
    public static void WarmUp(IReadOnlyList<string> names)
    {
        using var contest = new LossContest(ContestRuns.Small);
        ContestRuns.WarmUp([.. names.Select(contest.RunOf)]);
    }

    /// <summary>What a contestant does in one run.</summary>
    public Action RunOf(string name) => name switch
    {
        Floor => floor.Run,
        Arithmetic => arithmetic.Run,
        _ => ContestRuns.Of(losses[name].Loss, logits, losses[name].Target),
    };

    /// <summary>One run of a loss that does not belong to the contest, on its volume.</summary>
    public Action RunOf(Loss loss) => ContestRuns.Of(loss, logits, losses[Fused].Target);

    /// <summary>A time means nothing if the answer is another one.</summary>
    /// <exception cref="InvalidOperationException">Two contestants disagree.</exception>
    public void Check()
    {
        CheckEqual(Fused, EagerScatter);
        CheckEqual(EagerOneHot, EagerScatter);
        CheckEqual(FusedCrossEntropy, CrossEntropy);
        CheckEqual(FusedWeightedCrossEntropy, WeightedCrossEntropy);
        CheckEqual(FusedSoft, EagerSoft);
        CheckEqual(FusedBinary, EagerBinary);
        CheckEqual(FusedTopK, EagerTopK);
        CheckEqual(FusedSmoothed, EagerSmoothed);
        CheckEqual(FusedMap, EagerMap);
        CheckEqual(FusedFocal, EagerFocal);
        CheckEqual(FusedBool, EagerBool);
        floor.Check();
    }

    public void Dispose()
    {
        floor.Dispose();
        arithmetic.Dispose();
        scope.Dispose();
    }

    private void CheckEqual(string first, string second) => ContestRuns.CheckEqual(
        (first, losses[first].Loss, losses[first].Target), (second, losses[second].Loss, losses[second].Target), logits);
}
