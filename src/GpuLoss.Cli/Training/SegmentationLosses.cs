using static TorchSharp.torch;
using Loss = TorchSharp.Loss<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;

namespace GpuLoss.Cli.Training;

/// <summary>A loss one can train with.</summary>
/// <param name="Name">What the command line calls it.</param>
/// <param name="Description">What it is, for the reader of a report.</param>
/// <param name="Create">Makes it from the number of training voxels of every class.</param>
internal sealed record SegmentationLoss(string Name, string Description, Func<long[], Loss> Create);

/// <summary>The losses by the names the command line gives them. Overlap losses take their sums over the whole batch.</summary>
internal static class SegmentationLosses
{
    private static readonly List<SegmentationLoss> Table =
    [
        new("ce", "cross-entropy", _ => nn.CrossEntropyLoss()),
        new("wce", "cross-entropy with classes weighted by the inverse of their share of the training voxels", WeightedCrossEntropy),
        new("dice", "soft Dice, the mean over all classes, background included", _ => nn.DiceLoss(batch: true)),
        new("dice-nobg", "soft Dice, the mean over the foreground classes", _ => nn.DiceLoss(include_background: false, batch: true)),
        new("dice-squared", "soft Dice of the foreground classes with squares in the denominator (V-Net)",
            _ => nn.DiceLoss(include_background: false, squared: true, batch: true)),
        new("gdl", "generalized Dice, classes weighted by 1 / volume²", _ => nn.GeneralizedDiceLoss(batch: true)),
        new("dice+ce", "soft Dice of the foreground classes plus cross-entropy", _ =>
            nn.DiceCELoss(include_background: false, batch: true)),
        new("focal", "focal loss with gamma = 2", _ => nn.FocalLoss()),
        new("tversky", "Tversky loss of the foreground classes, false negatives weighing 0.7 and false positives 0.3",
            _ => nn.TverskyLoss(alpha: 0.3, beta: 0.7, include_background: false, batch: true)),
        new("poly1", "poly-1 cross-entropy with epsilon = 1, which adds 1 - p to -ln p and so still rewards certainty "
            + "where cross-entropy rewards it no more",
            _ => nn.Poly1Loss()),
        new("unified-focal",
            "asymmetric unified focal loss, half focal and half focal Tversky, "
            + "which spares the background that is easy and rewards classes that are nearly right",
            _ => nn.AsymmetricUnifiedFocalLoss()),
        new("unified-focal-sym",
            "symmetric unified focal loss, half focal and half focal Tversky, "
            + "in which the background is spared and rewarded as the other classes are",
            _ => nn.SymmetricUnifiedFocalLoss()),
        new("mcc", "one minus Matthews' correlation coefficient of the foreground classes, "
            + "which rewards voxels that are rightly left out too",
            _ => nn.MCCLoss(include_background: false, batch: true)),
        new("wasserstein",
            "generalized Wasserstein Dice, in which taking one foreground class for another costs half of taking it for background",
            voxels => WassersteinDice(voxels.Length)),
        new("dice+boundary",
            "soft Dice of the foreground classes plus 0.1 times the boundary loss, "
            + "which rewards probability deep inside of a class and charges what is far outside by its distance",
            _ => nn.CompoundLoss((1, nn.DiceLoss(include_background: false, batch: true)),
                (0.1, nn.BoundaryLoss(include_background: false)))),
        new("dice+hausdorff",
            "soft Dice of the foreground classes plus the logarithm of the Hausdorff loss, "
            + "which charges errors by the square of their distance to the boundaries",
            _ => nn.CompoundLoss((1, nn.DiceLoss(include_background: false, batch: true)), (1, nn.LogHausdorffDTLoss()))),
        new("lovasz", "Lovász-softmax of the classes that are there, "
            + "a surrogate of the Jaccard index that weighs the errors of a class by their order",
            _ => nn.LovaszSoftmaxLoss()),
        new("dice+cldice", "soft Dice and centerline Dice of the foreground classes, half and half, "
            + "which rewards that the skeletons of thin structures are met and connected",
            _ => nn.SoftDiceclDiceLoss()),
        new("blob", "twice soft Dice of the foreground classes plus its mean over their connected parts, "
            + "in which a small part counts as much as a large one",
            _ => nn.BlobLoss(nn.DiceLoss(include_background: false, batch: true))),
    ];

    /// <summary>The names.</summary>
    public static IReadOnlyList<string> Names => [.. Table.Select(loss => loss.Name)];

    /// <summary>Adds a loss. Tests have some that fail.</summary>
    internal static void Add(SegmentationLoss loss) => Table.Add(loss);

    /// <summary>The loss of a name.</summary>
    public static SegmentationLoss Get(string name) => Table.Find(loss => loss.Name == name)!;

    /// <summary>Weights proportional to 1 / voxels, with a mean of 1. A class without voxels, which never comes up, weighs 0.</summary>
    public static double[] InverseFrequencyWeights(long[] voxels)
    {
        double[] inverse = [.. voxels.Select(count => count == 0 ? 0 : 1.0 / count)];
        var mean = inverse.Average();
        return Array.ConvertAll(inverse, value => value / mean);
    }

    private static Loss WassersteinDice(int classes)
    {
        using var scope = NewDisposeScope();
        var distances = 0.5 * (1 - eye(classes));
        distances[0, 1..] = 1;
        distances[1.., 0] = 1;
        return nn.GeneralizedWassersteinDiceLoss(distances);
    }

    private static Loss WeightedCrossEntropy(long[] voxels)
    {
        using var weight = tensor(InverseFrequencyWeights(voxels));
        return nn.CrossEntropyLoss(weight);
    }
}
