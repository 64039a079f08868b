using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Top;

namespace GpuLoss.Interop.Top;

/// <summary><see cref="TopSelection"/> on tensors in host memory, by torch's threads.</summary>
internal sealed unsafe class HostTop : ITopEngine
{
    private HostTop()
    {
    }

    /// <summary>The engine.</summary>
    public static HostTop Instance { get; } = new();

    /// <inheritdoc/>
    public long ScratchBytes => 0;

    /// <inheritdoc/>
    public void Select(TopValues values, long count, nint scratch, nint mean, double factor, nint value)
    {
        var (address, length, isDouble) = values;
        var found = isDouble
            ? TopSelection.Select((double*)address, length, count, TorchThreadTeam.Current)
            : TopSelection.Select((float*)address, length, count, TorchThreadTeam.Current);
        *(TopMean*)mean = found;
        if (isDouble)
            *(double*)value = found.Mean * factor;
        else
            *(float*)value = (float)(found.Mean * factor);
    }

    /// <inheritdoc/>
    public void Differentiate(TopValues values, ReadOnlySpan<WeightedMean> means, nint gradient, nint derivatives)
    {
        var (address, length, isDouble) = values;
        var slope = isDouble ? *(double*)gradient : *(float*)gradient;
        var terms = new TopMean[means.Length];
        for (var i = 0; i < terms.Length; i++)
            terms[i] = ((TopMean*)means[i].Mean)->Times(means[i].Factor * slope);
        if (isDouble)
            TopSelection.Differentiate((double*)address, length, terms, (double*)derivatives, TorchThreadTeam.Current);
        else
            TopSelection.Differentiate((float*)address, length, terms, (float*)derivatives, TorchThreadTeam.Current);
    }
}
