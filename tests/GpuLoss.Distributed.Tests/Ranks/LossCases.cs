using GpuLoss.Modules;

namespace DistributedTests.Ranks;

/// <summary>A loss and the target it takes.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Create">Makes it, on one process.</param>
/// <param name="Over">Makes it over ranks.</param>
/// <param name="Target">The target.</param>
internal sealed record LossCase(
    string Name, Func<Loss<Tensor, Tensor, Tensor>> Create, Func<Communicator, DistributedLoss> Over, Targets Target)
{
    private static Tensor Weights => tensor([0.5, 2, 1, 3], dtype: ScalarType.Float32);

    /// <summary>All losses whose sums add up.</summary>
    public static IReadOnlyList<LossCase> All { get; } =
    [
        Of("dice", () => Fused.DiceLoss()),
        Of("dice-batch", () => Fused.DiceLoss(batch: true, include_background: false)),
        Of("dice-squared", () => Fused.DiceLoss(squared: true, weight: Weights)),
        Of("dice-sum", () => Fused.DiceLoss(reduction: nn.Reduction.Sum)),
        Of("dice-ignored", () => Fused.DiceLoss(ignore_index: Batch.Ignored), Targets.Ignored),
        Of("dice-sample-ignored", () => Fused.DiceLoss(ignore_index: Batch.Ignored), Targets.OneSampleIgnored),
        Of("jaccard", () => Fused.JaccardLoss()),
        Of("tversky", () => Fused.TverskyLoss(alpha: 0.3, beta: 0.7, batch: true)),
        Of("focal-tversky", () => Fused.FocalTverskyLoss()),
        Of("gdl", () => Fused.GeneralizedDiceLoss()),
        Of("gdl-batch", () => Fused.GeneralizedDiceLoss(batch: true)),
        Of("ce", () => Fused.CrossEntropyLoss()),
        Of("ce-weighted", () => Fused.CrossEntropyLoss(weight: Weights, ignore_index: Batch.Ignored), Targets.Ignored),
        Of("ce-sample-ignored", () => Fused.CrossEntropyLoss(ignore_index: Batch.Ignored), Targets.OneSampleIgnored),
        Of("ce-smoothed", () => Fused.CrossEntropyLoss(weight: Weights, label_smoothing: 0.1)),
        Of("ce-probabilities", () => Fused.CrossEntropyLoss(), Targets.Probabilities),
        Of("bce", () => Fused.BCEWithLogitsLoss(), Targets.OneHot),
        Of("focal", () => Fused.FocalLoss(gamma: 2)),
        Of("dice-ce", () =>
            Fused.DiceCELoss(batch: true, include_background: false, weight: Weights, ignore_index: Batch.Ignored), Targets.Ignored),
        Of("dice-ce-soft", () => Fused.DiceCELoss(soft_label: true), Targets.Probabilities),
        OfSum("dice-focal", () => Fused.DiceFocalLoss(focal_activation: Fused.Activation.Sigmoid)),
        OfSum("dice-bce", () => Fused.DiceBCELoss(batch: true), Targets.OneHot),
        OfSum("compound", () =>
            Fused.CompoundLoss((1, Fused.DiceLoss(batch: true)), (0.5, Fused.CrossEntropyLoss()), (0.25, Fused.GeneralizedDiceLoss()))),
        OfSum(
            "compound-sigmoid",
            () => Fused.CompoundLoss(
                (1, Fused.TverskyLoss(alpha: 0.3, beta: 0.7)), (0.5, Fused.CrossEntropyLoss(label_smoothing: 0.1)),
                (0.2, Fused.FocalLoss(gamma: 2, alpha: 0.25, activation: Fused.Activation.Sigmoid)))),
    ];

    private static LossCase Of(string name, Func<FusedLossModule> create, Targets target = Targets.Labels) =>
        new(name, create, communicator => create().distributed(communicator), target);

    private static LossCase OfSum(string name, Func<CompoundLoss> create, Targets target = Targets.Labels) =>
        new(name, create, communicator => create().distributed(communicator), target);
}
