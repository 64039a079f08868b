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

/// <summary>bfloat16, the upper half of a float32, in code that runs anywhere.</summary>
internal struct PortableBFloat16 : IHalfFormat
{
    private const uint NotANumber = 0x7FC0;

    /// <inheritdoc/>
    public readonly float Low(int word) => Interop.IntAsFloat((uint)word << 16);

    /// <inheritdoc/>
    public readonly float High(int word) => Interop.IntAsFloat((uint)word & 0xFFFF0000);

    /// <inheritdoc/>
    public readonly int Pack(float low, float high) => (int)(Narrow(low) | (Narrow(high) << 16));

    private static uint Narrow(float value)
    {
        var bits = Interop.FloatAsInt(value);
        return float.IsNaN(value) ? NotANumber : (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
    }
}

/// <summary>bfloat16 with the device's own conversion.</summary>
internal struct CudaBFloat16 : IHalfFormat
{
    /// <inheritdoc/>
    public readonly float Low(int word) => default(PortableBFloat16).Low(word);

    /// <inheritdoc/>
    public readonly float High(int word) => default(PortableBFloat16).High(word);

    /// <inheritdoc/>
    public readonly int Pack(float low, float high)
    {
        CudaAsm.Emit("cvt.rn.bf16x2.f32 %0, %1, %2;", out int word, high, low);
        return word;
    }
}

/// <summary>IEEE half precision in code that runs anywhere.</summary>
internal struct PortableFloat16 : IHalfFormat
{
    private const uint Infinity = 0x7C00;
    private const uint NotANumber = 0x7E00;

    /// <inheritdoc/>
    public readonly float Low(int word) => (float)Interop.IntAsFloat((ushort)(word & 0xFFFF));

    /// <inheritdoc/>
    public readonly float High(int word) => (float)Interop.IntAsFloat((ushort)((uint)word >> 16));

    /// <inheritdoc/>
    public readonly int Pack(float low, float high) => (int)(Narrow(low) | (Narrow(high) << 16));

    // Not ILGPU's own conversion: on the CPU that one truncates.
    private static uint Narrow(float value)
    {
        const uint roundsToInfinity = 0x477FF000;
        const uint smallestNormal = 0x38800000;
        const uint half = 0x3F000000;
        const uint rebias = unchecked((uint)(-112 << 23));

        var bits = Interop.FloatAsInt(value);
        var sign = (bits >> 16) & 0x8000;
        var magnitude = bits & 0x7FFFFFFF;
        if (float.IsNaN(value))
            return NotANumber;
        if (magnitude >= roundsToInfinity)
            return sign | Infinity;

        // The sum's last bit is the smallest subnormal half: the addition rounds.
        if (magnitude < smallestNormal)
            return sign | (Interop.FloatAsInt(Interop.IntAsFloat(magnitude) + 0.5f) - half);
        return sign | ((magnitude + rebias + 0xFFF + ((magnitude >> 13) & 1)) >> 13);
    }
}

/// <summary>IEEE half precision with the device's own conversions.</summary>
internal struct CudaFloat16 : IHalfFormat
{
    /// <inheritdoc/>
    public readonly float Low(int word) => default(PortableFloat16).Low(word);

    /// <inheritdoc/>
    public readonly float High(int word) => default(PortableFloat16).High(word);

    /// <inheritdoc/>
    public readonly int Pack(float low, float high)
    {
        CudaAsm.Emit("cvt.rn.f16x2.f32 %0, %1, %2;", out int word, high, low);
        return word;
    }
}
