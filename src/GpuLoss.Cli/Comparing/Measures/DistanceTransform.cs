using GpuLoss.Cli.Volumes;

namespace GpuLoss.Cli.Comparing.Measures;

/// <summary>
/// The exact Euclidean distance of every voxel to the nearest voxel of a set: along each axis in turn, the lower envelope of parabolas
/// (Felzenszwalb and Huttenlocher 2012).
/// </summary>
internal static class DistanceTransform
{
    /// <summary>Squared distances in mm; infinite everywhere where the set is empty.</summary>
    public static double[] Squared(GridSize size, VoxelSpacing spacing, IReadOnlyCollection<int> set)
    {
        var field = new double[size.Voxels];
        Array.Fill(field, double.PositiveInfinity);
        foreach (var voxel in set)
            field[voxel] = 0;
        if (set.Count == 0)
            return field;
        Along(field, size.X, spacing.X, 1, [.. Lines(size.Y * size.Z, line => line * size.X)]);
        Along(field, size.Y, spacing.Y, size.X, [.. Lines(size.X * size.Z, line => line / size.X * size.X * size.Y + line % size.X)]);
        Along(field, size.Z, spacing.Z, size.X * size.Y, [.. Lines(size.X * size.Y, line => line)]);
        return field;
    }

    private static IEnumerable<int> Lines(int count, Func<int, int> begin) => Enumerable.Range(0, count).Select(begin);

    private static void Along(double[] field, int length, double edge, int stride, int[] begins)
    {
        var (values, vertices, borders) = (new double[length], new int[length], new double[length + 1]);
        foreach (var begin in begins)
        {
            for (var i = 0; i < length; i++)
                values[i] = field[begin + i * stride] / (edge * edge);
            var last = Envelope(values, vertices, borders);
            if (last < 0)
                continue;
            for (int i = 0, k = 0; i < length; i++)
            {
                while (k < last && borders[k + 1] < i)
                    k++;
                field[begin + i * stride] = edge * edge * ((double)(i - vertices[k]) * (i - vertices[k]) + values[vertices[k]]);
            }
        }
    }

    /// <summary>The parabolas that are lowest somewhere, and where each begins to be; returns the index of the last, -1 where there is none.</summary>
    private static int Envelope(double[] values, int[] vertices, double[] borders)
    {
        var last = -1;
        for (var i = 0; i < values.Length; i++)
        {
            if (double.IsPositiveInfinity(values[i]))
                continue;
            var border = double.NegativeInfinity;
            while (last >= 0)
            {
                var vertex = vertices[last];
                border = (values[i] - values[vertex] + (double)i * i - (double)vertex * vertex) / (2.0 * (i - vertex));
                if (border > borders[last])
                    break;
                last--;
                border = double.NegativeInfinity;
            }

            last++;
            (vertices[last], borders[last]) = (i, border);
        }

        return last;
    }
}
