namespace GpuLoss.PtxMachine;

/// <summary>The fundamental types (PTX ISA, 5.2).</summary>
internal static class PtxTypes
{
    /// <summary>Bytes; 0 where there is no such type.</summary>
    public static int SizeOf(string type) => type switch
    {
        "b8" or "u8" or "s8" => 1,
        "b16" or "u16" or "s16" or "f16" or "bf16" => 2,
        "b32" or "u32" or "s32" or "f32" or "f16x2" or "bf16x2" => 4,
        "b64" or "u64" or "s64" or "f64" => 8,
        _ => 0,
    };
}
