using TorchSharp;
using Fused = TorchSharp.Loss<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Cli.Benchmarking;

/// <summary>A loss that a user has put together: this project's, and the same from torch's operations.</summary>
/// <param name="Text">The parts as they were given, with plus signs.</param>
/// <param name="Parts">The parts.</param>
/// <param name="IsSigmoid">Whether p is the sigmoid of the logits, and not the softmax.</param>
internal sealed record ChosenLoss(string Text, IReadOnlyList<ChosenLoss.Part> Parts, bool IsSigmoid)
{
    private static readonly Part[] Known =
    [
        new("dice", activation => nn.DiceLoss(activation: activation), of => Peers.Dice(of.P, of.T)),
        new("dice-squared", activation => nn.DiceLoss(squared: true, activation: activation), of =>
            Peers.Ratio((of.P * of.T, 2), (of.P * of.P + of.T * of.T, 1))),
        new("jaccard", activation => nn.JaccardLoss(activation: activation),
            of => Peers.Ratio((of.P * of.T, 2), (of.P + of.T - of.P * of.T, 2))),
        new("tversky", activation => nn.TverskyLoss(0.3, 0.7, activation: activation),
            of => Peers.Ratio((of.P * of.T, 1), (of.P * of.T + 0.3 * of.P * (1 - of.T) + 0.7 * of.T * (1 - of.P), 1))),
        new("ce", _ => nn.CrossEntropyLoss(), of => torch.nn.functional.cross_entropy(of.Logits, of.Target)) { NeedsSoftmax = true },
        new("bce", _ => nn.BCEWithLogitsLoss(), of =>
            torch.nn.functional.binary_cross_entropy_with_logits(of.Logits, of.T)) { NeedsSigmoid = true },
        new("focal", activation => nn.FocalLoss(activation: activation), Peers.Focal),
        new("topk", _ => nn.TopKCrossEntropyLoss(Peers.TopPercent), of => Peers.TopK(of.Logits, of.Target)) { NeedsSoftmax = true },
    ];

    /// <summary>The words that a loss is put together of.</summary>
    public static IReadOnlyList<string> Words => [.. Known.Select(part => part.Name)];

    /// <summary>Reads parts with plus signs between them. Null where a part is unknown, comes twice, or does not go with another.</summary>
    public static ChosenLoss? Parse(string text)
    {
        string[] names = [.. text.Split('+').Select(name => name.Trim())];
        Part[] parts = [.. names.Select(name => Known.FirstOrDefault(part => part.Name == name)).OfType<Part>()];
        var isSigmoid = parts.Any(part => part.NeedsSigmoid);
        return parts.Length < names.Length || names.Distinct().Count() < names.Length || (isSigmoid && parts.Any(part => part.NeedsSoftmax))
            ? null
            : new ChosenLoss(string.Join(" + ", names), parts, isSigmoid);
    }

    /// <summary>This project's, which computes all parts in one pass each way.</summary>
    public Fused Create()
    {
        var activation = IsSigmoid ? nn.Activation.Sigmoid : nn.Activation.Softmax;
        return Parts.Count == 1 ? Parts[0].Create(activation) : nn.CompoundLoss([.. Parts.Select(part => (1.0, part.Create(activation)))]);
    }

    /// <summary>The same from torch's operations.</summary>
    public Tensor Eager(Tensor logits, Tensor target)
    {
        var of = new Prediction(
            logits, target, IsSigmoid ? logits.sigmoid() : logits.softmax(1),
            target.dim() < logits.dim() ? Peers.OneHot(logits, target) : target.to_type(logits.dtype), IsSigmoid);
        return Parts.Select(part => part.Eager(of)).Aggregate((sum, next) => sum + next);
    }

    /// <summary>A part.</summary>
    /// <param name="Name">Its word.</param>
    /// <param name="Create">This project's, of an activation.</param>
    /// <param name="Eager">torch's.</param>
    internal sealed record Part(string Name, Func<nn.Activation, Fused> Create, Func<Prediction, Tensor> Eager)
    {
        /// <summary>Whether it is one of the softmax alone.</summary>
        public bool NeedsSoftmax { get; init; }

        /// <summary>Whether it is one of the sigmoid alone.</summary>
        public bool NeedsSigmoid { get; init; }
    }

    /// <summary>What torch's operations make of logits and target before any loss.</summary>
    /// <param name="Logits">The logits.</param>
    /// <param name="Target">The target as it was given; of Bool as cross-entropy takes it.</param>
    /// <param name="P">The predictions.</param>
    /// <param name="T">A number for every class.</param>
    /// <param name="IsSigmoid">Whether p is the sigmoid.</param>
    internal sealed record Prediction(Tensor Logits, Tensor Target, Tensor P, Tensor T, bool IsSigmoid)
    {
        /// <summary>Class indices, or numbers of the type of the logits.</summary>
        public Tensor Target { get; } = Target.dim() < Logits.dim() ? Target : T;
    }
}
