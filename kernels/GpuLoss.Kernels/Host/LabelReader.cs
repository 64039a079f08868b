using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>What was found among the labels of a block.</summary>
/// <param name="AllCount">Whether every label names a class and is not the ignored one.</param>
/// <param name="Invalid">How many labels name no class and are not the ignored one.</param>
internal readonly record struct LabelFindings(bool AllCount, int Invalid);

/// <summary>
/// Reads labels of any type into int32, -1 where a voxel does not count. Eight at a time whatever the machine: the labels are a small part
/// of the work, and this width is good on all of them.
/// </summary>
internal static unsafe class LabelReader
{
    /// <summary>Reads <paramref name="count"/> neighbouring labels.</summary>
    /// <param name="type">The type of the labels.</param>
    /// <param name="source">The labels.</param>
    /// <param name="count">Their number.</param>
    /// <param name="classes">C.</param>
    /// <param name="ignoreIndex">The ignored label.</param>
    /// <param name="labels">Receives them; room for a whole number of eights.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static LabelFindings Read(LabelType type, byte* source, int count, int classes, int ignoreIndex, int* labels) => type switch
    {
        LabelType.UInt8 => Read<UInt8Labels>(source, count, classes, ignoreIndex, labels),
        LabelType.Int8 => Read<Int8Labels>(source, count, classes, ignoreIndex, labels),
        LabelType.Int16 => Read<Int16Labels>(source, count, classes, ignoreIndex, labels),
        LabelType.Int32 => Read<Int32Labels>(source, count, classes, ignoreIndex, labels),
        _ => Read<Int64Labels>(source, count, classes, ignoreIndex, labels),
    };

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static LabelFindings Read<TLabels>(byte* source, int count, int classes, int ignoreIndex, int* labels)
        where TLabels : struct, ILabelElement
    {
        // Nearly always all labels name a class, and the ignored label is none: then there is nothing to leave out.
        var isClassIgnored = (uint)ignoreIndex < (uint)classes;
        return Copy<TLabels>(source, count, labels) < classes && !isClassIgnored
            ? new LabelFindings(AllCount: true, Invalid: 0)
            : LeaveOut(count, classes, ignoreIndex, labels);
    }

    /// <summary>Copies labels as they are.</summary>
    /// <returns>The largest, where negative ones are larger than all others.</returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static uint Copy<TLabels>(byte* source, int count, int* labels)
        where TLabels : struct, ILabelElement
    {
        var largest = Vector256<uint>.Zero;
        var ahead = (nint)count * TLabels.Size;
        for (; count >= Vector256<int>.Count; count -= Vector256<int>.Count)
        {
            var label = TLabels.Load(source);
            largest = Vector256.Max(largest, label.AsUInt32());
            label.Store(labels);
            if (Sse.IsSupported)
                Sse.Prefetch0(source + ahead);
            source += Vector256<int>.Count * TLabels.Size;
            labels += Vector256<int>.Count;
        }

        var result = 0u;
        for (var lane = 0; lane < Vector256<uint>.Count; lane++)
            result = Math.Max(result, largest.GetElement(lane));
        for (var i = 0; i < count; i++)
        {
            labels[i] = (int)Math.Clamp(TLabels.Read(source + i * TLabels.Size), int.MinValue, int.MaxValue);
            result = Math.Max(result, (uint)labels[i]);
        }

        return result;
    }

    /// <summary>Makes -1 of the labels that do not count.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static LabelFindings LeaveOut(int count, int classes, int ignoreIndex, int* labels)
    {
        var end = Vector256.Create((uint)classes);
        var ignored = Vector256.Create(ignoreIndex);
        var known = Vector256<int>.Zero;
        var counted = Vector256<int>.Zero;
        for (var i = 0; i < count; i += Vector256<int>.Count)
        {
            // The row is padded; what is read beyond the labels is left out of the numbers by the mask.
            var inside = Vector256.LessThan(Vector256.CreateSequence(i, 1), Vector256.Create(count));
            var label = Vector256.Load(labels + i);
            var isClass = Vector256.LessThan(label.AsUInt32(), end).AsInt32() & inside;
            var isIgnored = Vector256.Equals(label, ignored) & inside;
            var counts = Vector256.AndNot(isClass, isIgnored);
            known -= isClass | isIgnored;
            counted -= counts;
            (label | ~counts).Store(labels + i);
        }

        return new LabelFindings(Vector256.Sum(counted) == count, count - Vector256.Sum(known));
    }

    /// <summary>An element type of labels, resolved when a reader is compiled.</summary>
    private interface ILabelElement
    {
        static abstract int Size { get; }

        /// <summary>Eight labels; what int32 cannot hold becomes its smallest or largest value, which is neither a class nor
        /// ignored.</summary>
        static abstract Vector256<int> Load(byte* source);

        static abstract long Read(byte* source);
    }

    private readonly struct UInt8Labels : ILabelElement
    {
        public static int Size => sizeof(byte);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<int> Load(byte* source)
        {
            var (low, high) = Vector128.Widen(Vector128.WidenLower(Vector64.Load(source).ToVector128Unsafe()));
            return Vector256.Create(low, high).AsInt32();
        }

        public static long Read(byte* source) => *source;
    }

    private readonly struct Int8Labels : ILabelElement
    {
        public static int Size => sizeof(sbyte);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<int> Load(byte* source)
        {
            var (low, high) = Vector128.Widen(Vector128.WidenLower(Vector64.Load((sbyte*)source).ToVector128Unsafe()));
            return Vector256.Create(low, high);
        }

        public static long Read(byte* source) => *(sbyte*)source;
    }

    private readonly struct Int16Labels : ILabelElement
    {
        public static int Size => sizeof(short);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<int> Load(byte* source)
        {
            var (low, high) = Vector128.Widen(Vector128.Load((short*)source));
            return Vector256.Create(low, high);
        }

        public static long Read(byte* source) => *(short*)source;
    }

    private readonly struct Int32Labels : ILabelElement
    {
        public static int Size => sizeof(int);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<int> Load(byte* source) => Vector256.Load((int*)source);

        public static long Read(byte* source) => *(int*)source;
    }

    private readonly struct Int64Labels : ILabelElement
    {
        public static int Size => sizeof(long);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Vector256<int> Load(byte* source) => Vector256.NarrowWithSaturation(
            Vector256.Load((long*)source), Vector256.Load((long*)source + Vector256<long>.Count));

        public static long Read(byte* source) => *(long*)source;
    }
}
