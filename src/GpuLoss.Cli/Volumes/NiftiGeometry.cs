namespace GpuLoss.Cli.Volumes;

/// <summary>Where a NIfTI file says its voxels lie, by the rules of nifti1.h: the sform where there is one, else the qform, else
/// pixdim.</summary>
/// <param name="Affine">The place of every voxel, in mm.</param>
/// <param name="TakenFrom">"sform", "qform" or "pixdim alone".</param>
/// <param name="Note">What the user should know about the choice, or null.</param>
internal sealed record NiftiGeometry(Affine Affine, string TakenFrom, string? Note)
{
    /// <summary>How far, in voxels, two descriptions of the same grid may be apart.</summary>
    public const double Tolerance = 0.01;

    /// <summary>Chooses.</summary>
    /// <param name="sform">The sform, or null where its code is 0.</param>
    /// <param name="qform">The qform, or null where its code is 0 or its voxel edges are no lengths.</param>
    /// <param name="edges">The voxel edges of pixdim, or null where they are no lengths.</param>
    /// <param name="size">The grid.</param>
    /// <returns>The geometry, or null where there is none that can be used.</returns>
    public static NiftiGeometry? Choose(Affine? sform, Affine? qform, VoxelSpacing? edges, GridSize size)
    {
        var (isSform, isQform) = (sform is { IsUsable: true }, qform is { IsUsable: true });
        if (isSform && isQform)
        {
            var differ = !(sform!.Value.DistanceInVoxels(qform!.Value, size) <= Tolerance);
            return new NiftiGeometry(
                sform.Value, "sform",
                differ
                    ? $"sform ({Orientation.NearestTo(sform.Value)}) and qform ({Orientation.NearestTo(qform.Value)}) differ: "
                        + "the sform is taken"
                    : null);
        }

        if (isSform)
            return new NiftiGeometry(sform!.Value, "sform", null);
        var broken = sform != null ? "the sform is singular: " : "";
        if (isQform)
            return new NiftiGeometry(qform!.Value, "qform", sform != null ? $"{broken}the qform is taken" : null);
        return edges is { } edge && Affine.OfEdges(edge) is { IsUsable: true } plain
            ? new NiftiGeometry(
                plain, "pixdim alone", $"{broken}neither sform nor qform: the axes are taken to point right, to the front and to the head")
            : null;
    }

    /// <summary>The affine of a quaternion (1 - b² - c² - d² is a²), as nifti1.h writes it out.</summary>
    /// <param name="b">The second part; the first is the root of what the others leave of 1.</param>
    /// <param name="c">The third.</param>
    /// <param name="d">The fourth.</param>
    /// <param name="edges">The edges of a voxel.</param>
    /// <param name="sign">-1 where the third axis is turned around, else 1.</param>
    /// <param name="origin">Where the first voxel lies.</param>
    public static Affine OfQuaternion(double b, double c, double d, VoxelSpacing edges, int sign, Point origin)
    {
        var a = 1 - (b * b + c * c + d * d);
        if (a < 1e-7)
        {
            var scale = 1 / Math.Sqrt(b * b + c * c + d * d);
            (a, b, c, d) = (0, scale * b, scale * c, scale * d);
        }
        else
        {
            a = Math.Sqrt(a);
        }

        return new Affine(
            edges.X * new Point(a * a + b * b - c * c - d * d, 2 * (b * c + a * d), 2 * (b * d - a * c)),
            edges.Y * new Point(2 * (b * c - a * d), a * a + c * c - b * b - d * d, 2 * (c * d + a * b)),
            sign * edges.Z * new Point(2 * (b * d + a * c), 2 * (c * d - a * b), a * a + d * d - b * b - c * c),
            origin);
    }
}
