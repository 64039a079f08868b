using GpuLoss.Cli.Benchmarking;
using GpuLoss.Kernels.Objective;
using TorchSharp;
using Loss = System.Func<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Bench.Prediction;

/// <summary>A loss on a volume.</summary>
/// <param name="Loss">One of the losses below.</param>
/// <param name="Size">Logits [1, C, S, S, S].</param>
/// <param name="Logits">Float32 or BFloat16.</param>
/// <param name="Target">UInt8 and Int64 are labels, Float32 is a number for each class.</param>
internal sealed record PredictedCase(string Loss, LogitsCase Size, LogitsType Logits, string Target)
{
    /// <summary>Dice + cross-entropy of the softmax, the loss that the <c>gpu</c> command times.</summary>
    public const string DiceCE = "dice-ce";

    /// <summary>Dice of the sigmoid + binary cross-entropy, with a one-hot target.</summary>
    public const string DiceBCE = "dice-bce";

    /// <summary>Dice + cross-entropy with a target of probabilities.</summary>
    public const string Soft = "soft";

    /// <summary>Dice + cross-entropy of the worst 10 % of the voxels.</summary>
    public const string TopK = "topk";

    private const string UInt8 = "uint8";
    private const string Int64 = "int64";
    private const string Float32 = "float32";

    private static readonly int[] SoftmaxClasses = [2, 3, 4, 8, 14, 16, 24, 32, 48, 105, 133];
    private static readonly int[] OtherClasses = [2, 4, 14, 32];
    private static readonly LogitsType[] Types = [LogitsType.Float32, LogitsType.BFloat16];

    /// <summary>"dice-ce/4x128/float32/uint8".</summary>
    public string Name => $"{Loss}/{Size}/{Logits.ToString().ToLowerInvariant()}/{Target}";

    /// <summary>The bytes of the logits.</summary>
    public long LogitsBytes => Size.Classes * Size.Voxels * ElementTypes.SizeOf(Logits);

    /// <summary>The bytes of the target.</summary>
    public long TargetBytes => Size.Voxels * (Target switch
    {
        UInt8 => sizeof(byte),
        Int64 => sizeof(long),
        _ => sizeof(float) * Size.Classes,
    });

    /// <summary>What the <c>gpu</c> command times of a size.</summary>
    public static PredictedCase OfGpuCommand(LogitsCase size, LogitsType logits) => new(DiceCE, size, logits, Int64);

    /// <summary>The rows of the table.</summary>
    /// <param name="sides">S.</param>
    public static IReadOnlyList<PredictedCase> All(IReadOnlyList<int> sides) =>
    [
        .. from classes in SoftmaxClasses from side in sides from type in Types from target in (string[])[UInt8, Int64]
           select new PredictedCase(DiceCE, new(classes, side), type, target),
        .. from pair in ((string, string)[])[(DiceBCE, Float32), (Soft, Float32), (TopK, UInt8)] from classes in OtherClasses
           from side in sides from type in Types
           select new PredictedCase(pair.Item1, new(classes, side), type, pair.Item2),
    ];

    /// <summary>The loss as a user calls it.</summary>
    public Loss Create() => Loss switch
    {
        DiceCE or Soft => nn.DiceCELoss().forward,
        DiceBCE => nn.DiceBCELoss().forward,
        TopK => nn.DiceTopKLoss(Peers.TopPercent).forward,
        _ => throw new InvalidOperationException($"There is no loss {Loss}."),
    };

    /// <summary>A random target.</summary>
    public Tensor NewTarget()
    {
        using var scope = torch.NewDisposeScope();
        var (classes, side) = Size;
        var labels = torch.randint(classes, [1, side, side, side], dtype: torch.ScalarType.Int64);
        return ((Loss, Target) switch
        {
            (Soft, _) => torch.nn.functional.softmax(torch.rand([1, classes, side, side, side]), 1),
            (DiceBCE, _) => torch.zeros([1, classes, side, side, side]).scatter_(
                1, labels.unsqueeze(1), torch.ones([1, 1, side, side, side])),
            (_, UInt8) => labels.to_type(torch.ScalarType.Byte),
            _ => labels,
        }).MoveToOuterDisposeScope();
    }
}
