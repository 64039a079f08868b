using System.Buffers.Binary;

namespace GpuLoss.Cli.Volumes;

/// <summary>The voxel types of NIfTI.</summary>
internal static class NiftiVoxel
{
    /// <summary>The value of one voxel, before slope and intercept.</summary>
    public static double Read(NiftiHeader header, ReadOnlySpan<byte> bytes) => (header.Type, header.IsBigEndian) switch
    {
        (16, false) => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        (16, true) => BinaryPrimitives.ReadSingleBigEndian(bytes),
        (64, false) => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        (64, true) => BinaryPrimitives.ReadDoubleBigEndian(bytes),
        (1280, _) => (double)(ulong)ReadInteger(header, bytes),
        _ => (double)(long)ReadInteger(header, bytes),
    };

    /// <summary>The value of one voxel of an integer type, before slope and intercept: all of 64 bits, signed or not.</summary>
    public static Int128 ReadInteger(NiftiHeader header, ReadOnlySpan<byte> bytes) => (header.Type, header.IsBigEndian) switch
    {
        (2, _) => bytes[0],
        (256, _) => (sbyte)bytes[0],
        (4, false) => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        (4, true) => BinaryPrimitives.ReadInt16BigEndian(bytes),
        (512, false) => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
        (512, true) => BinaryPrimitives.ReadUInt16BigEndian(bytes),
        (8, false) => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        (8, true) => BinaryPrimitives.ReadInt32BigEndian(bytes),
        (768, false) => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        (768, true) => BinaryPrimitives.ReadUInt32BigEndian(bytes),
        (1024, false) => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        (1024, true) => BinaryPrimitives.ReadInt64BigEndian(bytes),
        (1280, false) => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        (1280, true) => BinaryPrimitives.ReadUInt64BigEndian(bytes),
        _ => throw new InvalidOperationException($"NIfTI datatype {header.Type} is none of the integers."),
    };
}
