using System.Numerics;
using GpuLoss.Kernels.Host;

namespace GpuLoss.Kernels.Shape;

/// <summary>Losses that are known with their slopes by every prediction: what is left to do forward and backward.</summary>
internal static unsafe class PlaneSlopes
{
    /// <summary>The sum over the voxels that count of every prediction times a number.</summary>
    /// <param name="tensors">The predictions.</param>
    /// <param name="factors">The numbers, [N, C', V].</param>
    /// <param name="values">Receives [N, C'].</param>
    /// <param name="team">The threads.</param>
    /// <typeparam name="T">float or double.</typeparam>
    public static void Products<T>(in ShapeTensors<T> tensors, T* factors, Span<double> values, IThreadTeam team)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (var pair = 0; pair < tensors.Pairs; pair++)
        {
            var plane = tensors.Plane(pair);
            var own = factors + pair * tensors.Voxels;
            values[pair] = VoxelChunks.Sum(team, plane.Voxels, (first, end) => Product(plane, own, first, end));
        }
    }

    /// <summary>Writes the gradient: the slopes times the gradient of their value. A class that does not count has none.</summary>
    /// <param name="slopes">[N, C', V].</param>
    /// <param name="gradient">[N, C', V] of [N, C, V]: receives it.</param>
    /// <param name="shape">N, C, C' and V.</param>
    /// <param name="ofValues">[R, C'], where R is N, or 1 if the values are those of all samples.</param>
    /// <param name="team">The threads.</param>
    /// <typeparam name="T">float or double.</typeparam>
    public static void Gradient<T>(T* slopes, T* gradient, PlaneShape shape, ReadOnlySpan<double> ofValues, IThreadTeam team)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var counted = shape.Classes - shape.FirstClass;
        for (var plane = 0; plane < shape.Samples * shape.Classes; plane++)
        {
            var (sample, @class) = Math.DivRem(plane, shape.Classes);
            var to = gradient + plane * shape.Voxels;
            var pair = sample * counted + @class - shape.FirstClass;
            var from = slopes + pair * shape.Voxels;
            var factor = @class < shape.FirstClass ? 0 : ofValues[ofValues.Length == counted ? @class - shape.FirstClass : pair];
            VoxelChunks.ForEach(team, shape.Voxels, (first, end) =>
            {
                var destination = new Span<T>(to + first, (int)(end - first));
                if (@class < shape.FirstClass)
                    destination.Clear();
                else
                {
                    System.Numerics.Tensors.TensorPrimitives.Multiply(new ReadOnlySpan<T>(from + first, (int)(end - first)),
                        T.CreateTruncating(factor), destination);
                }

            });
        }
    }

    private static double Product<T>(ShapePlane<T> plane, T* factors, long first, long end)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var sum = 0.0;
        for (var voxel = first; voxel < end; voxel++)
        {
            if (plane.Counts(voxel))
                sum += double.CreateTruncating(plane.Predictions[voxel]) * double.CreateTruncating(factors[voxel]);
        }

        return sum;
    }
}

/// <summary>The sizes of predictions [N, C, V].</summary>
/// <param name="Samples">N.</param>
/// <param name="Classes">C.</param>
/// <param name="FirstClass">The first class that counts.</param>
/// <param name="Voxels">V.</param>
internal readonly record struct PlaneShape(int Samples, int Classes, int FirstClass, long Voxels);
