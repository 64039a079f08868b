using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host.General;

/// <summary>
/// One worker's block of neighbouring voxels: logits, targets and weights as rows of lanes. A voxel that does not exist for the loss has the weight 0, and 0 in
/// every row: whatever it held in memory is gone.
/// </summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal readonly unsafe struct GeneralBlock<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    private const int MostVoxels = 256;
    private const int RowBytes = 32 << 10;

    private readonly int* numbers;

    /// <summary>A row of logits per class.</summary>
    public readonly ClassRows Logits;

    /// <summary>A row of targets per class.</summary>
    public readonly ClassRows Target;

    /// <summary>The weights.</summary>
    public readonly byte* Weight;

    /// <summary>C.</summary>
    public readonly int Classes;

    /// <summary>Takes its memory from <paramref name="scratch"/>.</summary>
    public GeneralBlock(ScratchMemory scratch, int classes)
    {
        Classes = classes;
        Logits = Rows(scratch, classes);
        Target = Rows(scratch, classes);
        Weight = Rows(scratch, 1).First;
        numbers = scratch.Take<int>(VoxelsFor(classes));
    }

    /// <summary>The voxels of a block: as many as keep its rows in the level-1 cache, but no fewer than four registers hold.</summary>
    public static int VoxelsFor(int classes)
    {
        var voxels = MostVoxels;
        while (voxels > Quad<TLanes>.Count && voxels * classes * TLanes.ScalarSize > RowBytes)
            voxels /= 2;
        return voxels;
    }

    /// <summary>Rows of a block.</summary>
    public static ClassRows Rows(ScratchMemory scratch, int count)
    {
        var bytes = (nint)VoxelsFor(count) * TLanes.ScalarSize;
        return new ClassRows(scratch.Take<byte>(count * bytes), bytes);
    }

    /// <summary>The scratch bytes of such rows.</summary>
    public static long RowsSize(int count) => ScratchMemory.SizeOf<byte>((long)count * VoxelsFor(count) * TLanes.ScalarSize);

    /// <summary>The scratch bytes of a block.</summary>
    public static long ScratchSize(int classes) => 2 * RowsSize(classes) + RowsSize(1) + ScratchMemory.SizeOf<int>(VoxelsFor(classes));

    /// <summary>The voxels from <paramref name="count"/> up to a whole number of registers.</summary>
    public static int Padded(int count) => (count + TLanes.Count - 1) / TLanes.Count * TLanes.Count;

    /// <summary>Reads some voxels.</summary>
    /// <returns>How many of them have an invalid label or weight.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int Load(in GeneralArguments arguments, VoxelRange range)
    {
        var voxels = arguments.Shape.Voxels;
        var (ofSample, padded) = (range.Sample * voxels + range.Voxel, Padded(range.Count));
        var invalid = ReadWeights(arguments, ofSample, range.Count, padded);
        if (arguments.TargetKind == TargetKind.Labels)
            invalid += ReadLabels(arguments, ofSample, range.Count, padded);
        else
            ReadRows(arguments.Target, arguments.TargetKind, range, voxels, padded, Target);
        ReadRows(arguments.Logits, ElementReader<TLanes>.KindOf(arguments.LogitsType), range, voxels, padded, Logits);
        ClearWhereNothingCounts(padded);
        return invalid;
    }

    /// <summary>The targets outside of 0 to 1 among some voxels that have been read; what is not a number is one of them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public int CountTargetsOutside(int count)
    {
        // t·(1 - t) is not less than 0 from 0 to 1, and only there. The sum of what is missing to its size is 0, or more, or not a number.
        var (zero, missing) = (TLanes.Broadcast(0), TLanes.Broadcast(0));
        var bytes = (nint)Padded(count) * TLanes.ScalarSize;
        for (var c = 0; c < Classes; c++)
        {
            for (nint at = 0; at < bytes; at += sizeof(TLanes))
            {
                var t = TLanes.Load(Target[c] + at);
                var product = t * (TLanes.Broadcast(1) - t);
                missing += TLanes.Max(product, zero - product) - product;
            }
        }

        return TLanes.Sum(missing) == 0 ? 0 : CountOutside(count);
    }

    private int CountOutside(int count)
    {
        var outside = 0;
        for (var c = 0; c < Classes; c++)
        {
            for (var i = 0; i < count; i++)
                outside += Read(Target[c], i) is >= 0 and <= 1 ? 0 : 1;
        }

        return outside;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int ReadWeights(in GeneralArguments arguments, long first, int count, int padded)
    {
        if (arguments.Mask == null)
        {
            for (var i = 0; i < padded; i += TLanes.Count)
                TLanes.Store(TLanes.Broadcast(1), Weight + i * TLanes.ScalarSize);
        }
        else
        {
            var kind = ElementReader<TLanes>.KindOf(arguments.MaskKind);
            ElementReader<TLanes>.Read(kind, (byte*)arguments.Mask + first * ElementReader<TLanes>.SizeOf(kind), count, Weight);
        }

        new Span<byte>(Weight + count * TLanes.ScalarSize, (padded - count) * TLanes.ScalarSize).Clear();
        return arguments.Mask == null || AreValid(padded) ? 0 : LeaveOutInvalid(count);
    }

    /// <summary>Whether all weights are finite and not negative.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool AreValid(int padded)
    {
        var (zero, one, invalid) = (TLanes.Broadcast(0), TLanes.Broadcast(1), TLanes.Broadcast(0));
        for (var i = 0; i < padded; i += TLanes.Count)
        {
            var weight = TLanes.Load(Weight + i * TLanes.ScalarSize);
            invalid += TLanes.SelectEqual(weight - weight, zero, TLanes.SelectLess(weight, zero, one, zero), one);
        }

        return TLanes.Sum(invalid) == 0;
    }

    private int LeaveOutInvalid(int count)
    {
        var invalid = 0;
        for (var i = 0; i < count; i++)
        {
            var weight = Read(Weight, i);
            if (weight >= 0 && double.IsFinite(weight))
                continue;
            Write(Weight, i, 0);
            invalid++;
        }

        return invalid;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int ReadLabels(in GeneralArguments arguments, long first, int count, int padded)
    {
        // One class is yes or no, 0 or 1.
        var labels = Math.Max(Classes, 2);
        var size = ElementTypes.SizeOf(arguments.LabelType);
        var source = (byte*)arguments.Target + first * size;
        var findings = LabelReader.Read(arguments.LabelType, source, count, labels, arguments.IgnoreIndex, numbers);
        new Span<int>(numbers + count, padded - count).Fill(-1);
        var invalid = 0;
        for (var i = 0; i < count && !findings.AllCount; i++)
        {
            if (numbers[i] >= 0)
                continue;
            if (findings.Invalid > 0 && Read(Weight, i) != 0 && IsInvalid(arguments, source + i * size, labels))
                invalid++;
            Write(Weight, i, 0);
        }

        for (var c = 0; c < Classes; c++)
        {
            var label = TLanes.Broadcast(Classes == 1 ? 1 : c);
            for (var i = 0; i < padded; i += TLanes.Count)
            {
                var isClass = TLanes.SelectEqual(TLanes.LoadLabels(numbers + i), label, TLanes.Broadcast(1), TLanes.Broadcast(0));
                TLanes.Store(isClass, Target[c] + i * TLanes.ScalarSize);
            }
        }

        return invalid;
    }

    private static bool IsInvalid(in GeneralArguments arguments, byte* source, int labels)
    {
        var room = stackalloc int[8];
        return LabelReader.Read(arguments.LabelType, source, 1, labels, arguments.IgnoreIndex, room).Invalid > 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ReadRows(void* address, TargetKind kind, VoxelRange range, long voxels, int padded, ClassRows rows)
    {
        for (var c = 0; c < Classes; c++)
        {
            var first = ((long)range.Sample * Classes + c) * voxels + range.Voxel;
            ElementReader<TLanes>.Read(kind, (byte*)address + first * ElementReader<TLanes>.SizeOf(kind), range.Count, rows[c]);
            new Span<byte>(rows[c] + range.Count * TLanes.ScalarSize, (padded - range.Count) * TLanes.ScalarSize).Clear();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void ClearWhereNothingCounts(int padded)
    {
        var none = TLanes.Broadcast(0);
        for (nint at = 0; at < (nint)padded * TLanes.ScalarSize; at += sizeof(TLanes))
        {
            var weight = TLanes.Load(Weight + at);
            if (TLanes.Sum(TLanes.SelectEqual(weight, none, TLanes.Broadcast(1), none)) == 0)
                continue;
            for (var c = 0; c < Classes; c++)
            {
                TLanes.Store(TLanes.SelectEqual(weight, none, none, TLanes.Load(Logits[c] + at)), Logits[c] + at);
                TLanes.Store(TLanes.SelectEqual(weight, none, none, TLanes.Load(Target[c] + at)), Target[c] + at);
            }
        }
    }

    private static double Read(byte* row, int index) => TLanes.ScalarSize == sizeof(float) ? ((float*)row)[index] : ((double*)row)[index];

    private static void Write(byte* row, int index, double value) => TLanes.WriteScalar(row + index * TLanes.ScalarSize, value);
}
