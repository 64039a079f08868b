using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>Both passes with one register type, over all tiles of a call, by a team of threads.</summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal static unsafe class HostKernels<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    /// <summary>Gradients of this size and above are stored past the caches: the caches would not hold them until they are read.</summary>
    private const long StreamingBytes = 4L << 20;

    /// <summary>Reduce.</summary>
    public static void Reduce(HostArguments arguments, IThreadTeam team, Span<double> statistics, void* values)
    {
        var queue = new TileQueue(arguments.Shape);
        var (sums, stride) = (arguments.Sums.Length, new StatisticsLayout(arguments.Shape.Classes).Stride);
        var ofTile = (long)sums * stride;
        using var partials = new ScratchMemory(ScratchMemory.SizeOf<double>(queue.Count * ofTile));
        var rows = partials.Take<double>(queue.Count * ofTile);
        queue.RunOn(team, () => ReduceTiles(arguments, queue, rows, (byte*)values));

        // One partial row per tile and sum, added in the order of the tiles.
        statistics.Clear();
        for (var tile = 0; tile < queue.Count; tile++)
        {
            for (var sum = 0; sum < sums; sum++)
            {
                var total = statistics.Slice((sum * arguments.Shape.Samples + queue.SampleOf(tile)) * stride, stride);
                var row = rows + tile * ofTile + sum * stride;
                for (var i = 0; i < stride; i++)
                    total[i] += row[i];
            }
        }
    }

    /// <summary>Spread.</summary>
    public static void Spread(HostArguments arguments, IThreadTeam team, ClassCoefficients* coefficients, void* seeds, void* gradient)
    {
        var queue = new TileQueue(arguments.Shape);
        queue.RunOn(team, () => SpreadTiles(arguments, queue, coefficients, (byte*)seeds, gradient));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ReduceTiles(HostArguments arguments, TileQueue queue, double* rows, byte* values)
    {
        var (classes, sums) = (arguments.Shape.Classes, arguments.Sums.Length);
        var stride = new StatisticsLayout(classes).Stride;
        var voxels = VoxelBlock<TLanes>.VoxelsFor(classes);
        using var scratch = new ScratchMemory(
            VoxelBlock<TLanes>.ScratchSize(arguments) + VoxelCounts.ScratchSize(classes) + RowsSize(values == null ? 0 : classes, voxels)
            + sums * (ReduceSums<TLanes>.ScratchSize(classes) + ClassTable<TLanes>.ScratchSize(classes)));
        var volumes = new HostVolumes(arguments, null);
        var block = new VoxelBlock<TLanes>(scratch, arguments, volumes);
        var counts = new VoxelCounts(scratch, classes);
        var parts = new SumPart[sums];
        for (var i = 0; i < sums; i++)
        {
            parts[i] = new SumPart(scratch, arguments, i, values != null) { Sums = new ReduceSums<TLanes>(scratch, classes) };
            parts[i].Table.Fill(arguments.Sums[i], null, classes, arguments.TargetKind == TargetKind.Labels, hasSeeds: false);
        }

        var ofVoxels = values == null ? default
            : new ValueRows(VoxelBlock<TLanes>.LaneRows(scratch, classes, voxels), arguments.ValuesPerClass);
        while (queue.TryClaim(out var tile))
        {
            counts.Clear();
            foreach (var part in parts)
                part.Sums.Clear();
            foreach (var piece in queue.PiecesOf(tile, voxels))
            {
                counts.Invalid += block.Load(piece);
                block.Count(ref counts);
                for (var i = 0; i < parts.Length; i++)
                {
                    if (i > 0)
                        block.ReloadLogits();
                    parts[i].Pass.Reduce(
                        ref block, arguments.Sums[i], parts[i].Table, parts[i].Sums,
                        values != null && i == arguments.ValueSum ? ofVoxels : default);
                }

                if (values != null)
                    CopyValues(arguments, piece, ofVoxels.Rows, values, fromRows: true);
            }

            for (var i = 0; i < parts.Length; i++)
                parts[i].Sums.Finish(new Span<double>(rows + ((long)tile * sums + i) * stride, stride), arguments.Sums[i], counts);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SpreadTiles(HostArguments arguments, TileQueue queue, ClassCoefficients* coefficients, byte* seeds, void* gradient)
    {
        var (classes, samples, sums) = (arguments.Shape.Classes, arguments.Shape.Samples, arguments.Sums.Length);
        var voxels = VoxelBlock<TLanes>.VoxelsFor(classes);
        using var scratch = new ScratchMemory(
            VoxelBlock<TLanes>.ScratchSize(arguments) + sums * ClassTable<TLanes>.ScratchSize(classes)
            + RowsSize(seeds == null ? 0 : classes, voxels) + RowsSize(sums == 1 ? 0 : classes, voxels));
        var volumes = new HostVolumes(arguments, gradient);
        var block = new VoxelBlock<TLanes>(scratch, arguments, volumes);
        var parts = new SumPart[sums];
        for (var i = 0; i < sums; i++)
            parts[i] = new SumPart(scratch, arguments, i, seeds != null);
        var ofVoxels = seeds == null ? default
            : new ValueRows(VoxelBlock<TLanes>.LaneRows(scratch, classes, voxels), arguments.ValuesPerClass);
        var total = sums == 1 ? default : VoxelBlock<TLanes>.LaneRows(scratch, classes, voxels);
        var streams = (long)samples * classes * arguments.Shape.Voxels * TLanes.ScalarSize >= StreamingBytes;
        while (queue.TryClaim(out var claimed))
        {
            // Against the order of Reduce: what it read last is still in the last-level cache.
            var tile = queue.Count - 1 - claimed;
            for (var i = 0; i < sums; i++)
                parts[i].Fill(arguments, i, coefficients + ((long)i * samples + queue.SampleOf(tile)) * classes, seeds != null);
            foreach (var piece in queue.PiecesOf(tile, voxels))
            {
                block.Load(piece);
                if (seeds != null)
                    CopyValues(arguments, piece, ofVoxels.Rows, seeds, fromRows: false);
                var place = sums == 1 ? block.Gradient() : total;
                for (var i = 0; i < sums; i++)
                {
                    if (i > 0)
                        block.ReloadLogits();
                    var ofSum = i == 0 ? place : block.Rows;
                    parts[i].Pass.Spread(
                        ref block, arguments.Sums[i], parts[i].Table, parts[i].Coefficient,
                        seeds != null && i == arguments.ValueSum ? ofVoxels : default, ofSum,
                        streams && sums == 1 && IsAligned(block, place));
                    if (i > 0)
                        Add(block, total);
                }

                if (sums > 1 || place.First == block.Rows.First)
                    block.StoreGradient(place);
            }
        }
    }

    /// <summary>Whether rows can be written past the caches.</summary>
    private static bool IsAligned(in VoxelBlock<TLanes> block, ClassRows rows) =>
        rows.First != block.Rows.First && ((nint)rows.First | rows.ClassBytes) % (TLanes.Count * TLanes.ScalarSize) == 0;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add(in VoxelBlock<TLanes> block, ClassRows total)
    {
        for (var c = 0; c < block.Classes; c++)
        {
            for (nint at = 0; at < (nint)block.Voxels * TLanes.ScalarSize; at += sizeof(TLanes))
                TLanes.Store(TLanes.Load(total[c] + at) + TLanes.Load(block.Rows[c] + at), total[c] + at);
        }
    }

    /// <summary>Copies one number per voxel, or per voxel and class, between the rows of a block and memory.</summary>
    private static void CopyValues(in HostArguments arguments, VoxelRange range, ClassRows rows, byte* memory, bool fromRows)
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

    private static long RowsSize(int count, int voxels) => ScratchMemory.SizeOf<byte>((long)count * voxels * TLanes.ScalarSize);

    /// <summary>What a worker has for one sum.</summary>
    private struct SumPart(ScratchMemory scratch, in HostArguments arguments, int index, bool hasValues)
    {
        public readonly SumPass<TLanes> Pass = SumPass<TLanes>.Of(arguments, index, hasValues);

        public readonly ClassTable<TLanes> Table = new(scratch, arguments.Shape.Classes);

        public ReduceSums<TLanes> Sums;

        /// <summary>The factor of the voxel term, which is the same for all classes where it is read.</summary>
        public double Coefficient;

        /// <summary>Takes the coefficients of a sample.</summary>
        public void Fill(in HostArguments arguments, int index, ClassCoefficients* coefficients, bool hasSeeds)
        {
            Coefficient = coefficients->VoxelTerm;
            Table.Fill(
                arguments.Sums[index], coefficients, arguments.Shape.Classes, arguments.TargetKind == TargetKind.Labels,
                hasSeeds && index == arguments.ValueSum);
        }
    }
}
