using ILGPU;
using ILGPU.Runtime.Cuda;

namespace GpuLoss.Kernels.Device;

/// <summary>A 16-bit floating-point type, two numbers in a word.</summary>
internal interface IHalfFormat
{
    /// <summary>The number in the lower half of a word.</summary>
    float Low(int word);

    /// <summary>The number in the upper half of a word.</summary>
    float High(int word);

    /// <summary>Two numbers in a word, each rounded to the nearest, ties to even.</summary>
    int Pack(float low, float high);
}

/// <summary>bfloat16, the upper half of a float32.</summary>
internal struct CudaBFloat16 : IHalfFormat
{
    /// <inheritdoc/>
    public readonly float Low(int word) => Interop.IntAsFloat((uint)word << 16);

    /// <inheritdoc/>
    public readonly float High(int word) => Interop.IntAsFloat((uint)word & 0xFFFF0000);

    /// <inheritdoc/>
    public readonly int Pack(float low, float high)
    {
        CudaAsm.Emit("cvt.rn.bf16x2.f32 %0, %1, %2;", out int word, high, low);
        return word;
    }
}

/// <summary>IEEE half precision.</summary>
internal struct CudaFloat16 : IHalfFormat
{
    /// <inheritdoc/>
    public readonly float Low(int word) => (float)Interop.IntAsFloat((ushort)(word & 0xFFFF));

    /// <inheritdoc/>
    public readonly float High(int word) => (float)Interop.IntAsFloat((ushort)((uint)word >> 16));

    /// <inheritdoc/>
    public readonly int Pack(float low, float high)
    {
        CudaAsm.Emit("cvt.rn.f16x2.f32 %0, %1, %2;", out int word, high, low);
        return word;
    }
}
