using System.Numerics;
using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host;

namespace GpuLoss.Kernels.Shape;

/// <summary>What a loss of shapes reads: predictions [N, C, V], a target, and which voxels count. All of it is contiguous.</summary>
/// <typeparam name="T">float or double.</typeparam>
internal readonly unsafe struct ShapeTensors<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>N.</summary>
    public required int Samples { get; init; }

    /// <summary>C.</summary>
    public required int Classes { get; init; }

    /// <summary>V.</summary>
    public required long Voxels { get; init; }

    /// <summary>The first class that counts: 1 leaves the background out.</summary>
    public required int FirstClass { get; init; }

    /// <summary>p, [N, C, V].</summary>
    public required T* Predictions { get; init; }

    /// <summary>Class indices [N, V], -1 where a voxel does not count; with one class 0 and 1. Null where there are
    /// <see cref="Numbers"/>.</summary>
    public required int* Labels { get; init; }

    /// <summary>A number for every class, [N, C, V], or null.</summary>
    public required T* Numbers { get; init; }

    /// <summary>[N, V], 0 where a voxel does not count; null where all do.</summary>
    public required byte* Counted { get; init; }

    /// <summary>The classes that count.</summary>
    public int CountedClasses => Classes - FirstClass;

    /// <summary>The pairs of a sample and a class that counts.</summary>
    public int Pairs => Samples * CountedClasses;

    /// <summary>One pair of a sample and a class that counts.</summary>
    /// <param name="pair">0 to <see cref="Pairs"/> - 1; the classes of a sample follow one another.</param>
    internal ShapePlane<T> Plane(int pair) => Plane(pair / CountedClasses, FirstClass + pair % CountedClasses);

    /// <summary>One class of one sample.</summary>
    internal ShapePlane<T> Plane(int sample, int @class)
    {
        var offset = ((long)sample * Classes + @class) * Voxels;
        return new()
        {
            Voxels = Voxels,
            Predictions = Predictions + offset,
            Numbers = Numbers == null ? null : Numbers + offset,
            Labels = Labels == null ? null : Labels + sample * Voxels,
            Label = Classes == 1 ? 1 : @class,
            Counted = Counted == null ? null : Counted + sample * Voxels,
        };
    }
}

/// <summary>One class of one sample.</summary>
internal readonly unsafe struct ShapePlane<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private static readonly T Half = T.CreateChecked(0.5);

    public required long Voxels { get; init; }

    public required T* Predictions { get; init; }

    public required T* Numbers { get; init; }

    public required int* Labels { get; init; }

    /// <summary>The label that is this class.</summary>
    public required int Label { get; init; }

    public required byte* Counted { get; init; }

    /// <summary>Whether a voxel counts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Counts(long voxel) => Counted == null || Counted[voxel] != 0;

    /// <summary>The target.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Target(long voxel) => Numbers != null ? Numbers[voxel] : Labels[voxel] == Label ? T.One : T.Zero;

    /// <summary>Whether the target is more than a half.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsOfClass(long voxel) => Numbers != null ? Numbers[voxel] > Half : Labels[voxel] == Label;

    /// <summary>Marks the voxels that count and whose target is more than a half.</summary>
    /// <returns>How many there are.</returns>
    public long MarkTarget(byte* marks, IThreadTeam team)
    {
        var plane = this;
        return (long)VoxelChunks.Sum(team, Voxels, (first, end) => MarkTarget(plane, marks, first, end));
    }

    /// <summary>Marks the voxels that count and whose prediction is more than a half.</summary>
    /// <returns>How many there are.</returns>
    public long MarkPrediction(byte* marks, IThreadTeam team)
    {
        var plane = this;
        return (long)VoxelChunks.Sum(team, Voxels, (first, end) => MarkPrediction(plane, marks, first, end));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double MarkTarget(ShapePlane<T> plane, byte* marks, long first, long end)
    {
        var marked = 0L;
        for (var voxel = first; voxel < end; voxel++)
        {
            var isMarked = plane.IsOfClass(voxel) && plane.Counts(voxel);
            marks[voxel] = isMarked ? (byte)1 : (byte)0;
            marked += isMarked ? 1 : 0;
        }

        return marked;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double MarkPrediction(ShapePlane<T> plane, byte* marks, long first, long end)
    {
        var marked = 0L;
        for (var voxel = first; voxel < end; voxel++)
        {
            var isMarked = plane.Predictions[voxel] > Half && plane.Counts(voxel);
            marks[voxel] = isMarked ? (byte)1 : (byte)0;
            marked += isMarked ? 1 : 0;
        }

        return marked;
    }
}
