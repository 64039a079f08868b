using ILGPU;
using ILGPU.Util;

namespace GpuLoss.Kernels.Shape.Device;

/// <summary>
/// The exact Euclidean distance transform on the device, of many volumes at once, in the doubles of the host's: along the contiguous axis a
/// warp for each line, then along each other axis a thread for each line, whose neighbours are those of its warp.
/// </summary>
internal static class DeviceDistance
{
    private const int WarpThreads = 32;

    /// <summary>No voxel of the set.</summary>
    private const int None = -1;

    /// <summary>The squared distance to the nearest of a contiguous line, from its left and from its right.</summary>
    /// <param name="marks">A byte for each voxel.</param>
    /// <param name="squared">Receives them.</param>
    /// <param name="lines">The lines of all volumes.</param>
    /// <param name="length">Voxels of a line.</param>
    /// <param name="toMarked">1 where the set is of the voxels whose byte is not 0, else 0.</param>
    /// <param name="area">The square of the spacing.</param>
    public static void Line(ArrayView<byte> marks, ArrayView<double> squared, long lines, int length, int toMarked, double area)
    {
        var line = (long)Grid.IdxX * (Group.DimX / WarpThreads) + Warp.WarpIdx;
        if (line >= lines)
            return;
        var (first, lane, nearest) = (line * length, Warp.LaneIdx, None);
        for (var start = 0; start < length; start += WarpThreads)
        {
            var i = start + lane;
            var place = i < length && (marks[first + i] != 0) == (toMarked != 0) ? i : None;
            for (var distance = 1; distance < WarpThreads; distance <<= 1)
            {
                var before = Warp.ShuffleUp(place, distance);
                place = Utilities.Select(lane >= distance, Math.Max(place, before), place);
            }

            place = Math.Max(place, nearest);
            if (i < length)
                squared[first + i] = place == None ? double.PositiveInfinity : i - place;
            nearest = Warp.Shuffle(place, WarpThreads - 1);
        }

        nearest = int.MaxValue;
        for (var start = (length - 1) / WarpThreads * WarpThreads; start >= 0; start -= WarpThreads)
        {
            var i = start + lane;
            var apart = i < length ? squared[first + i] : double.PositiveInfinity;
            var place = apart == 0 ? i : int.MaxValue;
            for (var distance = 1; distance < WarpThreads; distance <<= 1)
            {
                var behind = Warp.ShuffleDown(place, distance);
                place = Utilities.Select(lane + distance < WarpThreads, Math.Min(place, behind), place);
            }

            place = Math.Min(place, nearest);
            if (i < length)
            {
                if (place != int.MaxValue)
                    apart = Math.Min(apart, place - i);
                squared[first + i] = area * (apart * apart);
            }

            nearest = Warp.Shuffle(place, 0);
        }
    }

    /// <summary>Replaces every line along an axis by its envelope.</summary>
    /// <param name="squared">The lines.</param>
    /// <param name="lifted">A double for each voxel.</param>
    /// <param name="borders">Likewise.</param>
    /// <param name="vertices">An int for each voxel.</param>
    /// <param name="lines">The lines of all volumes.</param>
    /// <param name="length">Voxels of a line.</param>
    /// <param name="stride">From one to the next.</param>
    /// <param name="area">The square of the spacing.</param>
    public static void Envelope(
        ArrayView<double> squared, ArrayView<double> lifted, ArrayView<double> borders, ArrayView<int> vertices, long lines, int length,
        long stride, double area)
    {
        var line = (long)Grid.IdxX * Group.DimX + Group.IdxX;
        if (line >= lines)
            return;
        var first = line / stride * stride * length + line % stride;
        LowerEnvelope.Replace(new DeviceEnvelope(squared, lifted, borders, vertices, first, stride, line, lines, area), length, area);
    }

    /// <summary>Makes distances of their squares.</summary>
    /// <param name="squared">The squares.</param>
    /// <param name="singles">Receives them in float32; or none.</param>
    /// <param name="doubles">Or in float64.</param>
    public static void Roots(ArrayView<double> squared, ArrayView<float> singles, ArrayView<double> doubles)
    {
        var step = (long)Grid.DimX * Group.DimX;
        for (var voxel = (long)Grid.IdxX * Group.DimX + Group.IdxX; voxel < squared.Length; voxel += step)
        {
            var distance = Math.Sqrt(squared[voxel]);
            if (singles.Length > 0)
                singles[voxel] = (float)distance;
            else
                doubles[voxel] = distance;
        }
    }
}

/// <summary>A line in device memory. What is kept for places lies as the lines do: neighbours next to one another.</summary>
internal readonly struct DeviceEnvelope(
    ArrayView<double> squared, ArrayView<double> lifted, ArrayView<double> borders, ArrayView<int> vertices, long first, long stride,
    long line, long lines, double area) : IEnvelopeMemory
{
    private readonly ArrayView<double> squared = squared;
    private readonly ArrayView<double> lifted = lifted;
    private readonly ArrayView<double> borders = borders;
    private readonly ArrayView<int> vertices = vertices;
    private readonly long first = first;
    private readonly long stride = stride;
    private readonly long line = line;
    private readonly long lines = lines;
    private readonly double area = area;

    public double Read(int place) => squared[first + place * stride];

    public void Write(int place, double value) => squared[first + place * stride] = value;

    public double Lifted(int index) => lifted[index * lines + line];

    public void Lift(int index, double value) => lifted[index * lines + line] = value;

    public double Border(int index) => borders[index * lines + line];

    public void Bound(int index, double border) => borders[index * lines + line] = border;

    public int Vertex(int index) => vertices[index * lines + line];

    public void Root(int index, int place) => vertices[index * lines + line] = place;

    public double Inverse(int apart) => 1 / (2 * area * apart);
}
