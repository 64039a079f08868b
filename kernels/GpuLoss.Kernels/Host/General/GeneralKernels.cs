using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host.General;

/// <summary>The general passes of one register type, run over all tiles of a call by a team of threads.</summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal static unsafe class GeneralKernels<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    /// <summary>Reduce.</summary>
    public static void Reduce(GeneralArguments arguments, IThreadTeam team, Span<double> statistics, void* values)
    {
        var queue = new TileQueue(arguments.Shape);
        var stride = new StatisticsLayout(arguments.Shape.Classes).Stride;
        var ofTile = (long)arguments.Sums * stride;
        using var partials = new ScratchMemory(ScratchMemory.SizeOf<double>(queue.Count * ofTile));
        var rows = partials.Take<double>(queue.Count * ofTile);
        queue.RunOn(team, () => ReduceTiles(arguments, queue, rows, (byte*)values));

        // One partial row per tile and sum, added in the order of the tiles.
        statistics.Clear();
        for (var tile = 0; tile < queue.Count; tile++)
        {
            for (var sum = 0; sum < arguments.Sums; sum++)
            {
                var total = statistics.Slice((sum * arguments.Shape.Samples + queue.SampleOf(tile)) * stride, stride);
                var row = rows + tile * ofTile + sum * stride;
                for (var i = 0; i < stride; i++)
                    total[i] += row[i];
            }
        }
    }

    /// <summary>Spread.</summary>
    public static void Spread(GeneralArguments arguments, IThreadTeam team, ClassCoefficients* coefficients, void* seeds, void* gradient)
    {
        var queue = new TileQueue(arguments.Shape);
        queue.RunOn(team, () => SpreadTiles(arguments, queue, coefficients, (byte*)seeds, (byte*)gradient));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ReduceTiles(in GeneralArguments arguments, TileQueue queue, double* rows, byte* values)
    {
        var classes = arguments.Shape.Classes;
        var layout = new StatisticsLayout(classes);
        using var scratch = new ScratchMemory(
            GeneralBlock<TLanes>.ScratchSize(classes) + (PredictionRows.Sets + 1) * GeneralBlock<TLanes>.RowsSize(classes));
        var block = new GeneralBlock<TLanes>(scratch, classes);
        var predictions = Predictions(scratch, classes);
        var ofVoxels = GeneralBlock<TLanes>.Rows(scratch, classes);
        while (queue.TryClaim(out var tile))
        {
            var first = rows + (long)tile * arguments.Sums * layout.Stride;
            new Span<double>(first, arguments.Sums * layout.Stride).Clear();
            foreach (var piece in queue.PiecesOf(tile, GeneralBlock<TLanes>.VoxelsFor(classes)))
            {
                var invalid = block.Load(arguments, piece);
                if (arguments.ChecksTarget)
                    invalid += block.CountTargetsOutside(piece.Count);
                for (var sum = 0; sum < arguments.Sums; sum++)
                {
                    var row = first + sum * layout.Stride;
                    row[layout.InvalidLabels(0)] += invalid;
                    var (factors, padded) = (new SumFactors<TLanes>(arguments, sum), GeneralBlock<TLanes>.Padded(piece.Count));
                    PredictionKernel<TLanes>.Fill(factors.Definition, block, predictions, padded);
                    GeneralReduceKernel<TLanes>.AddOverlap(block, factors.Definition.Overlap, predictions, padded, row);
                    if (factors.Definition.HasVoxelTerm == 0)
                        continue;
                    var wanted = values != null && sum == arguments.ValueSum;
                    GeneralReduceKernel<TLanes>.AddTerm(
                        block, factors, predictions, padded, row, wanted ? ofVoxels : default, arguments.ValuesPerClass);
                }

                if (values != null)
                    Copy(arguments, piece, ofVoxels, values, fromRows: true);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SpreadTiles(in GeneralArguments arguments, TileQueue queue, ClassCoefficients* coefficients, byte* seeds, byte* gradient)
    {
        const int rowSets = PredictionRows.Sets + 4;
        var (classes, samples) = (arguments.Shape.Classes, arguments.Shape.Samples);
        using var scratch = new ScratchMemory(GeneralBlock<TLanes>.ScratchSize(classes) + rowSets * GeneralBlock<TLanes>.RowsSize(classes));
        var block = new GeneralBlock<TLanes>(scratch, classes);
        var predictions = Predictions(scratch, classes);
        var (slopes, terms) = (GeneralBlock<TLanes>.Rows(scratch, classes), GeneralBlock<TLanes>.Rows(scratch, classes));
        var (ofVoxels, sums) = (GeneralBlock<TLanes>.Rows(scratch, classes), GeneralBlock<TLanes>.Rows(scratch, classes));
        while (queue.TryClaim(out var claimed))
        {
            var tile = queue.Count - 1 - claimed; // against the order of Reduce, for what is still in the caches
            foreach (var piece in queue.PiecesOf(tile, GeneralBlock<TLanes>.VoxelsFor(classes)))
            {
                block.Load(arguments, piece);
                var padded = GeneralBlock<TLanes>.Padded(piece.Count);
                for (var c = 0; c < classes; c++)
                    new Span<byte>(sums[c], padded * TLanes.ScalarSize).Clear();
                if (seeds != null)
                    Copy(arguments, piece, ofVoxels, seeds, fromRows: false);
                for (var sum = 0; sum < arguments.Sums; sum++)
                {
                    var factors = new SumFactors<TLanes>(arguments, sum);
                    PredictionKernel<TLanes>.Fill(factors.Definition, block, predictions, padded);
                    GeneralSpreadKernel<TLanes>.Add(
                        block, factors, predictions, padded,
                        coefficients + ((long)sum * samples + piece.Sample) * classes,
                        seeds != null && sum == arguments.ValueSum ? ofVoxels : default, arguments.ValuesPerClass, slopes, terms, sums);
                }

                Store(arguments, piece, sums, gradient);
            }
        }
    }

    private static PredictionRows Predictions(ScratchMemory scratch, int classes) => new(
        GeneralBlock<TLanes>.Rows(scratch, classes), GeneralBlock<TLanes>.Rows(scratch, classes), GeneralBlock<TLanes>.Rows(scratch, classes),
        GeneralBlock<TLanes>.Rows(scratch, classes));

    /// <summary>Copies one number per voxel, or per voxel and class, between the rows of a block and memory.</summary>
    private static void Copy(in GeneralArguments arguments, VoxelRange range, ClassRows rows, byte* memory, bool fromRows)
    {
        var count = arguments.ValuesPerClass ? arguments.Shape.Classes : 1;
        var bytes = (long)range.Count * TLanes.ScalarSize;
        for (var c = 0; c < count; c++)
        {
            var there = memory + (((long)range.Sample * count + c) * arguments.Shape.Voxels + range.Voxel) * TLanes.ScalarSize;
            if (fromRows)
                Buffer.MemoryCopy(rows[c], there, bytes, bytes);
            else
                Buffer.MemoryCopy(there, rows[c], bytes, bytes);
        }
    }

    private static void Store(in GeneralArguments arguments, VoxelRange range, ClassRows rows, byte* gradient)
    {
        var size = ElementTypes.SizeOf(arguments.LogitsType);
        for (var c = 0; c < arguments.Shape.Classes; c++)
        {
            var place = gradient + (((long)range.Sample * arguments.Shape.Classes + c) * arguments.Shape.Voxels + range.Voxel) * size;
            if (size == TLanes.ScalarSize)
                Buffer.MemoryCopy(rows[c], place, (long)range.Count * size, (long)range.Count * size);
            else
                HalfConversion.Narrow(arguments.LogitsType, (float*)rows[c], place, range.Count);
        }
    }
}
