using ILGPU;

namespace GpuLoss.Kernels.Device;

/// <summary>Logits or a gradient in memory, as a parameter of a kernel.</summary>
/// <typeparam name="TVector">The voxels that one load brings.</typeparam>
internal interface ILogitsMemory<TVector>
    where TVector : unmanaged, IVoxelVector<TVector>
{
    /// <summary>The address of the vector at an index.</summary>
    long AddressOf(long index);

    /// <summary>The bytes of a number of vectors: a step from class to class is one addition to an address.</summary>
    long BytesOf(long vectors);

    /// <summary>Loads the vector at an address.</summary>
    TVector Load(long address);

    /// <summary>Stores the vector at an address.</summary>
    void Store(long address, TVector vector);
}

/// <summary>Memory of a CUDA device behind an address, read and written with the cache hints of <typeparamref name="TAccess"/>.</summary>
/// <typeparam name="TElement">What one instruction moves.</typeparam>
/// <typeparam name="TVector">The voxels in it.</typeparam>
/// <typeparam name="TCodec">How they lie in it.</typeparam>
/// <typeparam name="TAccess">The instructions.</typeparam>
internal readonly struct CudaMemory<TElement, TVector, TCodec, TAccess>(long address) : ILogitsMemory<TVector>
    where TElement : unmanaged
    where TVector : unmanaged, IVoxelVector<TVector>
    where TCodec : struct, ILogitsCodec<TElement, TVector>
    where TAccess : struct, ICudaAccess<TElement>
{
    /// <inheritdoc/>
    public long AddressOf(long index) => address + BytesOf(index);

    /// <inheritdoc/>
    public long BytesOf(long vectors) => vectors * Interop.SizeOf<TElement>();

    /// <inheritdoc/>
    public TVector Load(long address) => default(TCodec).Decode(default(TAccess).Load(address));

    /// <inheritdoc/>
    public void Store(long address, TVector vector) => default(TAccess).Store(address, default(TCodec).Encode(vector));
}
