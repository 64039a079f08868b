namespace GpuLoss.Cli.Volumes;

/// <summary>
/// A head made of ellipsoids, for machines without a scan. With u the position in the head, scaled to [-1, 1] along each axis, a voxel
/// belongs to the last of the ellipsoids Σ ((u - centre) / radius)² ≤ 1 that holds it: scalp, skull, cortex with the white matter it
/// encloses (one class, as in the AAL atlas), cerebellum, then deep grey matter and hippocampus + amygdala on both sides. Its signal s is
/// that of its tissue times a bias field 1 + 0.25·sin(1.7·u_x + 0.5)·cos(1.3·u_y - 0.4·u_z); what is measured is the magnitude of s with
/// independent normal noise n₁, n₂ of standard deviation 6 in its real and imaginary part, √((s + n₁)² + n₂²): Rician noise, as in MR
/// images (Gudbjartsson and Patz 1995).
/// </summary>
internal static class HeadPhantom
{
    /// <summary>The edge of a voxel in mm.</summary>
    public const double Spacing = 2;

    private const double NoiseDeviation = 6;

    private static readonly GridSize Size = new(80, 96, 80);

    private static readonly Ellipsoid[] Ellipsoids =
    [
        new(0, 0, 0, 0.92, 0.95, 0.95, Signal: 90, Class: 0),
        new(0, 0, 0, 0.86, 0.90, 0.90, Signal: 15, Class: 0),
        new(0, 0.03, 0.08, 0.78, 0.82, 0.76, Signal: 110, Class: 1),
        new(0, 0.03, 0.10, 0.58, 0.62, 0.54, Signal: 140, Class: 0),
        new(0, -0.50, -0.52, 0.46, 0.30, 0.24, Signal: 120, Class: 2),
        new(-0.22, 0.08, 0.04, 0.14, 0.26, 0.20, Signal: 122, Class: 3),
        new(0.22, 0.08, 0.04, 0.14, 0.26, 0.20, Signal: 122, Class: 3),
        new(-0.30, -0.06, -0.26, 0.10, 0.24, 0.10, Signal: 105, Class: 4),
        new(0.30, -0.06, -0.26, 0.10, 0.24, 0.10, Signal: 105, Class: 4),
    ];

    /// <summary>Makes the phantom; the same seed gives the same voxels.</summary>
    public static (GridSize Size, float[] Image, byte[] Labels) Create(int seed)
    {
        var random = new Random(seed);
        var image = new float[Size.Voxels];
        var labels = new byte[Size.Voxels];
        var voxel = 0;
        for (var z = 0; z < Size.Z; z++)
        {
            for (var y = 0; y < Size.Y; y++)
            {
                for (var x = 0; x < Size.X; x++, voxel++)
                {
                    var (ux, uy, uz) = (Position(x, Size.X), Position(y, Size.Y), Position(z, Size.Z));
                    var tissue = Array.FindLast(Ellipsoids, ellipsoid => ellipsoid.Holds(ux, uy, uz));
                    var bias = 1 + 0.25 * Math.Sin(1.7 * ux + 0.5) * Math.Cos(1.3 * uy - 0.4 * uz);
                    var (n1, n2) = Normals(random);
                    var real = (tissue?.Signal ?? 0) * bias + NoiseDeviation * n1;
                    var imaginary = NoiseDeviation * n2;
                    image[voxel] = (float)Math.Sqrt(real * real + imaginary * imaginary);
                    labels[voxel] = tissue?.Class ?? 0;
                }
            }
        }

        return (Size, image, labels);
    }

    private static double Position(int index, int length) => 2 * (index + 0.5) / length - 1;

    /// <summary>Two independent normal numbers (Box and Muller 1958).</summary>
    private static (double, double) Normals(Random random)
    {
        var radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
        var (sine, cosine) = Math.SinCos(2 * Math.PI * random.NextDouble());
        return (radius * cosine, radius * sine);
    }

    private sealed record Ellipsoid(
        double X, double Y, double Z, double RadiusX, double RadiusY, double RadiusZ, double Signal, byte Class)
    {
        public bool Holds(double x, double y, double z)
        {
            var (dx, dy, dz) = ((x - X) / RadiusX, (y - Y) / RadiusY, (z - Z) / RadiusZ);
            return dx * dx + dy * dy + dz * dz <= 1;
        }
    }
}
