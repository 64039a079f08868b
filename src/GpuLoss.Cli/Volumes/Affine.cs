namespace GpuLoss.Cli.Volumes;

/// <summary>A place or a step in mm: x to the right of the patient, y to the front, z to the head.</summary>
internal readonly record struct Point(double X, double Y, double Z)
{
    public double Length => Math.Sqrt(Dot(this, this));

    public bool IsFinite => double.IsFinite(X) && double.IsFinite(Y) && double.IsFinite(Z);

    public static Point operator +(Point a, Point b) => new(a.X + b.X, a.Y + b.Y, a.Z + b.Z);

    public static Point operator -(Point a, Point b) => new(a.X - b.X, a.Y - b.Y, a.Z - b.Z);

    public static Point operator *(double factor, Point point) => new(factor * point.X, factor * point.Y, factor * point.Z);

    public static double Dot(Point a, Point b) => a.X * b.X + a.Y * b.Y + a.Z * b.Z;

    public static Point Cross(Point a, Point b) => new(a.Y * b.Z - a.Z * b.Y, a.Z * b.X - a.X * b.Z, a.X * b.Y - a.Y * b.X);

    /// <summary>The coordinate along one axis.</summary>
    public double Along(Axis axis) => axis switch
    {
        Axis.X => X,
        Axis.Y => Y,
        _ => Z,
    };
}

/// <summary>Where the voxels of a grid lie in the patient: voxel (i, j, k) at Origin + i·X + j·Y + k·Z.</summary>
internal readonly record struct Affine(Point X, Point Y, Point Z, Point Origin)
{
    private const double LeastVolume = 1e-6;

    /// <summary>The edges of a voxel.</summary>
    public VoxelSpacing Spacing => new(X.Length, Y.Length, Z.Length);

    /// <summary>Axes along those of the patient, the first voxel at 0: what a grid is taken for that says nothing but its edges.</summary>
    public static Affine OfEdges(VoxelSpacing edges) => new(new(edges.X, 0, 0), new(0, edges.Y, 0), new(0, 0, edges.Z), default);

    /// <summary>Whether all of it is finite and the voxels have a volume.</summary>
    public bool IsUsable => X.IsFinite && Y.IsFinite && Z.IsFinite && Origin.IsFinite
        && Math.Abs(Determinant) > LeastVolume * X.Length * Y.Length * Z.Length && double.IsFinite(Determinant);

    private double Determinant => Point.Dot(X, Point.Cross(Y, Z));

    /// <summary>The step from a voxel to the next along an axis of the grid.</summary>
    public Point Step(Axis axis) => axis switch
    {
        Axis.X => X,
        Axis.Y => Y,
        _ => Z,
    };

    /// <summary>Where a voxel lies.</summary>
    public Point At(double i, double j, double k) => Origin + i * X + j * Y + k * Z;

    /// <summary>A step in mm as a step in voxels (Cramer's rule).</summary>
    public Point InVoxels(Point step) => 1 / Determinant * new Point(
        Point.Dot(step, Point.Cross(Y, Z)), Point.Dot(X, Point.Cross(step, Z)), Point.Dot(X, Point.Cross(Y, step)));

    /// <summary>The same axes for a grid whose first voxel is another one of this grid.</summary>
    public Affine From(double i, double j, double k) => this with { Origin = At(i, j, k) };

    /// <summary>The grid of voxels so many times as long, whose first begins where that of this grid does.</summary>
    public Affine Coarser(double x, double y, double z) =>
        new(x * X, y * Y, z * Z, At((x - 1) / 2, (y - 1) / 2, (z - 1) / 2));

    /// <summary>The same with all lengths in another unit.</summary>
    public Affine Scaled(double factor) => new(factor * X, factor * Y, factor * Z, factor * Origin);

    /// <summary>The largest distance, in voxels along an axis of this grid, between where two grids place the same corner.</summary>
    public double DistanceInVoxels(Affine other, GridSize size)
    {
        var largest = 0.0;
        for (var corner = 0; corner < 8; corner++)
        {
            var (i, j, k) = ((corner & 1) * (size.X - 1), (corner >> 1 & 1) * (size.Y - 1), (corner >> 2) * (size.Z - 1));
            var apart = InVoxels(other.At(i, j, k) - At(i, j, k));
            largest = Math.Max(largest, Math.Max(Math.Abs(apart.X), Math.Max(Math.Abs(apart.Y), Math.Abs(apart.Z))));
        }

        return largest;
    }
}
