namespace GpuLoss.Kernels.Device;

/// <summary>From an element of memory to the float32 voxels of a thread.</summary>
/// <typeparam name="TElement">What one instruction loads.</typeparam>
/// <typeparam name="TVector">The voxels in it.</typeparam>
internal interface INumberCodec<TElement, TVector>
    where TElement : unmanaged
    where TVector : unmanaged, IVoxelVector<TVector>
{
    /// <summary>The voxels of an element.</summary>
    TVector Decode(TElement element);
}

/// <summary>And back.</summary>
/// <typeparam name="TElement">What one instruction loads or stores.</typeparam>
/// <typeparam name="TVector">The voxels in it.</typeparam>
internal interface ILogitsCodec<TElement, TVector> : INumberCodec<TElement, TVector>
    where TElement : unmanaged
    where TVector : unmanaged, IVoxelVector<TVector>
{
    /// <summary>The element that holds voxels, rounded to the nearest.</summary>
    TElement Encode(TVector voxels);
}

/// <summary>One float32.</summary>
internal struct FloatCodec : ILogitsCodec<int, OneVoxel>
{
    /// <inheritdoc/>
    public readonly OneVoxel Decode(int element) => OneVoxel.OfBits(element);

    /// <inheritdoc/>
    public readonly int Encode(OneVoxel voxels) => voxels.Bits;
}

/// <summary>Two neighbours in one word of a 16-bit type.</summary>
/// <typeparam name="TFormat">The type.</typeparam>
internal struct HalfPairCodec<TFormat> : ILogitsCodec<int, VoxelPair<OneVoxel>>
    where TFormat : struct, IHalfFormat
{
    /// <inheritdoc/>
    public readonly VoxelPair<OneVoxel> Decode(int element) =>
        new(new(default(TFormat).Low(element)), new(default(TFormat).High(element)));

    /// <inheritdoc/>
    public readonly int Encode(VoxelPair<OneVoxel> voxels) => default(TFormat).Pack(voxels.First.Value, voxels.Second.Value);
}

/// <summary>One number of a 16-bit type.</summary>
/// <typeparam name="TFormat">The type.</typeparam>
internal struct HalfCodec<TFormat> : ILogitsCodec<short, OneVoxel>
    where TFormat : struct, IHalfFormat
{
    /// <inheritdoc/>
    public readonly OneVoxel Decode(short element) => new(default(TFormat).Low(element));

    /// <inheritdoc/>
    public readonly short Encode(OneVoxel voxels) => (short)default(TFormat).Pack(voxels.Value, 0f);
}

/// <summary>Two elements side by side.</summary>
/// <typeparam name="TElement">Each of the two.</typeparam>
/// <typeparam name="TVector">The voxels in each.</typeparam>
/// <typeparam name="TCodec">Each one's codec.</typeparam>
internal struct PairCodec<TElement, TVector, TCodec> : ILogitsCodec<WordPair<TElement>, VoxelPair<TVector>>
    where TElement : unmanaged
    where TVector : unmanaged, IVoxelVector<TVector>
    where TCodec : struct, ILogitsCodec<TElement, TVector>
{
    /// <inheritdoc/>
    public readonly VoxelPair<TVector> Decode(WordPair<TElement> element) =>
        new(default(TCodec).Decode(element.First), default(TCodec).Decode(element.Second));

    /// <inheritdoc/>
    public readonly WordPair<TElement> Encode(VoxelPair<TVector> voxels) =>
        new(default(TCodec).Encode(voxels.First), default(TCodec).Encode(voxels.Second));
}

/// <summary>One byte.</summary>
internal struct ByteCodec : INumberCodec<byte, OneVoxel>
{
    /// <inheritdoc/>
    public readonly OneVoxel Decode(byte element) => new(element);
}

/// <summary>Two bytes in one word.</summary>
internal struct BytePairCodec : INumberCodec<short, VoxelPair<OneVoxel>>
{
    /// <inheritdoc/>
    public readonly VoxelPair<OneVoxel> Decode(short element) => new(new(element & 0xFF), new((element >> 8) & 0xFF));
}

/// <summary>Four bytes in one word.</summary>
internal struct ByteQuadCodec : INumberCodec<int, VoxelPair<VoxelPair<OneVoxel>>>
{
    /// <inheritdoc/>
    public readonly VoxelPair<VoxelPair<OneVoxel>> Decode(int element) => new(
        new(new(element & 0xFF), new((element >> 8) & 0xFF)), new(new((element >> 16) & 0xFF), new((element >> 24) & 0xFF)));
}
