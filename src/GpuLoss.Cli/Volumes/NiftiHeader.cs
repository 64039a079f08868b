using System.Buffers.Binary;

namespace GpuLoss.Cli.Volumes;

/// <summary>What matters of the 348 bytes in front of a NIfTI-1 image (nifti1.h): offsets and codes are the standard's.</summary>
internal sealed class NiftiHeader
{
    /// <summary>The length of the header.</summary>
    public const int Length = 348;

    private readonly byte[] bytes;
    private readonly string path;

    /// <summary>Reads a header.</summary>
    /// <exception cref="InputException">It is not a header this program can read.</exception>
    public NiftiHeader(byte[] bytes, string path)
    {
        (this.bytes, this.path) = (bytes, path);
        IsBigEndian = BinaryPrimitives.ReadInt32LittleEndian(bytes) switch
        {
            Length => false,
            _ when BinaryPrimitives.ReadInt32BigEndian(bytes) == Length => true,
            _ => throw new InputException($"{path}: not a NIfTI-1 file (the header length is not {Length})."),
        };
        var magic = bytes.AsSpan(344, 4);
        if (magic.SequenceEqual("ni1\0"u8))
            throw new InputException($"{path}: header and image are in two files (.hdr and .img); convert them to one .nii file.");
        if (!magic.SequenceEqual("n+1\0"u8))
            throw new InputException($"{path}: not a NIfTI-1 file (no \"n+1\" in its header).");
        Size = ReadSize();
        Type = Int16(70);
        BytesPerVoxel = Type switch
        {
            2 or 256 => 1,
            4 or 512 => 2,
            8 or 768 or 16 => 4,
            64 or 1024 or 1280 => 8,
            _ => throw new InputException($"{path}: voxels of NIfTI datatype {Type} are not supported, only integers, float32 and float64."),
        };
        Spacing = (Edge(1), Edge(2), Edge(3));
        var offset = Float(108);
        DataOffset = offset >= Length && offset <= int.MaxValue / 2
            ? (int)offset
            : throw new InputException($"{path}: the image begins at byte {offset}, inside the header.");
        var slope = Float(112);
        (Slope, Intercept) = slope == 0 || !float.IsFinite(slope) ? (1, 0) : (slope, Float(116));
    }

    public bool IsBigEndian { get; }

    public GridSize Size { get; }

    public (double X, double Y, double Z) Spacing { get; }

    public int Type { get; }

    public int BytesPerVoxel { get; }

    public int DataOffset { get; }

    public float Slope { get; }

    public float Intercept { get; }

    private GridSize ReadSize()
    {
        int dimensions = Int16(40);
        if (dimensions is < 3 or > 7)
            throw new InputException($"{path}: the image has {dimensions} dimensions; 3 are needed.");
        for (var i = 1; i <= dimensions; i++)
        {
            int length = Int16(40 + 2 * i);
            if (length < 1)
                throw new InputException($"{path}: dimension {i} has length {length}.");
            if (i > 3 && length > 1)
                throw new InputException($"{path}: the file holds {length} images along dimension {i}; one is needed.");
        }

        var size = new GridSize(Int16(42), Int16(44), Int16(46));
        return size.Voxels <= Array.MaxLength
            ? size
            : throw new InputException($"{path}: an image of {size} voxels is too large.");
    }

    private double Edge(int axis)
    {
        double edge = Math.Abs(Float(76 + 4 * axis));
        return edge > 0 && double.IsFinite(edge) ? edge : throw new InputException($"{path}: the voxel edge along axis {axis} is {edge}.");
    }

    private short Int16(int offset) => IsBigEndian
        ? BinaryPrimitives.ReadInt16BigEndian(bytes.AsSpan(offset))
        : BinaryPrimitives.ReadInt16LittleEndian(bytes.AsSpan(offset));

    private float Float(int offset) => IsBigEndian
        ? BinaryPrimitives.ReadSingleBigEndian(bytes.AsSpan(offset))
        : BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(offset));
}
