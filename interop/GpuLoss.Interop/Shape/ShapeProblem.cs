using System.Numerics;
using GpuLoss.Kernels.Shape;

namespace GpuLoss.Interop.Shape;

/// <summary>What a loss of shapes is asked of: the sizes, and where the tensors lie. They are contiguous, on one device.</summary>
/// <param name="Samples">N.</param>
/// <param name="Classes">C.</param>
/// <param name="FirstClass">The first class that counts: 1 leaves the background out.</param>
/// <param name="Grid">The voxels of a sample.</param>
/// <param name="IsDouble">Whether predictions, numbers, slopes and gradient are float64; else they are float32.</param>
internal sealed record ShapeProblem(int Samples, int Classes, int FirstClass, SpatialGrid Grid, bool IsDouble)
{
    /// <summary>p, [N, C, V]; 0 where they are not needed.</summary>
    public nint Predictions { get; init; }

    /// <summary>int32 class indices [N, V], -1 where a voxel does not count; 0 where there are <see cref="Numbers"/>.</summary>
    public nint Labels { get; init; }

    /// <summary>A number for every class, [N, C, V]; 0 where there are <see cref="Labels"/>.</summary>
    public nint Numbers { get; init; }

    /// <summary>Bytes [N, V], 0 where a voxel does not count; 0 where all do.</summary>
    public nint Counted { get; init; }

    /// <summary>N · C', the values of a loss that is not reduced.</summary>
    public int Pairs => checked(Samples * (Classes - FirstClass));

    internal PlaneShape Shape => new(Samples, Classes, FirstClass, Grid.Voxels);

    /// <summary>The tensors.</summary>
    /// <typeparam name="T">The type of predictions and numbers.</typeparam>
    internal unsafe ShapeTensors<T> Tensors<T>()
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => new()
        {
            Samples = Samples,
            Classes = Classes,
            FirstClass = FirstClass,
            Voxels = Grid.Voxels,
            Predictions = (T*)Predictions,
            Labels = (int*)Labels,
            Numbers = (T*)Numbers,
            Counted = (byte*)Counted,
        };
}
