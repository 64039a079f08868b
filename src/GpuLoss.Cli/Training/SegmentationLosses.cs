using Loss = TorchSharp.Loss<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;

namespace GpuLoss.Cli.Training;

/// <summary>The losses by the names the command line gives them.</summary>
internal static class SegmentationLosses
{
    private static readonly Dictionary<string, Func<Loss>> Factories = new()
    {
        ["dice"] = () => nn.DiceLoss(include_background: false, batch: true),
        ["dice-squared"] = () => nn.DiceLoss(include_background: false, squared: true, batch: true),
        ["gdl"] = () => nn.GeneralizedDiceLoss(batch: true),
        ["ce"] = () => nn.CrossEntropyLoss(),
        ["dice+ce"] = () => nn.DiceCELoss(include_background: false, batch: true),
    };

    /// <summary>The names.</summary>
    public static IReadOnlyCollection<string> Names => Factories.Keys;

    /// <summary>The loss of a name.</summary>
    public static Loss Create(string name) => Factories[name]();
}
