using GpuLoss.Kernels.Host;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Shape;

/// <summary>Labels of any type as int32, for kernels that look at them many times.</summary>
internal static unsafe class LabelTable
{
    /// <summary>Labels per step, a whole number of the reader's eights.</summary>
    private const int Step = 16384;

    /// <summary>Reads labels.</summary>
    /// <param name="type">Their type.</param>
    /// <param name="source">The labels, contiguous.</param>
    /// <param name="count">Their number.</param>
    /// <param name="classes">The labels that there are, 0 to this less one.</param>
    /// <param name="ignoreIndex">The label that does not count.</param>
    /// <param name="labels">Receives them, -1 where a voxel does not count.</param>
    /// <param name="team">The threads.</param>
    /// <returns>How many are neither a class nor ignored, and whether all count.</returns>
    public static (long Invalid, bool AllCount) Read(
        LabelType type, byte* source, long count, int classes, int ignoreIndex, int* labels, IThreadTeam team)
    {
        var (invalid, left) = (0L, 0L);
        SharedLoop.ForEach(team, (count + Step - 1) / Step, step =>
        {
            // The last eight of a step may be written beyond its end: not into the memory of another one.
            var buffer = stackalloc int[Step + 8];
            var first = step * Step;
            var part = (int)Math.Min(Step, count - first);
            var found = LabelReader.Read(type, source + first * ElementTypes.SizeOf(type), part, classes, ignoreIndex, buffer);
            new ReadOnlySpan<int>(buffer, part).CopyTo(new Span<int>(labels + first, part));
            Interlocked.Add(ref invalid, found.Invalid);
            if (!found.AllCount)
                Interlocked.Increment(ref left);
        });
        return (invalid, left == 0);
    }
}
