using System.Buffers;
using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>The host kernels of one register type, run over all tiles of a call by a team of threads.</summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal static unsafe class HostKernels<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    /// <summary>Gradients of this size and above are stored past the caches: the caches would not hold them until they are read.</summary>
    private const long StreamingBytes = 4L << 20;

    /// <summary>Reduce with the kernel that the loss and the label type ask for.</summary>
    public static void Reduce(HostArguments arguments, IThreadTeam team, Span<double> statistics)
    {
        if (arguments.Loss.Overlap.SquaredPrediction != 0)
            Reduce<Yes>(arguments, team, statistics);
        else
            Reduce<No>(arguments, team, statistics);
    }

    /// <summary>Spread with the kernel that the loss, the label type and the alignment of the gradient ask for.</summary>
    public static void Spread(HostArguments arguments, IThreadTeam team, ClassCoefficients* coefficients, float* gradient)
    {
        var register = TLanes.Count * sizeof(float);
        var aligned = (nuint)gradient % (nuint)register == 0 && arguments.Shape.Voxels * sizeof(float) % register == 0;
        var bytes = arguments.Shape.Samples * arguments.Shape.Classes * arguments.Shape.Voxels * sizeof(float);
        if (aligned && bytes >= StreamingBytes)
            Spread<Yes>(arguments, team, coefficients, gradient);
        else
            Spread<No>(arguments, team, coefficients, gradient);
    }

    private static void Reduce<TSquared>(HostArguments arguments, IThreadTeam team, Span<double> statistics)
        where TSquared : struct, IPolicy
    {
        if (!arguments.Loss.HasCrossEntropy)
            Reduce<NoCrossEntropy, TSquared>(arguments, team, statistics);
        else if (arguments.Weights == null)
            Reduce<UnweightedCrossEntropy, TSquared>(arguments, team, statistics);
        else
            Reduce<WeightedCrossEntropy, TSquared>(arguments, team, statistics);
    }

    private static void Reduce<TCrossEntropy, TSquared>(HostArguments arguments, IThreadTeam team, Span<double> statistics)
        where TCrossEntropy : struct, ICrossEntropyPolicy
        where TSquared : struct, IPolicy
    {
        if (arguments.LabelType == LabelType.UInt8)
            Reduce<ByteLabels, TCrossEntropy, TSquared>(arguments, team, statistics);
        else
            Reduce<LongLabels, TCrossEntropy, TSquared>(arguments, team, statistics);
    }

    private static void Reduce<TLabels, TCrossEntropy, TSquared>(HostArguments arguments, IThreadTeam team, Span<double> statistics)
        where TLabels : struct, IHostLabels
        where TCrossEntropy : struct, ICrossEntropyPolicy
        where TSquared : struct, IPolicy
    {
        var queue = new TileQueue(arguments.Shape);
        var stride = new StatisticsLayout(arguments.Shape.Classes).Stride;
        var rows = ArrayPool<double>.Shared.Rent(checked(queue.Count * stride));
        try
        {
            RunOn(team, queue.Count, () => ReduceTiles<TLabels, TCrossEntropy, TSquared>(arguments, queue, rows));

            // One partial row per tile, added in the order of the tiles.
            statistics.Clear();
            for (var tile = 0; tile < queue.Count; tile++)
            {
                var sample = statistics.Slice(queue.SampleOf(tile) * stride, stride);
                var row = rows.AsSpan(tile * stride, stride);
                for (var i = 0; i < stride; i++)
                    sample[i] += row[i];
            }
        }
        finally
        {
            ArrayPool<double>.Shared.Return(rows);
        }
    }

    private static void ReduceTiles<TLabels, TCrossEntropy, TSquared>(HostArguments arguments, TileQueue queue, double[] rows)
        where TLabels : struct, IHostLabels
        where TCrossEntropy : struct, ICrossEntropyPolicy
        where TSquared : struct, IPolicy
    {
        var classes = arguments.Shape.Classes;
        var stride = new StatisticsLayout(classes).Stride;
        using var scratch = new ScratchMemory(
            SoftmaxQuad<TLanes>.ScratchSize(classes) + ReduceSums<TLanes>.ScratchSize(classes) + TileTail<TLanes>.ScratchSize(classes));
        var softmax = new SoftmaxQuad<TLanes>(scratch, classes);
        var sums = new ReduceSums<TLanes>(scratch, classes);
        var tail = new TileTail<TLanes>(scratch, classes);
        while (queue.TryClaim(out var index))
        {
            var tile = queue.View(arguments, null, index);
            sums.Clear();
            var voxel = 0;
            while (true)
            {
                voxel = ReduceKernel<TLanes, TCrossEntropy, TSquared>.AddWhileAllCount<TLabels>(tile, softmax, sums, voxel);
                if (voxel + Quad<TLanes>.Count > tile.Voxels)
                    break;
                ReduceKernel<TLanes, TCrossEntropy, TSquared>.AddOneQuad<TLabels>(tile, softmax, sums, voxel);
                voxel += Quad<TLanes>.Count;
            }

            if (voxel < tile.Voxels)
            {
                var rest = tail.CopyFrom<TLabels>(tile, voxel);
                ReduceKernel<TLanes, TCrossEntropy, TSquared>.AddOneQuad<IntLabels>(rest, softmax, sums, 0);
            }

            sums.Finish(rows.AsSpan(index * stride, stride), arguments.Weights);
        }
    }

    private static void Spread<TStreaming>(HostArguments arguments, IThreadTeam team, ClassCoefficients* coefficients, float* gradient)
        where TStreaming : struct, IPolicy
    {
        if (arguments.Loss.Overlap.SquaredPrediction != 0)
            Spread<Yes, TStreaming>(arguments, team, coefficients, gradient);
        else
            Spread<No, TStreaming>(arguments, team, coefficients, gradient);
    }

    private static void Spread<TSquared, TStreaming>(
        HostArguments arguments, IThreadTeam team, ClassCoefficients* coefficients, float* gradient)
        where TSquared : struct, IPolicy
        where TStreaming : struct, IPolicy
    {
        var queue = new TileQueue(arguments.Shape);
        Action work = arguments.LabelType == LabelType.UInt8
            ? () => SpreadTiles<ByteLabels, TSquared, TStreaming>(arguments, queue, coefficients, gradient)
            : () => SpreadTiles<LongLabels, TSquared, TStreaming>(arguments, queue, coefficients, gradient);
        RunOn(team, queue.Count, work);
    }

    private static void SpreadTiles<TLabels, TSquared, TStreaming>(
        HostArguments arguments, TileQueue queue, ClassCoefficients* coefficients, float* gradient)
        where TLabels : struct, IHostLabels
        where TSquared : struct, IPolicy
        where TStreaming : struct, IPolicy
    {
        var classes = arguments.Shape.Classes;
        using var scratch = new ScratchMemory(SoftmaxQuad<TLanes>.ScratchSize(classes) + TileTail<TLanes>.ScratchSize(classes));
        var softmax = new SoftmaxQuad<TLanes>(scratch, classes);
        var tail = new TileTail<TLanes>(scratch, classes);
        while (queue.TryClaim(out var claimed))
        {
            // Against the order of Reduce: what it read last is still in the last-level cache.
            var index = queue.Count - 1 - claimed;
            var tile = queue.View(arguments, gradient, index);
            var ofSample = coefficients + (long)queue.SampleOf(index) * classes;
            var voxel = 0;
            while (true)
            {
                voxel = SpreadKernel<TLanes, TSquared, TStreaming>.WriteWhileAllCount<TLabels>(tile, softmax, ofSample, voxel);
                if (voxel + Quad<TLanes>.Count > tile.Voxels)
                    break;
                SpreadKernel<TLanes, TSquared, TStreaming>.WriteOneQuad<TLabels>(tile, softmax, ofSample, voxel);
                voxel += Quad<TLanes>.Count;
            }

            if (voxel < tile.Voxels)
            {
                var rest = tail.CopyFrom<TLabels>(tile, voxel);
                SpreadKernel<TLanes, TSquared, No>.WriteOneQuad<IntLabels>(rest, softmax, ofSample, 0);
                tail.CopyGradientTo(tile, voxel);
            }
        }
    }

    private static void RunOn(IThreadTeam team, int tiles, Action work)
    {
        var threads = Math.Min(team.Size, tiles);
        if (threads <= 1)
            work();
        else
            team.Run(threads, work);
    }
}
