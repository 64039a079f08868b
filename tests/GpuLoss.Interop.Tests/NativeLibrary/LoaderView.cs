using System.Buffers.Binary;
using System.Text;

namespace GpuLoss.Interop.Tests.NativeLibrary;

/// <summary>
/// A shared library as the system's loader sees it: by its program headers and dynamic segment. (The product reads section headers,
/// which the loader never looks at; the two agree only if both are right.)
/// </summary>
internal sealed class LoaderView
{
    private const int LoadSegment = 1, DynamicSegment = 2;
    private const long StringTable = 5, SymbolTable = 6, Relocations = 7, RelocationsSize = 8, JumpSize = 2, JumpRelocations = 23;
    private const long VersionOfSymbol = 0x6ffffff0, VersionNeeds = 0x6ffffffe, VersionNeedCount = 0x6fffffff;

    private readonly byte[] _file;
    private readonly List<(long Address, long Offset, long Size)> _segments = [];
    private readonly Dictionary<long, long> _dynamic = [];

    internal LoaderView(byte[] file)
    {
        _file = file;
        for (var i = 0; i < U16(56); i++)
        {
            var header = I64(32) + U16(54) * i;
            if (U32(header) == LoadSegment)
                _segments.Add((I64(header + 16), I64(header + 8), I64(header + 32)));
            if (U32(header) == DynamicSegment)
            {
                for (var entry = I64(header + 8); I64(entry) != 0; entry += 16)
                    _dynamic.TryAdd(I64(entry), I64(entry + 8));
            }
        }
    }

    internal sealed record Need(string Library, string Version, bool Weak, int Index);

    internal sealed record Lookup(string Symbol, int VersionIndex, long RelocationOffset, long VersionOffset);

    internal List<Need> Needs()
    {
        var needs = new List<Need>();
        var library = OffsetOf(VersionNeeds);
        for (var i = 0; i < _dynamic[VersionNeedCount]; i++, library += U32(library + 12))
        {
            var version = library + U32(library + 8);
            for (var j = 0; j < U16(library + 2); j++, version += U32(version + 12))
                needs.Add(new(Text(U32(library + 4)), Text(U32(version + 8)), (U16(version + 4) & 2) != 0, U16(version + 6)));
        }

        return needs;
    }

    /// <summary>Every symbol a relocation has the loader look up.</summary>
    internal List<Lookup> Lookups()
    {
        var lookups = new List<Lookup>();
        foreach (var (table, size) in new[] { (Relocations, RelocationsSize), (JumpRelocations, JumpSize) })
        {
            for (var offset = OffsetOf(table); offset < OffsetOf(table) + _dynamic[size]; offset += 24)
            {
                var symbol = U32(offset + 12);
                var version = OffsetOf(VersionOfSymbol) + 2 * symbol;
                if (symbol != 0)
                    lookups.Add(new(Text(U32(OffsetOf(SymbolTable) + 24 * symbol)), U16(version) & 0x7fff, offset, version));
            }
        }

        return lookups;
    }

    /// <summary>The place in the symbol table of a symbol that nothing needs to look up.</summary>
    internal int SymbolWithVersion(int versionIndex)
    {
        var symbol = 1;
        while ((U16(OffsetOf(VersionOfSymbol) + 2 * symbol) & 0x7fff) != versionIndex)
            symbol++;
        return symbol;
    }

    private long OffsetOf(long tag)
    {
        var address = _dynamic[tag];
        var segment = _segments.Single(segment => address >= segment.Address && address < segment.Address + segment.Size);
        return address - segment.Address + segment.Offset;
    }

    private string Text(long index)
    {
        var start = (int)(OffsetOf(StringTable) + index);
        return Encoding.ASCII.GetString(_file, start, Array.IndexOf(_file, (byte)0, start) - start);
    }

    private int U16(long offset) => BinaryPrimitives.ReadUInt16LittleEndian(_file.AsSpan((int)offset));

    private long U32(long offset) => BinaryPrimitives.ReadUInt32LittleEndian(_file.AsSpan((int)offset));

    private long I64(long offset) => BinaryPrimitives.ReadInt64LittleEndian(_file.AsSpan((int)offset));
}
