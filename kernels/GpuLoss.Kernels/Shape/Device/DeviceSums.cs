using ILGPU;

namespace GpuLoss.Kernels.Shape.Device;

/// <summary>Sums in double whose order the sizes alone decide: no atomics, so that two runs give the same bits.</summary>
internal static class DeviceSums
{
    private const int MostWarps = 32;

    /// <summary>The sum over the threads of a block, in its first thread. All of them have to come.</summary>
    public static double OfBlock(double value)
    {
        var rows = SharedMemory.Allocate1D<double>(MostWarps);
        for (var distance = Warp.WarpSize >> 1; distance > 0; distance >>= 1)
            value += Warp.ShuffleXor(value, distance);
        if (Warp.IsFirstLane)
            rows[Warp.WarpIdx] = value;
        Group.Barrier();
        var sum = 0.0;
        if (Group.IdxX == 0)
        {
            for (var warp = 0; warp < Group.DimX / Warp.WarpSize; warp++)
                sum += rows[warp];
        }

        Group.Barrier();
        return sum;
    }

    /// <summary>Adds up what the blocks of a launch left, a thread for each row.</summary>
    /// <param name="partials">[rows, blocks].</param>
    /// <param name="sums">Receives [rows].</param>
    /// <param name="blocks">The number of blocks.</param>
    public static void Rows(ArrayView<double> partials, ArrayView<double> sums, int blocks)
    {
        var row = (long)Grid.IdxX * Group.DimX + Group.IdxX;
        if (row >= sums.Length)
            return;
        var sum = 0.0;
        for (var block = 0; block < blocks; block++)
            sum += partials[row * blocks + block];
        sums[row] = sum;
    }
}
