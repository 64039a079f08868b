using Loss = TorchSharp.Loss<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;

namespace GpuLoss.Cli.Comparing.Explaining;

/// <summary>The losses that differ in what they make of a batch, all over all classes.</summary>
internal static class LossesOfBatches
{
    /// <summary>The losses and their names.</summary>
    public static IReadOnlyList<(string Name, Func<Loss> Create)> All { get; } =
    [
        ("cross-entropy", () => GpuLoss.nn.CrossEntropyLoss()),
        ("Dice per sample", () => GpuLoss.nn.DiceLoss()),
        ("batch Dice", () => GpuLoss.nn.DiceLoss(batch: true)),
        ("generalized Dice per sample", () => GpuLoss.nn.GeneralizedDiceLoss()),
        ("generalized Dice of the batch", () => GpuLoss.nn.GeneralizedDiceLoss(batch: true)),
    ];
}
