namespace GpuLoss.Kernels.Host;

/// <summary>
/// A run of neighbouring voxels of one sample, as a kernel sees it: the logits of class c lie at <c>Logits + c · ClassStride</c>.
/// </summary>
internal unsafe struct HostTile
{
    /// <summary>The first voxel's logit of class 0.</summary>
    public float* Logits;

    /// <summary>The first voxel's label.</summary>
    public byte* Labels;

    /// <summary>Where Spread writes; laid out as the logits.</summary>
    public float* Gradient;

    /// <summary>Elements from one class to the next.</summary>
    public long ClassStride;

    /// <summary>The number of voxels.</summary>
    public int Voxels;

    /// <summary>C.</summary>
    public int Classes;

    /// <summary>The label of the voxels that do not count.</summary>
    public int IgnoreIndex;

    /// <summary>Whether <see cref="IgnoreIndex"/> is one of 0..C-1, so that being a class is not enough to count.</summary>
    public readonly bool IgnoresAClass => (uint)IgnoreIndex < (uint)Classes;
}
