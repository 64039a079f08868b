using System.Diagnostics;
using System.Runtime.InteropServices;

namespace GpuLoss.Bench.Host;

/// <summary>
/// What it costs to touch a page of fresh memory for the first time. Machines differ widely in it, virtual ones above all, and with malloc
/// as it is, every tensor over 32 MB pays it for all of its pages.
/// </summary>
internal static unsafe class PageTouch
{
    private const int Bytes = 1 << 26;
    private const int Repetitions = 5;

    /// <summary>The median over several blocks, in µs per page.</summary>
    public static double Microseconds()
    {
        var times = Enumerable.Range(0, Repetitions).Select(_ => OneBlock()).Order().ToArray();
        return times[Repetitions / 2];
    }

    private static double OneBlock()
    {
        var memory = (byte*)NativeMemory.Alloc(Bytes);
        var begin = Stopwatch.GetTimestamp();
        for (var i = 0; i < Bytes; i += Environment.SystemPageSize)
            memory[i] = 1;
        var time = Stopwatch.GetElapsedTime(begin);
        NativeMemory.Free(memory);
        return time.TotalMicroseconds / (Bytes / Environment.SystemPageSize);
    }
}
