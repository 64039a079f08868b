using System.Runtime.CompilerServices;

namespace GpuLoss.Kernels.Shape;

/// <summary>A line, and memory for its envelope.</summary>
internal interface IEnvelopeMemory
{
    /// <summary>f at a place.</summary>
    double Read(int place);

    /// <summary>Replaces f.</summary>
    void Write(int place, double value);

    /// <summary>A number kept for a place or a parabola.</summary>
    double Lifted(int index);

    /// <summary>Keeps one.</summary>
    void Lift(int index, double value);

    /// <summary>Where a parabola begins to be the lowest.</summary>
    double Border(int index);

    /// <summary>Keeps that.</summary>
    void Bound(int index, double border);

    /// <summary>The place of a parabola.</summary>
    int Vertex(int index);

    /// <summary>Keeps that.</summary>
    void Root(int index, int place);

    /// <summary>1 / (2·h²·apart).</summary>
    double Inverse(int apart);
}

/// <summary>
/// The lowest of the parabolas <c>f(j) + h²·(i - j)²</c> at every place i of a line, in time that grows with its length (Felzenszwalb and
/// Huttenlocher, Distance transforms of sampled functions, 2012, algorithm 1). Where f is infinite there is no parabola.
/// </summary>
internal static class LowerEnvelope
{
    /// <summary>Replaces a line by its envelope. A line that is infinite everywhere stays so.</summary>
    /// <param name="memory">The line.</param>
    /// <param name="length">Its places.</param>
    /// <param name="area">h², the square of the distance of two places.</param>
    /// <typeparam name="TMemory">Where it lies.</typeparam>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Replace<TMemory>(TMemory memory, int length, double area)
        where TMemory : struct, IEnvelopeMemory
    {
        var last = Vertices(memory, length, area);

        // The values of the parabolas that are lowest somewhere are in the way of those to be written.
        for (var k = 0; k <= last; k++)
            memory.Lift(k, memory.Read(memory.Vertex(k)));
        for (int i = 0, k = 0; i < length && last >= 0; i++)
        {
            while (k < last && memory.Border(k + 1) < i)
                k++;
            var apart = (double)(i - memory.Vertex(k));
            memory.Write(i, memory.Lifted(k) + area * (apart * apart));
        }
    }

    /// <summary>The places whose parabolas are lowest somewhere, and where each begins to be.</summary>
    /// <returns>The index of the last, -1 where there is none.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Vertices<TMemory>(TMemory memory, int length, double area)
        where TMemory : struct, IEnvelopeMemory
    {
        var last = -1;
        for (var i = 0; i < length; i++)
        {
            var value = memory.Read(i);
            if (value == double.PositiveInfinity)
                continue;
            var border = double.NegativeInfinity;
            var height = value + area * ((double)i * i);
            while (last >= 0)
            {
                var vertex = memory.Vertex(last);
                border = (height - memory.Lifted(vertex)) * memory.Inverse(i - vertex);
                if (border > memory.Border(last))
                    break;
                last--;
                border = double.NegativeInfinity;
            }

            last++;
            memory.Lift(i, height);
            memory.Root(last, i);
            memory.Bound(last, border);
        }

        return last;
    }
}
