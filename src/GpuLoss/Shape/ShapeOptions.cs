using GpuLoss.Autograd;
using GpuLoss.Kernels.Shape;
using GpuLoss.Modules;

namespace GpuLoss.Shape;

/// <summary>The options that all losses of shapes share, checked.</summary>
internal sealed class ShapeOptions
{
    private readonly double[]? sampling;

    /// <summary>Checks options.</summary>
    /// <exception cref="ArgumentException">One is out of its range.</exception>
    public ShapeOptions(bool include_background, nn.Activation activation, long ignore_index, double[]? sampling = null)
    {
        LossDefinitions.ActivationOf(activation, nameof(activation));
        (IncludeBackground, Activation) = (include_background, activation);
        IgnoreIndex = LossDefinitions.IgnoreIndex(ignore_index);
        this.sampling = Sampling(sampling);
    }

    /// <summary>Whether class 0 counts.</summary>
    public bool IncludeBackground { get; }

    /// <summary>What makes p of the logits.</summary>
    public nn.Activation Activation { get; }

    /// <summary>The label that does not count.</summary>
    public long IgnoreIndex { get; }

    /// <summary>The most spatial axes that the loss has kernels for.</summary>
    public int MostAxes { get; init; } = LossInputs.MostDimensions;

    /// <summary>A copy of the distances of voxels.</summary>
    /// <exception cref="ArgumentException">One is not finite and more than 0.</exception>
    public static double[]? Sampling(double[]? sampling)
    {
        var bad = sampling is null ? -1 : Array.FindIndex(sampling, edge => !(edge > 0 && double.IsFinite(edge)));
        if (bad >= 0)
            throw new ArgumentException($"sampling must be finite and more than 0; sampling[{bad}] is {sampling![bad]}.", nameof(sampling));
        return (double[]?)sampling?.Clone();
    }

    /// <summary>The grid of a volume.</summary>
    /// <exception cref="ArgumentException">There is another number of axes than of distances.</exception>
    public static SpatialGrid GridOf(ReadOnlySpan<long> space, double[]? sampling)
    {
        if (sampling is not null && sampling.Length != space.Length)
        {
            throw new ArgumentException(
                $"sampling must have one entry per spatial axis, {space.Length} for a volume {LossInputs.Show(space.ToArray())}, "
                + $"not {sampling.Length}.",
                nameof(sampling));
        }

        return new(space, sampling);
    }

    /// <summary>The grid of a volume, with the distances of these options.</summary>
    public SpatialGrid GridOf(ReadOnlySpan<long> space) => GridOf(space, sampling);
}
