using GpuLoss.Cli.Volumes;
using TorchSharp;
using static TorchSharp.torch;

namespace GpuLoss.Cli.Training;

/// <summary>
/// Cuts patches around foreground voxels. The classes take turns, and a voxel of the class is drawn at random: drawn from all voxels, the small
/// classes would hardly be seen.
/// </summary>
internal sealed class PatchSampler
{
    private readonly Tensor image;
    private readonly Tensor labels;
    private readonly int[][] voxelsOfClass;
    private readonly GridSize size;
    private readonly Random random;
    private readonly int side;
    private int drawn;

    /// <param name="volume">What to cut from.</param>
    /// <param name="image">Its image [Z, Y, X], no smaller than a patch.</param>
    /// <param name="labels">Its labels [Z, Y, X].</param>
    /// <param name="side">The side of a patch.</param>
    /// <param name="seed">The same seed draws the same patches.</param>
    public PatchSampler(LabelledVolume volume, Tensor image, Tensor labels, int side, int seed)
    {
        (this.image, this.labels, this.side, size) = (image, labels, side, volume.Size);
        random = new Random(seed);
        voxelsOfClass = [.. Enumerable.Range(1, volume.Classes - 1).Select(c => Enumerable.Range(0, volume.Labels.Length)
            .Where(voxel => volume.Labels[voxel] == c).ToArray())];
    }

    /// <summary>The next patch: image [1, 1, S, S, S] and labels [1, S, S, S].</summary>
    public (Tensor Image, Tensor Labels) Next()
    {
        var candidates = voxelsOfClass[drawn++ % voxelsOfClass.Length];
        var voxel = candidates[random.Next(candidates.Length)];
        var (zy, x) = Math.DivRem(voxel, size.X);
        var (z, y) = Math.DivRem(zy, size.Y);
        return (Cut(image, z, y, x).unsqueeze(0).unsqueeze(0), Cut(labels, z, y, x).unsqueeze(0));
    }

    private Tensor Cut(Tensor volume, int z, int y, int x) => volume
        .narrow(0, Begin(z, volume.shape[0]), side).narrow(1, Begin(y, volume.shape[1]), side).narrow(2, Begin(x, volume.shape[2]), side)
        .contiguous();

    private long Begin(int centre, long length) => Math.Clamp(centre - side / 2, 0, length - side);
}
