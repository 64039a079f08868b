using System.Runtime.CompilerServices;
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

    /// <summary>Reduce with the kernel that the loss asks for.</summary>
    public static void Reduce(in HostArguments arguments, IThreadTeam team, Span<double> statistics)
    {
        if (arguments.Loss.Overlap.Combination == OverlapCombination.None)
            Reduce<NoOverlap>(arguments, team, statistics);
        else if (arguments.Loss.Overlap.SquaredPrediction != 0)
            Reduce<LinearOverlap>(arguments, team, statistics);
        else
            Reduce<ConstantOverlap>(arguments, team, statistics);
    }

    /// <summary>Spread with the kernel that the loss asks for.</summary>
    public static void Spread(in HostArguments arguments, IThreadTeam team, ClassCoefficients* coefficients, void* gradient)
    {
        if (arguments.Loss.Overlap.Combination == OverlapCombination.None)
            Spread<NoOverlap>(arguments, team, coefficients, gradient);
        else if (arguments.Loss.Overlap.SquaredPrediction != 0)
            Spread<LinearOverlap>(arguments, team, coefficients, gradient);
        else
            Spread<ConstantOverlap>(arguments, team, coefficients, gradient);
    }

    private static void Reduce<TOverlap>(in HostArguments arguments, IThreadTeam team, Span<double> statistics)
        where TOverlap : struct, IOverlapPolicy
    {
        if (!arguments.Loss.HasCrossEntropy)
            Reduce<NoCrossEntropy, TOverlap>(arguments, team, statistics);
        else if (arguments.Weights == null)
            Reduce<UnweightedCrossEntropy, TOverlap>(arguments, team, statistics);
        else
            Reduce<WeightedCrossEntropy, TOverlap>(arguments, team, statistics);
    }

    private static void Reduce<TCrossEntropy, TOverlap>(HostArguments arguments, IThreadTeam team, Span<double> statistics)
        where TCrossEntropy : struct, ICrossEntropyPolicy
        where TOverlap : struct, IOverlapPolicy
    {
        var queue = new TileQueue(arguments.Shape);
        var stride = new StatisticsLayout(arguments.Shape.Classes).Stride;
        using var partials = new ScratchMemory(ScratchMemory.SizeOf<double>((long)queue.Count * stride));
        var rows = partials.Take<double>((long)queue.Count * stride);
        queue.RunOn(team, () => ReduceTiles<TCrossEntropy, TOverlap>(arguments, queue, rows));

        // One partial row per tile, added in the order of the tiles.
        statistics.Clear();
        for (var tile = 0; tile < queue.Count; tile++)
        {
            var sample = statistics.Slice(queue.SampleOf(tile) * stride, stride);
            var row = rows + (long)tile * stride;
            for (var i = 0; i < stride; i++)
                sample[i] += row[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ReduceTiles<TCrossEntropy, TOverlap>(HostArguments arguments, TileQueue queue, double* rows)
        where TCrossEntropy : struct, ICrossEntropyPolicy
        where TOverlap : struct, IOverlapPolicy
    {
        var classes = arguments.Shape.Classes;
        var stride = new StatisticsLayout(classes).Stride;
        using var scratch = new ScratchMemory(VoxelBlock<TLanes>.ScratchSize(classes) + ReduceSums<TLanes>.ScratchSize(classes));
        var block = new VoxelBlock<TLanes>(scratch, classes);
        var sums = new ReduceSums<TLanes>(scratch, classes);
        var (logits, labels) = (LogitsOf(arguments), LabelsOf(arguments));
        while (queue.TryClaim(out var tile))
        {
            sums.Clear();
            foreach (var piece in queue.PiecesOf(tile, VoxelBlock<TLanes>.VoxelsFor(classes)))
            {
                var padded = VoxelBlock<TLanes>.Padded(piece.Count);
                var findings = block.Labels.Load(arguments, labels, piece.Sample, piece.Voxel, piece.Count, padded);
                *sums.InvalidLabels += findings.Invalid;
                block.Labels.Count(padded, classes, sums.Target);
                var source = block.Logits(arguments.LogitsType, logits, piece.Sample, piece.Voxel, piece.Count);
                var areSmall = findings.AllCount
                    ? SoftmaxKernel<TLanes, No, TCrossEntropy>.Run(block, source, padded, sums.CrossEntropy)
                    : SoftmaxKernel<TLanes, Yes, TCrossEntropy>.Run(block, source, padded, sums.CrossEntropy);
                if (!areSmall)
                {
                    source = block.Logits(arguments.LogitsType, logits, piece.Sample, piece.Voxel, piece.Count);
                    WideSoftmaxKernel<TLanes>.Run(
                        block, source, padded, arguments.Loss.FocalGamma, TCrossEntropy.Sum == CrossEntropySum.None ? null : sums.WideCrossEntropy);
                }
                else if (arguments.Loss.FocalGamma != 0)
                {
                    FocalKernel<TLanes>.Weigh(block, padded, arguments.Loss.FocalGamma);
                }

                if (TOverlap.Form != OverlapForm.None || TCrossEntropy.Sum == CrossEntropySum.Weighted)
                    ReduceKernel<TLanes, TCrossEntropy, TOverlap>.Add(block, sums.Classes, padded);
            }

            sums.Finish(new Span<double>(rows + (long)tile * stride, stride), arguments.Weights);
        }
    }

    private static void Spread<TOverlap>(in HostArguments arguments, IThreadTeam team, ClassCoefficients* coefficients, void* gradient)
        where TOverlap : struct, IOverlapPolicy
    {
        if (!arguments.Loss.HasCrossEntropy)
            Spread<NoCrossEntropy, TOverlap>(arguments, team, coefficients, gradient);
        else if (arguments.Weights == null)
            Spread<UnweightedCrossEntropy, TOverlap>(arguments, team, coefficients, gradient);
        else if (arguments.Loss.FocalGamma != 0)
            Spread<FocalCrossEntropy, TOverlap>(arguments, team, coefficients, gradient);
        else
            Spread<WeightedCrossEntropy, TOverlap>(arguments, team, coefficients, gradient);
    }

    private static void Spread<TCrossEntropy, TOverlap>(
        HostArguments arguments, IThreadTeam team, ClassCoefficients* coefficients, void* gradient)
        where TCrossEntropy : struct, ICrossEntropyPolicy
        where TOverlap : struct, IOverlapPolicy
    {
        var queue = new TileQueue(arguments.Shape);
        queue.RunOn(team, () => SpreadTiles<TCrossEntropy, TOverlap>(arguments, queue, coefficients, gradient));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SpreadTiles<TCrossEntropy, TOverlap>(
        HostArguments arguments, TileQueue queue, ClassCoefficients* coefficients, void* gradient)
        where TCrossEntropy : struct, ICrossEntropyPolicy
        where TOverlap : struct, IOverlapPolicy
    {
        var classes = arguments.Shape.Classes;
        using var scratch = new ScratchMemory(VoxelBlock<TLanes>.ScratchSize(classes) + SlopeTable<TLanes>.ScratchSize(classes));
        var block = new VoxelBlock<TLanes>(scratch, classes);
        var slopes = new SlopeTable<TLanes>(scratch, classes);
        var (logits, labels, gradients) = (LogitsOf(arguments), LabelsOf(arguments), GradientOf(arguments, gradient));
        var streams = (long)arguments.Shape.Samples * classes * arguments.Shape.Voxels * TLanes.ScalarSize >= StreamingBytes;
        while (queue.TryClaim(out var claimed))
        {
            // Against the order of Reduce: what it read last is still in the last-level cache.
            var tile = queue.Count - 1 - claimed;
            slopes.Fill(coefficients + (long)queue.SampleOf(tile) * classes, classes);
            foreach (var piece in queue.PiecesOf(tile, VoxelBlock<TLanes>.VoxelsFor(classes)))
            {
                var padded = VoxelBlock<TLanes>.Padded(piece.Count);
                var findings = block.Labels.Load(arguments, labels, piece.Sample, piece.Voxel, piece.Count, padded);
                var source = block.Logits(arguments.LogitsType, logits, piece.Sample, piece.Voxel, piece.Count);
                var place = block.Gradient(gradients, piece.Sample, piece.Voxel, piece.Count);
                var areSmall = findings.AllCount
                    ? Softmax<No, TCrossEntropy>(block, source, padded)
                    : Softmax<Yes, TCrossEntropy>(block, source, padded);
                if (!areSmall)
                {
                    source = block.Logits(arguments.LogitsType, logits, piece.Sample, piece.Voxel, piece.Count);
                    WideSoftmaxKernel<TLanes>.Run(block, source, padded, gamma: 0, sums: null);
                }

                if (TCrossEntropy.Sum == CrossEntropySum.Focal)
                    FocalKernel<TLanes>.Differentiate(block, padded, arguments.Loss.FocalGamma);
                if (findings.AllCount)
                    Write<No, TOverlap, TCrossEntropy>(block, slopes, place, padded, streams);
                else
                    Write<Yes, TOverlap, TCrossEntropy>(block, slopes, place, padded, streams);

                if (place.First == block.Rows.First)
                    block.StoreGradient(arguments.LogitsType, gradients, piece.Sample, piece.Voxel, piece.Count);
            }
        }
    }

    /// <summary>The softmax of Spread, which needs the cross-entropy for the factors of focal loss alone.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static bool Softmax<TMasked, TCrossEntropy>(in VoxelBlock<TLanes> block, ClassRows logits, int voxels)
        where TMasked : struct, IPolicy
        where TCrossEntropy : struct, ICrossEntropyPolicy => TCrossEntropy.Sum == CrossEntropySum.Focal
        ? SoftmaxKernel<TLanes, TMasked, WeightedCrossEntropy>.Run(block, logits, voxels, null)
        : SoftmaxKernel<TLanes, TMasked, NoCrossEntropy>.Run(block, logits, voxels, null);

    private static void Write<TMasked, TOverlap, TCrossEntropy>(
        in VoxelBlock<TLanes> block, in SlopeTable<TLanes> slopes, ClassRows place, int voxels, bool streams)
        where TMasked : struct, IPolicy
        where TOverlap : struct, IOverlapPolicy
        where TCrossEntropy : struct, ICrossEntropyPolicy
    {
        var register = TLanes.Count * TLanes.ScalarSize;
        if (streams && place.First != block.Rows.First && ((nint)place.First | place.ClassBytes) % register == 0)
            SpreadKernel<TLanes, TMasked, TOverlap, TCrossEntropy, Yes>.Write(block, slopes, place, voxels);
        else
            SpreadKernel<TLanes, TMasked, TOverlap, TCrossEntropy, No>.Write(block, slopes, place, voxels);
    }

    private static HostVolume LogitsOf(in HostArguments arguments) => VolumeOf(
        arguments, arguments.Logits, ElementTypes.SizeOf(arguments.LogitsType), arguments.Shape.Classes, arguments.Layout?.Logits);

    private static HostVolume LabelsOf(in HostArguments arguments) => VolumeOf(
        arguments, arguments.Labels, ElementTypes.SizeOf(arguments.LabelType), 1, arguments.Layout?.Labels);

    private static HostVolume GradientOf(in HostArguments arguments, void* gradient) => VolumeOf(
        arguments, gradient, ElementTypes.SizeOf(arguments.LogitsType), arguments.Shape.Classes, arguments.Layout?.Gradient);

    private static HostVolume VolumeOf(in HostArguments arguments, void* address, int elementSize, int classes, TensorStrides? strides) =>
        strides is { } given
            ? new HostVolume(address, elementSize, arguments.Layout!.Sizes, given)
            : new HostVolume(address, elementSize, classes, arguments.Shape.Voxels);
}
