using System.Buffers.Binary;

namespace GpuLoss.Cli.Volumes;

/// <summary>
/// What matters of the header of a NIfTI-1 (348 bytes) or NIfTI-2 (540 bytes) image: offsets and codes are those of nifti1.h and nifti2.h.
/// Where two offsets stand together, the first is NIfTI-1's.
/// </summary>
internal sealed class NiftiHeader
{
    /// <summary>The length of the header of NIfTI-1.</summary>
    public const int Length = 348;

    /// <summary>The length of the header of NIfTI-2.</summary>
    public const int LengthOfSecond = 540;

    private const int UnitOfLength = 7;
    private const double MmPerMetre = 1e3, MmPerMicrometre = 1e-3;

    private readonly byte[] bytes;
    private readonly string path;

    /// <summary>Reads a header.</summary>
    /// <param name="bytes">As many bytes as <see cref="LengthOf"/> asks for.</param>
    /// <param name="path">The file, for messages.</param>
    /// <exception cref="InputException">It is not a header this program can read.</exception>
    public NiftiHeader(byte[] bytes, string path)
    {
        (this.bytes, this.path) = (bytes, path);
        IsSecond = LengthOf(bytes, path) == LengthOfSecond;
        IsBigEndian = BinaryPrimitives.ReadInt32BigEndian(bytes) == bytes.Length;
        IsPair = ReadMagic();
        Size = ReadSize();
        Type = Int16(70, 12);
        BytesPerVoxel = Type switch
        {
            2 or 256 => 1,
            4 or 512 => 2,
            8 or 768 or 16 => 4,
            64 or 1024 or 1280 => 8,
            _ => throw new InputException(
                $"{path}: voxels of NIfTI datatype {Type} are not supported, only integers, float32 and float64."),
        };
        Geometry = ReadGeometry();
        DataOffset = ReadOffset();
        var slope = Real(112, 176);
        (Slope, Intercept) = slope == 0 || !double.IsFinite(slope) ? (1, 0) : (slope, Real(116, 184));
    }

    /// <summary>Whether it is NIfTI-2.</summary>
    public bool IsSecond { get; }

    public bool IsBigEndian { get; }

    /// <summary>Whether the voxels are in a file of their own.</summary>
    public bool IsPair { get; }

    public GridSize Size { get; }

    /// <summary>Where the voxels lie.</summary>
    public NiftiGeometry Geometry { get; }

    public int Type { get; }

    public int BytesPerVoxel { get; }

    /// <summary>Where the voxels begin in their file.</summary>
    public long DataOffset { get; }

    public double Slope { get; }

    public double Intercept { get; }

    /// <summary>Whether a voxel is an integer in the file, whatever slope and intercept make of it.</summary>
    public bool IsInteger => Type is not (16 or 64);

    /// <summary>The length of a header by its first four bytes.</summary>
    /// <exception cref="InputException">It begins as no header does.</exception>
    public static int LengthOf(ReadOnlySpan<byte> first, string path)
    {
        var (little, big) = (BinaryPrimitives.ReadInt32LittleEndian(first), BinaryPrimitives.ReadInt32BigEndian(first));
        return little is Length or LengthOfSecond ? little
            : big is Length or LengthOfSecond ? big
            : throw new InputException($"{path}: not a NIfTI file (the header length is neither {Length} nor {LengthOfSecond}).");
    }

    private bool ReadMagic()
    {
        var magic = IsSecond ? bytes.AsSpan(4, 8) : bytes.AsSpan(344, 4);
        if (magic.SequenceEqual(IsSecond ? "n+2\0\r\n\x1A\n"u8 : "n+1\0"u8))
            return false;
        if (magic.SequenceEqual(IsSecond ? "ni2\0\r\n\x1A\n"u8 : "ni1\0"u8))
            return true;
        throw new InputException(IsSecond
            ? $"{path}: not a NIfTI-2 file (no \"n+2\" in its header)."
            : $"{path}: not a NIfTI-1 file (no \"n+1\" in its header; Analyze 7.5 files do not say how the head lies and are not read).");
    }

    private GridSize ReadSize()
    {
        var dimensions = Dimension(0);
        if (dimensions is < 3 or > 7)
            throw new InputException($"{path}: the image has {dimensions} dimensions; 3 are needed.");
        for (var i = 1; i <= dimensions; i++)
        {
            var length = Dimension(i);
            if (length < 1)
                throw new InputException($"{path}: dimension {i} has length {length}.");
            if (i > 3 && length > 1)
                throw new InputException($"{path}: the file holds {length} images along dimension {i}; one is needed.");
        }

        var (x, y, z) = (Dimension(1), Dimension(2), Dimension(3));
        return (double)x * y * z <= Array.MaxLength
            ? new GridSize((int)x, (int)y, (int)z)
            : throw new InputException($"{path}: an image of {x}×{y}×{z} voxels is too large.");
    }

    private NiftiGeometry ReadGeometry()
    {
        var unit = ((IsSecond ? (int)Integer(500, 4) : bytes[123]) & UnitOfLength) switch
        {
            1 => MmPerMetre,
            3 => MmPerMicrometre,
            _ => 1,
        };
        double Edge(int axis) => Math.Abs(Real(76 + 4 * axis, 104 + 8 * axis));
        var edges = new VoxelSpacing(Edge(1), Edge(2), Edge(3));
        var areLengths = new[] { edges.X, edges.Y, edges.Z }.All(edge => edge > 0 && double.IsFinite(edge));
        var isQform = areLengths && Code(252, 344) > 0;
        Affine? qform = isQform
            ? NiftiGeometry.OfQuaternion(
                Real(256, 352), Real(260, 360), Real(264, 368), edges, Real(76, 104) < 0 ? -1 : 1,
                new Point(Real(268, 376), Real(272, 384), Real(276, 392))).Scaled(unit)
            : null;
        Affine? sform = Code(254, 348) > 0 ? ReadSform().Scaled(unit) : null;
        VoxelSpacing? scaled = areLengths ? new VoxelSpacing(unit * edges.X, unit * edges.Y, unit * edges.Z) : null;
        return NiftiGeometry.Choose(sform, qform, scaled, Size)
            ?? throw new InputException(
                $"{path}: sform, qform and pixdim do not say where the voxels lie (a voxel edge of pixdim is {edges}).");
    }

    private Affine ReadSform()
    {
        Point Column(int column)
        {
            double At(int row) => Real(280 + 16 * row + 4 * column, 400 + 32 * row + 8 * column);
            return new Point(At(0), At(1), At(2));
        }

        return new Affine(Column(0), Column(1), Column(2), Column(3));
    }

    private long ReadOffset()
    {
        var offset = IsSecond ? Integer(168, 8) : Real(108, 0);
        var least = IsPair ? 0 : bytes.Length;
        return offset >= least && offset <= int.MaxValue / 2
            ? (long)offset
            : throw new InputException($"{path}: the image begins at byte {offset}, inside the header or out of reach.");
    }

    private long Dimension(int i) => IsSecond ? Integer(16 + 8 * i, 8) : Integer(40 + 2 * i, 2);

    private long Code(int first, int second) => IsSecond ? Integer(second, 4) : Integer(first, 2);

    private short Int16(int first, int second) => (short)Integer(IsSecond ? second : first, 2);

    private long Integer(int offset, int length) => (length, IsBigEndian) switch
    {
        (2, false) => BinaryPrimitives.ReadInt16LittleEndian(bytes.AsSpan(offset)),
        (2, true) => BinaryPrimitives.ReadInt16BigEndian(bytes.AsSpan(offset)),
        (4, false) => BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(offset)),
        (4, true) => BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(offset)),
        (_, false) => BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(offset)),
        (_, true) => BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(offset)),
    };

    private double Real(int first, int second) => (IsSecond, IsBigEndian) switch
    {
        (false, false) => BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(first)),
        (false, true) => BinaryPrimitives.ReadSingleBigEndian(bytes.AsSpan(first)),
        (true, false) => BinaryPrimitives.ReadDoubleLittleEndian(bytes.AsSpan(second)),
        (true, true) => BinaryPrimitives.ReadDoubleBigEndian(bytes.AsSpan(second)),
    };
}
