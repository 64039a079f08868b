using ILGPU.Runtime.Cuda;

namespace GpuLoss.Kernels.Device;

/// <summary>
/// The instructions that move one element of logits or gradient. Wide loads bring whole cache lines, which nobody asks for again until
/// Spread, so they pass by the level-1 cache. Wide stores say that nobody reads the gradient soon, so it leaves the logits in the level-2
/// cache alone. Narrow elements may be far apart, with the other classes of a voxel between them: they need both caches.
/// </summary>
/// <typeparam name="TElement">The element.</typeparam>
internal interface ICudaAccess<TElement>
    where TElement : unmanaged
{
    /// <summary>Loads from memory that nobody writes during the launch.</summary>
    TElement Load(long address);

    /// <summary>Stores.</summary>
    void Store(long address, TElement element);
}

/// <summary>Sixteen bytes. An instruction of inline PTX has one result: the four words go through registers of their own.</summary>
internal struct CudaAccess16 : ICudaAccess<WordPair<WordPair<int>>>
{
    /// <inheritdoc/>
    public readonly WordPair<WordPair<int>> Load(long address)
    {
        CudaAsm.Emit("{ .reg .b32 q0, q1, q2, q3; ld.global.nc.L1::no_allocate.v4.b32 {q0, q1, q2, q3}, [%0];", address);
        CudaAsm.Emit("mov.b32 %0, q0;", out int first);
        CudaAsm.Emit("mov.b32 %0, q1;", out int second);
        CudaAsm.Emit("mov.b32 %0, q2;", out int third);
        CudaAsm.Emit("mov.b32 %0, q3; }", out int fourth);
        return new(new(first, second), new(third, fourth));
    }

    /// <inheritdoc/>
    public readonly void Store(long address, WordPair<WordPair<int>> element) => CudaAsm.Emit(
        "st.global.cs.v4.b32 [%0], {%1, %2, %3, %4};",
        address, element.First.First, element.First.Second, element.Second.First, element.Second.Second);
}

/// <summary>Eight bytes.</summary>
internal struct CudaAccess8 : ICudaAccess<WordPair<int>>
{
    /// <inheritdoc/>
    public readonly WordPair<int> Load(long address)
    {
        CudaAsm.Emit("{ .reg .b32 q0, q1; ld.global.nc.L1::no_allocate.v2.b32 {q0, q1}, [%0];", address);
        CudaAsm.Emit("mov.b32 %0, q0;", out int first);
        CudaAsm.Emit("mov.b32 %0, q1; }", out int second);
        return new(first, second);
    }

    /// <inheritdoc/>
    public readonly void Store(long address, WordPair<int> element) =>
        CudaAsm.Emit("st.global.cs.v2.b32 [%0], {%1, %2};", address, element.First, element.Second);
}

/// <summary>Four bytes.</summary>
internal struct CudaAccess4 : ICudaAccess<int>
{
    /// <inheritdoc/>
    public readonly int Load(long address)
    {
        CudaAsm.Emit("ld.global.nc.b32 %0, [%1];", out int element, address);
        return element;
    }

    /// <inheritdoc/>
    public readonly void Store(long address, int element) => CudaAsm.Emit("st.global.b32 [%0], %1;", address, element);
}

/// <summary>Two bytes, in the lower half of a register.</summary>
internal struct CudaAccess2 : ICudaAccess<short>
{
    /// <inheritdoc/>
    public readonly short Load(long address)
    {
        CudaAsm.Emit("ld.global.nc.u16 %0, [%1];", out int element, address);
        return (short)element;
    }

    /// <inheritdoc/>
    public readonly void Store(long address, short element) => CudaAsm.Emit("st.global.u16 [%0], %1;", address, (int)element);
}
