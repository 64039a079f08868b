using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host;

namespace GpuLoss.Kernels.Shape;

/// <summary>
/// The exact Euclidean distance of every voxel of a grid to the nearest voxel of a set: along the contiguous axis the nearest of a line,
/// then along each other axis in turn the <see cref="LowerEnvelope"/> of parabolas. The time grows with the number of voxels alone.
/// </summary>
internal static unsafe class DistanceTransform
{
    /// <summary>Neighbouring lines that are worked on together, so that whole cache lines move where a line is strided.</summary>
    private const int LinesAtOnce = 16;

    /// <summary>Contiguous lines per step.</summary>
    private const int LinesPerStep = 64;

    /// <summary>Squared distances to the nearest voxel whose byte is (not) 0.</summary>
    /// <param name="grid">The voxels.</param>
    /// <param name="marks">A byte for each.</param>
    /// <param name="toMarked">Whether the set is of the voxels whose byte is not 0, or of the others.</param>
    /// <param name="squared">Receives the squares of the distances, in the units of the spacing: 0 in the set, infinite everywhere where it
    /// is empty. Exact, as far as double is.</param>
    /// <param name="team">The threads to use. The bits do not depend on them.</param>
    public static void Squared(SpatialGrid grid, byte* marks, bool toMarked, double* squared, IThreadTeam team)
    {
        ArgumentNullException.ThrowIfNull(grid);
        ArgumentNullException.ThrowIfNull(team);
        var length = grid.Size(grid.Axes - 1);
        var lines = grid.Voxels / length;
        var area = grid.Spacing(grid.Axes - 1) * grid.Spacing(grid.Axes - 1);
        SharedLoop.ForEach(team, (lines + LinesPerStep - 1) / LinesPerStep, step =>
        {
            for (var line = step * LinesPerStep; line < Math.Min(lines, (step + 1) * LinesPerStep); line++)
                NearestOfLine(marks + line * length, length, toMarked, area, squared + line * length);
        });
        for (var axis = grid.Axes - 2; axis >= 0; axis--)
        {
            if (grid.Size(axis) > 1)
                Along(grid, axis, squared, team);
        }
    }

    /// <summary>The same of memory that .NET keeps.</summary>
    /// <inheritdoc cref="Squared(SpatialGrid, byte*, bool, double*, IThreadTeam)"/>
    /// <exception cref="ArgumentException">There are not as many bytes or distances as voxels.</exception>
    public static void Squared(SpatialGrid grid, ReadOnlySpan<byte> marks, bool toMarked, Span<double> squared, IThreadTeam team)
    {
        ArgumentNullException.ThrowIfNull(grid);
        if (marks.Length != grid.Voxels || squared.Length != grid.Voxels)
        {
            throw new ArgumentException($"marks and squared must have {grid.Voxels} entries, not {marks.Length} and {squared.Length}.",
                nameof(marks));
        }

        fixed (byte* mark = marks)
        fixed (double* distance = squared)
            Squared(grid, mark, toMarked, distance, team);
    }

    /// <summary>Distances of voxels to the nearest whose byte is 0.</summary>
    /// <param name="grid">The voxels.</param>
    /// <param name="marks">A byte for each.</param>
    /// <param name="scratch">As many numbers.</param>
    /// <param name="distances">Receives them, in the units of the spacing; infinite everywhere where no byte is 0.</param>
    /// <param name="team">The threads.</param>
    /// <typeparam name="T">float or double.</typeparam>
    public static void Distances<T>(SpatialGrid grid, byte* marks, double* scratch, T* distances, IThreadTeam team)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Squared(grid, marks, toMarked: false, scratch, team);
        VoxelChunks.ForEach(team, grid.Voxels, (first, end) =>
        {
            var part = new Span<double>(scratch + first, (int)(end - first));
            TensorPrimitives.Sqrt(part, part);
            TensorPrimitives.ConvertTruncating<double, T>(part, new Span<T>(distances + first, part.Length));
        });
    }

    /// <summary>The squared distance to the nearest of a line, from its left and from its right.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void NearestOfLine(byte* marks, long length, bool toMarked, double area, double* squared)
    {
        var apart = double.PositiveInfinity;
        for (var i = 0L; i < length; i++)
        {
            apart = (marks[i] != 0) == toMarked ? 0 : apart + 1;
            squared[i] = apart;
        }

        apart = double.PositiveInfinity;
        for (var i = length - 1; i >= 0; i--)
        {
            apart = squared[i] <= apart + 1 ? squared[i] : apart + 1;
            squared[i] = area * (apart * apart);
        }
    }

    private static void Along(SpatialGrid grid, int axis, double* squared, IThreadTeam team)
    {
        var (length, stride) = (checked((int)grid.Size(axis)), grid.Stride(axis));
        var blocks = (stride + LinesAtOnce - 1) / LinesAtOnce;
        var outer = grid.Voxels / (stride * length);
        SharedLoop.Run(team, blocks * outer, loop =>
        {
            using var scratch = new ScratchMemory(HostEnvelope.Bytes(length) + ScratchMemory.SizeOf<double>((long)length * LinesAtOnce));
            var area = grid.Spacing(axis) * grid.Spacing(axis);
            var envelope = new HostEnvelope(length, area, scratch);
            var columns = scratch.Take<double>((long)length * LinesAtOnce);
            while (loop.TryClaim(out var step))
            {
                var first = step % blocks * LinesAtOnce;
                Columns(
                    squared + step / blocks * stride * length + first, length, stride, (int)Math.Min(LinesAtOnce, stride - first), envelope,
                        area, columns);
            }
        });
    }

    /// <summary>Some neighbouring lines, each a column of the memory at <paramref name="corner"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Columns(double* corner, int length, long stride, int count, HostEnvelope envelope, double area, double* columns)
    {
        for (var i = 0; i < length; i++)
        {
            for (var line = 0; line < count; line++)
                columns[line * length + i] = corner[i * stride + line];
        }

        for (var line = 0; line < count; line++)
            LowerEnvelope.Replace(envelope.Of(columns + line * length), length, area);
        for (var i = 0; i < length; i++)
        {
            for (var line = 0; line < count; line++)
                corner[i * stride + line] = columns[line * length + i];
        }
    }
}
