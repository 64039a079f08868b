namespace GpuLoss.Cli.Volumes;

/// <summary>One axis of a reoriented grid: which axis of the old grid it is, and whether it runs the other way.</summary>
internal readonly record struct OrientedAxis(Axis From, bool IsFlipped);

/// <summary>How the axes of a grid are exchanged and turned around so that they run along x, y and z.</summary>
internal sealed record Orientation(OrientedAxis X, OrientedAxis Y, OrientedAxis Z)
{
    private static readonly Axis[][] Permutations =
    [
        [Axis.X, Axis.Y, Axis.Z], [Axis.X, Axis.Z, Axis.Y], [Axis.Y, Axis.X, Axis.Z],
        [Axis.Y, Axis.Z, Axis.X], [Axis.Z, Axis.X, Axis.Y], [Axis.Z, Axis.Y, Axis.X],
    ];

    private bool IsIdentity => this == new Orientation(new(Axis.X, false), new(Axis.Y, false), new(Axis.Z, false));

    /// <summary>The orientation whose axes lie nearest to those of a grid: the largest sum of the cosines between them.</summary>
    public static Orientation NearestTo(Affine affine)
    {
        double Cosine(Axis from, Axis to) => affine.Step(from).Along(to) / affine.Step(from).Length;
        var best = Permutations.MaxBy(axes => axes.Select((from, to) => Math.Abs(Cosine(from, (Axis)to))).Sum())!;
        OrientedAxis At(Axis to) => new(best[(int)to], Cosine(best[(int)to], to) < 0);
        return new Orientation(At(Axis.X), At(Axis.Y), At(Axis.Z));
    }

    /// <summary>Where the axes of the old grid point to, as in RAS (right, front, head) or LPS (left, back, head).</summary>
    public override string ToString() => string.Concat(Enum.GetValues<Axis>().Select(from =>
        X.From == from ? X.IsFlipped ? "L" : "R" : Y.From == from ? Y.IsFlipped ? "P" : "A" : Z.IsFlipped ? "I" : "S"));

    /// <summary>The size of the reoriented grid.</summary>
    public GridSize Apply(GridSize size) => new(size.Along(X.From), size.Along(Y.From), size.Along(Z.From));

    /// <summary>Where the voxels of the reoriented grid lie.</summary>
    /// <param name="affine">Where those of the old one do.</param>
    /// <param name="size">The size of the old one.</param>
    public Affine Apply(Affine affine, GridSize size)
    {
        Point Step(OrientedAxis axis) => (axis.IsFlipped ? -1 : 1) * affine.Step(axis.From);
        var origin = affine.Origin;
        foreach (var axis in new[] { X, Y, Z }.Where(axis => axis.IsFlipped))
            origin += (size.Along(axis.From) - 1) * affine.Step(axis.From);
        return new Affine(Step(X), Step(Y), Step(Z), origin);
    }

    /// <summary>The voxels in the order of the reoriented grid.</summary>
    public T[] Apply<T>(T[] voxels, GridSize size)
    {
        if (IsIdentity)
            return voxels;
        var result = new T[voxels.Length];
        var target = Apply(size);
        var ((beginX, strideX), (beginY, strideY), (beginZ, strideZ)) = (Walk(X, size), Walk(Y, size), Walk(Z, size));
        Parallel.For(0, target.Z, z =>
        {
            for (var y = 0; y < target.Y; y++)
            {
                var from = beginX + beginY + y * strideY + beginZ + z * strideZ;
                var to = ((long)z * target.Y + y) * target.X;
                for (var x = 0; x < target.X; x++, from += strideX)
                    result[to + x] = voxels[from];
            }
        });
        return result;
    }

    /// <summary>Where a walk along an axis begins in the old voxels, and how far its steps are.</summary>
    private static (long Begin, long Stride) Walk(OrientedAxis axis, GridSize size)
    {
        var stride = axis.From switch
        {
            Axis.X => 1,
            Axis.Y => size.X,
            _ => (long)size.X * size.Y,
        };
        return axis.IsFlipped ? ((size.Along(axis.From) - 1) * stride, -stride) : (0, stride);
    }
}
