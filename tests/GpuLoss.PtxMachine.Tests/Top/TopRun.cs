using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GpuLoss.Interop.Top;
using GpuLoss.Kernels.Top;

namespace GpuLoss.PtxMachine.Tests.Top;

/// <summary>What an engine makes of the largest values: their mean, that times a factor, and the derivatives.</summary>
internal sealed record TopRun(TopMean Mean, float Value, float[] Derivatives)
{
    /// <summary>A selection, and the derivatives of it alone.</summary>
    public static TopRun Of(
        ITopEngine engine, float[] values, long count, double factor = 1, float gradient = 1, RunMemory? onDevice = null)
    {
        var (runs, derivatives) = Of(engine, values, [(count, factor)], gradient, onDevice);
        return new(runs[0].Mean, runs[0].Value, derivatives);
    }

    /// <summary>Several selections of the same values, and the derivatives of the sum of their means times their factors.</summary>
    public static ((TopMean Mean, float Value)[] Means, float[] Derivatives) Of(
        ITopEngine engine, float[] values, (long Count, double Factor)[] terms, float gradient, RunMemory? onDevice = null)
    {
        // What is left of before is no number.
        var (length, none) = (values.Length, Enumerable.Repeat(float.NaN, values.Length).ToArray());
        using var onHost = new HostMemory();
        var memory = onDevice ?? onHost;
        var (of, scratch) = (new TopValues(memory.Of(values), length, IsDouble: false), memory.New(engine.ScratchBytes));
        var (value, slope, derivatives) = (memory.New(sizeof(float)), memory.Of<float>([gradient]), memory.Of(none));
        var means = terms.Select(_ => memory.New(Unsafe.SizeOf<TopMean>())).ToArray();
        var found = terms.Zip(means, (term, mean) =>
        {
            engine.Select(of, term.Count, scratch, mean, term.Factor, value);
            return (memory.Read<TopMean>(mean, 1)[0], memory.Read<float>(value, 1)[0]);
        }).ToArray();
        engine.Differentiate(of, [.. means.Zip(terms, (mean, term) => new WeightedMean(mean, term.Factor))], slope, derivatives);
        return (found, memory.Read<float>(derivatives, length));
    }

    /// <summary>The numbers by their bits, of which -0 and 0 have different ones.</summary>
    public static int[] Bits(float[] numbers) => MemoryMarshal.Cast<float, int>(numbers).ToArray();
}
