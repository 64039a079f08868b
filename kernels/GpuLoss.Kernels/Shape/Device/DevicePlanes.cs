using ILGPU;

namespace GpuLoss.Kernels.Shape.Device;

/// <summary>What a loss of shapes reads, in device memory: <see cref="ShapeTensors{T}"/> of float32.</summary>
/// <param name="predictions">p, [N, C, V].</param>
/// <param name="labels">Class indices [N, V], or none.</param>
/// <param name="numbers">A number for every class, [N, C, V], or none.</param>
/// <param name="counted">[N, V], 0 where a voxel does not count; none where all do.</param>
/// <param name="shape">The sizes.</param>
internal readonly struct DevicePlanes(
    ArrayView<float> predictions, ArrayView<int> labels, ArrayView<float> numbers, ArrayView<byte> counted, PlaneShape shape)
{
    private readonly ArrayView<float> predictions = predictions;
    private readonly ArrayView<int> labels = labels;
    private readonly ArrayView<float> numbers = numbers;
    private readonly ArrayView<byte> counted = counted;
    private readonly PlaneShape shape = shape;

    /// <summary>The pairs of a sample and a class that counts.</summary>
    public int Pairs => shape.Samples * (shape.Classes - shape.FirstClass);

    /// <summary>Whether a voxel of a pair counts.</summary>
    public bool Counts(int pair, long voxel) => counted.Length == 0 || counted[SampleOf(pair) * shape.Voxels + voxel] != 0;

    /// <summary>The prediction.</summary>
    public float Prediction(int pair, long voxel) => predictions[Plane(pair) * shape.Voxels + voxel];

    /// <summary>The target.</summary>
    public float Target(int pair, long voxel) =>
        labels.Length == 0 ? numbers[Plane(pair) * shape.Voxels + voxel] : HasLabel(pair, voxel) ? 1f : 0f;

    /// <summary>Whether the target is more than a half.</summary>
    public bool IsOfClass(int pair, long voxel) =>
        labels.Length == 0 ? numbers[Plane(pair) * shape.Voxels + voxel] > 0.5f : HasLabel(pair, voxel);

    /// <summary>The plane of a pair among those of all classes.</summary>
    public long Plane(int pair) => SampleOf(pair) * shape.Classes + ClassOf(pair);

    private bool HasLabel(int pair, long voxel) =>
        labels[SampleOf(pair) * shape.Voxels + voxel] == (shape.Classes == 1 ? 1 : ClassOf(pair));

    private long SampleOf(int pair) => pair / (shape.Classes - shape.FirstClass);

    private int ClassOf(int pair) => shape.FirstClass + pair % (shape.Classes - shape.FirstClass);
}
