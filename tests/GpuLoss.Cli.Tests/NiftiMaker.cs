namespace GpuLoss.Cli.Tests;

/// <summary>Writes NIfTI files byte by byte, as nifti1.h and nifti2.h lay them out.</summary>
internal sealed record NiftiMaker
{
    /// <summary>1 or 2.</summary>
    public int Version { get; init; } = 1;

    public bool IsBigEndian { get; init; }

    /// <summary>Whether header and voxels are two files; then <see cref="Bytes"/> is the header.</summary>
    public bool IsPair { get; init; }

    public int[] Size { get; init; } = [4, 4, 4];

    /// <summary>The NIfTI code of the type of a voxel.</summary>
    public short Type { get; init; } = 16;

    /// <summary>The voxels, in memory order.</summary>
    public IReadOnlyList<object> Voxels { get; init; } = [];

    public double[] Pixdim { get; init; } = [1, 1, 1];

    /// <summary>The sign of the third axis of the qform, in pixdim[0].</summary>
    public double QFactor { get; init; } = 1;

    public byte Units { get; init; } = 2;

    public double Slope { get; init; } = 1;

    public double Intercept { get; init; }

    public int SformCode { get; init; }

    /// <summary>Three rows of four.</summary>
    public double[,] Sform { get; init; } = new double[3, 4];

    public int QformCode { get; init; }

    /// <summary>b, c and d.</summary>
    public double[] Quaternion { get; init; } = [0, 0, 0];

    public double[] QOffset { get; init; } = [0, 0, 0];

    /// <summary>The header, followed by the voxels where it is no pair.</summary>
    public byte[] Bytes
    {
        get
        {
            var header = Header();
            return IsPair ? header : [.. header, .. Image];
        }
    }

    /// <summary>The voxels alone.</summary>
    public byte[] Image => [.. Voxels.SelectMany(voxel => Ordered(Type switch
    {
        2 => [Convert.ToByte(voxel, null)],
        4 => BitConverter.GetBytes(Convert.ToInt16(voxel, null)),
        8 => BitConverter.GetBytes(Convert.ToInt32(voxel, null)),
        1024 => BitConverter.GetBytes(Convert.ToInt64(voxel, null)),
        1280 => BitConverter.GetBytes(Convert.ToUInt64(voxel, null)),
        16 => BitConverter.GetBytes(Convert.ToSingle(voxel, null)),
        64 => BitConverter.GetBytes(Convert.ToDouble(voxel, null)),
        _ => throw new InvalidOperationException($"Type {Type} is not written here."),
    }))];

    /// <summary>The file as it stands on disk.</summary>
    public string Save(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        File.WriteAllBytes(path, Bytes);
        if (IsPair)
            File.WriteAllBytes(Path.ChangeExtension(path, ".img"), Image);
        return path;
    }

    private byte[] Header()
    {
        var second = Version == 2;
        var length = second ? 540 : 348;
        var file = new byte[length + 4];
        void Put(int offset, byte[] value) => Ordered(value).CopyTo(file, offset);
        void Integer(int offset, long value, int bytes) => Put(offset, BitConverter.GetBytes(value)[..bytes]);
        void Real(int first, int other, double value) =>
            Put(second ? other : first, second ? BitConverter.GetBytes(value) : BitConverter.GetBytes((float)value));
        Integer(0, length, 4);
        foreach (var (i, size) in new[] { 3, Size[0], Size[1], Size[2] }.Index())
            Integer(second ? 16 + 8 * i : 40 + 2 * i, size, second ? 8 : 2);
        Integer(second ? 12 : 70, Type, 2);
        foreach (var (i, edge) in new[] { QFactor, Pixdim[0], Pixdim[1], Pixdim[2] }.Index())
            Real(76 + 4 * i, 104 + 8 * i, edge);
        if (second)
            Integer(168, IsPair ? 0 : length + 4, 8);
        else
            Real(108, 0, IsPair ? 0 : length + 4);
        Real(112, 176, Slope);
        Real(116, 184, Intercept);
        Integer(second ? 500 : 123, Units, second ? 4 : 1);
        Integer(second ? 344 : 252, QformCode, second ? 4 : 2);
        Integer(second ? 348 : 254, SformCode, second ? 4 : 2);
        for (var i = 0; i < 3; i++)
        {
            Real(256 + 4 * i, 352 + 8 * i, Quaternion[i]);
            Real(268 + 4 * i, 376 + 8 * i, QOffset[i]);
            for (var column = 0; column < 4; column++)
                Real(280 + 16 * i + 4 * column, 400 + 32 * i + 8 * column, Sform[i, column]);
        }

        (second ? IsPair ? "ni2\0\r\n\x1A\n"u8 : "n+2\0\r\n\x1A\n"u8 : IsPair ? "ni1\0"u8 : "n+1\0"u8)
            .CopyTo(file.AsSpan(second ? 4 : 344));
        return IsPair ? file[..length] : file;
    }

    private byte[] Ordered(byte[] value)
    {
        if (IsBigEndian == BitConverter.IsLittleEndian)
            Array.Reverse(value);
        return value;
    }
}
