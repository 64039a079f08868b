namespace GpuLoss;

/// <content>Losses of single lesions.</content>
public static partial class nn
{
    /// <summary>
    /// Blob loss, <c>main_weight·L + blob_weight·(mean over the blobs of L of a blob)</c> (Kofler 2023, arXiv 2205.08209, equation 1), for
    /// many lesions of which the small ones must not be missed. A blob is a connected part of a class in the target; L of a blob is that of
    /// its class with all other blobs left out. The mean is taken over the blobs of each sample and class, and then over the samples and
    /// classes that have any; without blobs it is 0. The sums of all blobs take one pass over the volume, however many they are.
    /// </summary>
    /// <param name="loss">Dice, Jaccard, Tversky, focal Tversky or log Dice, with its options. This module disposes it.</param>
    /// <param name="main_weight">The factor of the loss of the whole, not negative. The paper's is 2.</param>
    /// <param name="blob_weight">The factor of the mean over the blobs, not negative. The paper's is 1.</param>
    /// <param name="connectivity">Along how many axes at once neighbours may differ by one: 1 for faces, 3 for corners too. Null for as
    /// many as there are.</param>
    /// <exception cref="ArgumentException">An option is out of its range, or the loss is another one.</exception>
    public static Modules.BlobLoss BlobLoss(Modules.FusedLossModule loss, double main_weight = 2, double blob_weight = 1,
        int? connectivity = null) =>
        new(loss, main_weight, blob_weight, connectivity);
}
