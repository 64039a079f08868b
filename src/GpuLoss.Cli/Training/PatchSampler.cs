using GpuLoss.Cli.Volumes;
using TorchSharp;
using static TorchSharp.torch;

namespace GpuLoss.Cli.Training;

/// <summary>Where a patch lies.</summary>
/// <param name="Volume">The index of its volume.</param>
/// <param name="X">Its first voxel along x, and so for y and z.</param>
/// <param name="Mirrored">Whether it is turned around.</param>
internal readonly record struct PatchPlace(int Volume, int X, int Y, int Z, bool Mirrored);

/// <summary>
/// Draws places of patches around voxels. The classes take turns, background among them, and a voxel of the class is drawn at random: drawn
/// from all voxels, the small classes would hardly be seen; without the background, what lies far from all of them. The same seed draws the
/// same places.
/// </summary>
internal sealed class PatchSequence
{
    private readonly (int Volume, int Voxel)[][] voxelsOfClass;
    private readonly GridSize[] sizes;
    private readonly Random random;
    private readonly int side;
    private readonly bool mirror;
    private readonly List<PatchPlace> drawn = [];

    /// <param name="volumes">What to cut from; each foreground class has a voxel in one of them.</param>
    /// <param name="side">The side of a patch.</param>
    /// <param name="mirror">Whether every other patch, at random, is turned around.</param>
    /// <param name="seed">The seed.</param>
    public PatchSequence(IReadOnlyList<LabelledVolume> volumes, int side, bool mirror, int seed)
    {
        (this.side, this.mirror, random) = (side, mirror, new Random(seed));
        sizes = [.. volumes.Select(volume => volume.Size)];
        voxelsOfClass =
        [
            .. Enumerable.Range(0, volumes[0].Classes)
                .Select(c => volumes.SelectMany((volume, index) => Enumerable.Range(0, volume.Labels.Length)
                .Where(voxel => volume.Labels[voxel] == c).Select(voxel => (index, voxel))).ToArray()).Where(voxels => voxels.Length > 0),
        ];
    }

    /// <summary>The places drawn so far.</summary>
    public IReadOnlyList<PatchPlace> Drawn => drawn;

    /// <summary>The next place.</summary>
    public PatchPlace Next()
    {
        var candidates = voxelsOfClass[drawn.Count % voxelsOfClass.Length];
        var (volume, voxel) = candidates[random.Next(candidates.Length)];
        var size = sizes[volume];
        var (zy, x) = Math.DivRem(voxel, size.X);
        var (z, y) = Math.DivRem(zy, size.Y);
        drawn.Add(new PatchPlace(volume, Begin(x, size.X), Begin(y, size.Y), Begin(z, size.Z), mirror && random.Next(2) == 1));
        return drawn[^1];
    }

    private int Begin(int centre, int length) => Math.Clamp(centre - side / 2, 0, Math.Max(0, length - side));
}

/// <summary>Cuts the patches of a sequence out of volumes.</summary>
/// <param name="volumes">The volumes of the sequence, in its order.</param>
/// <param name="sequence">The places.</param>
/// <param name="side">The side of a patch.</param>
/// <param name="mirrorAxis">The axis of [Z, Y, X] along which mirrored patches are turned around.</param>
/// <param name="rank">The number of this process among those that take turns with the places.</param>
/// <param name="ranks">How many these are.</param>
internal sealed class PatchSampler(
    IReadOnlyList<VolumeTensors> volumes, PatchSequence sequence, int side, int mirrorAxis = 2, int rank = 0, int ranks = 1)
{
    /// <summary>The next patch: image [1, 1, S, S, S] and labels [1, S, S, S].</summary>
    public (Tensor Image, Tensor Labels) Next()
    {
        var place = Enumerable.Range(0, ranks).Select(_ => sequence.Next()).ToArray()[rank];
        var volume = volumes[place.Volume];
        return (Cut(volume.Image, place).unsqueeze(0).unsqueeze(0), Cut(volume.Labels, place).unsqueeze(0));
    }

    private Tensor Cut(Tensor volume, PatchPlace place)
    {
        var patch = volume.narrow(0, place.Z, side).narrow(1, place.Y, side).narrow(2, place.X, side);
        return place.Mirrored ? patch.flip(mirrorAxis) : patch.contiguous();
    }
}
