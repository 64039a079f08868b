namespace GpuLoss.Kernels.Objective;

/// <summary>The element types of logits and of their gradient. Sums are taken in double whatever the type.</summary>
internal enum LogitsType
{
    /// <summary>IEEE single precision; the arithmetic is float32.</summary>
    Float32,

    /// <summary>IEEE double precision; the arithmetic is float64.</summary>
    Float64,

    /// <summary>IEEE half precision; the arithmetic is float32.</summary>
    Float16,

    /// <summary>The upper half of a float32; the arithmetic is float32.</summary>
    BFloat16,
}

/// <summary>The element types of a target of class indices.</summary>
internal enum LabelType
{
    /// <summary>0 to 255.</summary>
    UInt8,

    /// <summary>-128 to 127.</summary>
    Int8,

    /// <summary>Two bytes, signed.</summary>
    Int16,

    /// <summary>Four bytes, signed.</summary>
    Int32,

    /// <summary>Eight bytes, signed.</summary>
    Int64,
}

/// <summary>What a target holds: class indices [N, V], or a number for every voxel and class, [N, C, V].</summary>
internal enum TargetKind
{
    /// <summary>Class indices of a <see cref="LabelType"/>; with one class, 0 or 1.</summary>
    Labels,

    /// <summary>Numbers in single precision.</summary>
    Float32,

    /// <summary>Numbers in double precision.</summary>
    Float64,

    /// <summary>Numbers in half precision.</summary>
    Float16,

    /// <summary>Numbers in bfloat16.</summary>
    BFloat16,

    /// <summary>Whole numbers from 0 to 255, or booleans.</summary>
    UInt8,
}

/// <summary>The weight of each voxel, [N, V].</summary>
internal enum MaskKind
{
    /// <summary>All are 1.</summary>
    None,

    /// <summary>Numbers in single precision.</summary>
    Float32,

    /// <summary>Numbers in double precision.</summary>
    Float64,

    /// <summary>Whole numbers from 0 to 255, or booleans.</summary>
    UInt8,

    /// <summary>Booleans that say which voxels of a target of class indices exist.</summary>
    Bool,
}

/// <summary>The sizes of the element types.</summary>
internal static class ElementTypes
{
    /// <summary>Bytes per logit.</summary>
    public static int SizeOf(LogitsType type) => type switch
    {
        LogitsType.Float64 => sizeof(double),
        LogitsType.Float32 => sizeof(float),
        _ => sizeof(ushort),
    };

    /// <summary>Bytes per label.</summary>
    public static int SizeOf(LabelType type) => type switch
    {
        LabelType.Int64 => sizeof(long),
        LabelType.Int32 => sizeof(int),
        LabelType.Int16 => sizeof(short),
        _ => sizeof(byte),
    };

    /// <summary>Bytes per number of a target of numbers.</summary>
    public static int SizeOf(TargetKind type) => type switch
    {
        TargetKind.Float64 => sizeof(double),
        TargetKind.Float32 => sizeof(float),
        TargetKind.Float16 or TargetKind.BFloat16 => sizeof(ushort),
        _ => sizeof(byte),
    };

    /// <summary>Bytes per voxel weight.</summary>
    public static int SizeOf(MaskKind type) => type switch
    {
        MaskKind.None => 0,
        MaskKind.Float64 => sizeof(double),
        MaskKind.Float32 => sizeof(float),
        _ => sizeof(byte),
    };
}
