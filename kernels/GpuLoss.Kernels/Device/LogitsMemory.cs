using ILGPU;

namespace GpuLoss.Kernels.Device;

/// <summary>Logits or a gradient in memory, as a parameter of a kernel.</summary>
/// <typeparam name="TVector">The voxels that one load brings.</typeparam>
internal interface ILogitsMemory<TVector>
    where TVector : unmanaged, IVoxelVector<TVector>
{
    /// <summary>Loads the vector at an index.</summary>
    TVector Load(long index);

    /// <summary>Stores the vector at an index.</summary>
    void Store(long index, TVector vector);
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
    public TVector Load(long index) => default(TCodec).Decode(default(TAccess).Load(address + index * Interop.SizeOf<TElement>()));

    /// <inheritdoc/>
    public void Store(long index, TVector vector) =>
        default(TAccess).Store(address + index * Interop.SizeOf<TElement>(), default(TCodec).Encode(vector));
}
