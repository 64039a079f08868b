using System.Runtime.InteropServices;
using GpuLoss.Interop.Top;
using GpuLoss.Kernels.Top;

namespace GpuLoss.PtxMachine.Tests.Top;

/// <summary>What an engine makes of the largest values: their mean, that times a factor, and the derivatives.</summary>
internal sealed unsafe record TopRun(TopMean Mean, float Value, float[] Derivatives)
{
    private const int Alignment = 256;

    /// <summary>A selection, and the derivatives of it alone.</summary>
    public static TopRun Of(ITopEngine engine, float[] values, long count, double factor = 1, float gradient = 1)
    {
        var (runs, derivatives) = Of(engine, values, [(count, factor)], gradient);
        return new(runs[0].Mean, runs[0].Value, derivatives);
    }

    /// <summary>Several selections of the same values, and the derivatives of the sum of their means times their factors.</summary>
    public static ((TopMean Mean, float Value)[] Means, float[] Derivatives) Of(
        ITopEngine engine, float[] values, (long Count, double Factor)[] terms, float gradient)
    {
        // What is left of before is no number.
        var (length, none) = (values.Length, Enumerable.Repeat(float.NaN, values.Length).ToArray());
        using var memory = new Blocks();
        var (of, scratch) = (new TopValues(memory.Of(values), length, IsDouble: false), memory.New(engine.ScratchBytes));
        var (value, slope, derivatives) = (memory.New(sizeof(float)), memory.Of([gradient]), memory.Of(none));
        var means = terms.Select(_ => memory.New(sizeof(TopMean))).ToArray();
        var found = terms.Zip(means, (term, mean) =>
        {
            engine.Select(of, term.Count, scratch, mean, term.Factor, value);
            return (*(TopMean*)mean, *(float*)value);
        }).ToArray();
        engine.Differentiate(of, [.. means.Zip(terms, (mean, term) => new WeightedMean(mean, term.Factor))], slope, derivatives);
        return (found, new ReadOnlySpan<float>((void*)derivatives, length).ToArray());
    }

    /// <summary>The numbers by their bits, of which -0 and 0 have different ones.</summary>
    public static int[] Bits(float[] numbers) => MemoryMarshal.Cast<float, int>(numbers).ToArray();

    /// <summary>Memory as a device allocates it.</summary>
    private sealed class Blocks : IDisposable
    {
        private readonly List<nint> blocks = [];

        public nint New(long bytes)
        {
            var block = (nint)NativeMemory.AlignedAlloc((nuint)bytes + Alignment, Alignment);
            blocks.Add(block);
            return block;
        }

        public nint Of(float[] values)
        {
            var address = New(values.Length * (long)sizeof(float));
            values.CopyTo(new Span<float>((void*)address, values.Length));
            return address;
        }

        public void Dispose()
        {
            foreach (var block in blocks)
                NativeMemory.AlignedFree((void*)block);
        }
    }
}
