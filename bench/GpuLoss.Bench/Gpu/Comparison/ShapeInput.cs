using GpuLoss.Kernels.Shape;

namespace GpuLoss.Bench.Gpu.Comparison;

/// <summary>Predictions and a target: two samples, three classes, of which the first does not count; some voxels do not.</summary>
/// <param name="Sizes">Voxels along each axis.</param>
/// <param name="Spacing">Their distances, or none.</param>
internal sealed record ShapeInput(long[] Sizes, double[] Spacing)
{
    public const int Samples = 2;
    public const int Classes = 3;

    public SpatialGrid Grid { get; } = new(Sizes, Spacing);

    /// <summary>How near distances have to be.</summary>
    public Closeness OfCubes => Spacing.Length == 0 ? Closeness.Bits : Closeness.Wide;

    /// <summary>[N, V]: 0 for the voxels to which distances are taken.</summary>
    public byte[] Marks => [.. Drawn(1, Samples).Select(number => (byte)(number < 0.9 ? 1 : 0))];

    /// <summary>p, [N, C, V].</summary>
    public float[] Predictions => [.. Drawn(2, Samples * Classes).Select(number => (float)number)];

    /// <summary>[N, V]: classes in runs, and -1 where a voxel does not count.</summary>
    public int[] Labels =>
        [.. Drawn(3, Samples).Select((number, voxel) => number < 0.02 ? -1 : (int)(voxel / 3 + number * 1.2) * 7 % Classes)];

    public override string ToString() => $"{string.Join('×', Sizes)}{(Spacing.Length == 0 ? "" : $" of {string.Join('×', Spacing)}")}";

    private IEnumerable<double> Drawn(int seed, int volumes)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, (int)(volumes * Grid.Voxels)).Select(_ => random.NextDouble())];
    }
}
