using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host;

namespace GpuLoss.Kernels.Shape;

/// <summary>
/// The lowest of the parabolas <c>f(j) + h²·(i - j)²</c> at every place i of a line, in time that grows with its length (Felzenszwalb and
/// Huttenlocher, Distance transforms of sampled functions, 2012, algorithm 1). Where f is infinite there is no parabola.
/// </summary>
internal readonly unsafe struct LowerEnvelope
{
    private readonly int length;
    private readonly double area;
    private readonly double* inverses;
    private readonly double* lifted;
    private readonly double* borders;
    private readonly int* vertices;

    /// <summary>Takes the memory for lines of a length.</summary>
    /// <param name="length">Places of a line.</param>
    /// <param name="spacing">h, the distance of two places.</param>
    /// <param name="scratch">Has <see cref="Bytes"/>.</param>
    public LowerEnvelope(int length, double spacing, ScratchMemory scratch)
    {
        this.length = length;
        area = spacing * spacing;
        inverses = scratch.Take<double>(length);
        lifted = scratch.Take<double>(length);
        borders = scratch.Take<double>(length + 1L);
        vertices = scratch.Take<int>(length);
        for (var apart = 1; apart < length; apart++)
            inverses[apart] = 1 / (2 * area * apart);
    }

    /// <summary>The memory that lines of a length take.</summary>
    public static long Bytes(int length) =>
        2 * ScratchMemory.SizeOf<double>(length) + ScratchMemory.SizeOf<double>(length + 1L) + ScratchMemory.SizeOf<int>(length);

    /// <summary>Replaces a line by its envelope. A line that is infinite everywhere stays so.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Replace(double* line)
    {
        var last = Vertices(line);
        if (last < 0)
            return;

        // The values of the parabolas that are lowest somewhere are in the way of those to be written.
        for (var k = 0; k <= last; k++)
            lifted[k] = line[vertices[k]];
        for (int i = 0, k = 0; i < length; i++)
        {
            while (k < last && borders[k + 1] < i)
                k++;
            var apart = (double)(i - vertices[k]);
            line[i] = lifted[k] + area * (apart * apart);
        }
    }

    /// <summary>The places whose parabolas are lowest somewhere, and where each begins to be.</summary>
    /// <returns>The index of the last, -1 where there is none.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Vertices(double* line)
    {
        var last = -1;
        for (var i = 0; i < length; i++)
        {
            if (double.IsPositiveInfinity(line[i]))
                continue;
            var border = double.NegativeInfinity;
            var height = line[i] + area * ((double)i * i);
            while (last >= 0)
            {
                var vertex = vertices[last];
                border = (height - lifted[vertex]) * inverses[i - vertex];
                if (border > borders[last])
                    break;
                last--;
                border = double.NegativeInfinity;
            }

            last++;
            lifted[i] = height;
            vertices[last] = i;
            borders[last] = border;
        }

        return last;
    }
}
