// One source, two uses: GpuLoss.Interop.targets compiles it as an MSBuild inline task, and GpuLoss.Interop compiles it to inspect the
// library a program has beside it. An inline task sees netstandard2.0 only, without implicit usings and preprocessor symbols.
#nullable enable

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
#if !NET
using Microsoft.Build.Framework;
#endif

namespace GpuLoss.Interop;

/// <summary>What TorchSharp's native library asks of the system's C++ runtime (libstdc++).</summary>
internal enum NativeLibraryCondition
{
    /// <summary>No library was found where a program looks for it.</summary>
    NotFound,

    /// <summary>The library loads as it is: nothing in it asks for GLIBCXX_3.4.32.</summary>
    NotNeeded,

    /// <summary>The library insists on GLIBCXX_3.4.32 for nothing: Debian 12 and Ubuntu 22.04 refuse to load it.</summary>
    Unrepaired,

    /// <summary>The library asks for GLIBCXX_3.4.32 but loads without it.</summary>
    Repaired,

    /// <summary>The file is not a library the repair knows; it is left alone.</summary>
    Unrecognized,
}

/// <summary>
/// The bytes of a libLibTorchSharp.so, and the repair that lets it load where libstdc++ is older than GCC 13's.
/// </summary>
/// <remarks>
/// Upstream cause: TorchSharp 0.107.0's library was linked against GCC 13's libstdc++. From that release on, every file that includes
/// &lt;iostream&gt; mentions the symbol _ZSt21ios_base_library_initv (version GLIBCXX_3.4.32), only to force a libstdc++ with the
/// stream initialisation inside; no code calls it. The loader checks versions before symbols, and so it refuses the whole library on
/// systems that have everything the library does use. ELF has a flag for "may be missing" on a version need (VER_FLG_WEAK). Setting
/// that one bit is the repair. It is only right while nothing refers to the symbol, and that is checked first.
/// </remarks>
internal sealed class LibTorchSharpImage
{
    private const string NewestVersion = "GLIBCXX_3.4.32";
    private const string UnusedSymbol = "_ZSt21ios_base_library_initv";

    private const ulong SectionHeaderSize = 64, SymbolSize = 24, RelocationSize = 24;
    private const ulong RelocationSection = 4, SectionWithoutBytes = 8, DynamicSymbolSection = 11;
    private const ulong VersionNeedSection = 0x6ffffffe, SymbolVersionSection = 0x6fffffff;
    private const ulong SharedObject = 3, X86Machine = 62, WeakFlag = 2, VersionIndexMask = 0x7fff;

    private readonly byte[] _bytes;
    private readonly List<Section> _sections = new List<Section>();
    private ulong _flagsOffset;

    internal LibTorchSharpImage(byte[] bytes)
    {
        _bytes = bytes;
        try
        {
            (Condition, Explanation) = Examine();
        }
        catch (InvalidDataException error)
        {
            (Condition, Explanation) = (NativeLibraryCondition.Unrecognized, error.Message);
        }
    }

    internal NativeLibraryCondition Condition { get; }

    internal string Explanation { get; }

    /// <summary>A copy of the bytes that loads without GLIBCXX_3.4.32.</summary>
    /// <exception cref="InvalidOperationException">The library is not <see cref="NativeLibraryCondition.Unrepaired"/>.</exception>
    internal byte[] Repair()
    {
        if (Condition != NativeLibraryCondition.Unrepaired)
            throw new InvalidOperationException($"Only an unrepaired library can be repaired; this one is {Condition}: {Explanation}.");
        var repaired = (byte[])_bytes.Clone();
        repaired[_flagsOffset] |= (byte)WeakFlag;
        return repaired;
    }

    private (NativeLibraryCondition Condition, string Explanation) Examine()
    {
        ReadSections();
        var symbols = OnlySection(DynamicSymbolSection, "dynamic symbol");
        if (_sections.All(section => section.Type != VersionNeedSection))
            return (NativeLibraryCondition.NotNeeded, "it asks for no symbol versions at all");
        if (!TryFindVersionNeed(OnlySection(VersionNeedSection, "version need"), out var versionIndex))
            return (NativeLibraryCondition.NotNeeded, $"it does not ask for {NewestVersion}");
        if ((Number(_flagsOffset, 2) & WeakFlag) != 0)
            return (NativeLibraryCondition.Repaired, $"it asks for {NewestVersion} but loads without it");

        var versions = OnlySection(SymbolVersionSection, "symbol version");
        for (ulong symbol = 0; symbol < symbols.Size / SymbolSize; symbol++)
        {
            if ((Number(versions.Offset + 2 * symbol, 2) & VersionIndexMask) != versionIndex)
                continue;
            var name = Text(symbols, Number(symbols.Offset + SymbolSize * symbol, 4));
            if (name != UnusedSymbol)
                throw new InvalidDataException($"it takes {name} from {NewestVersion}, where only {UnusedSymbol} was expected");
            if (IsReferredTo(symbol))
                throw new InvalidDataException($"it really uses {name} from {NewestVersion}");
        }

        return (NativeLibraryCondition.Unrepaired, $"it insists on {NewestVersion}, of which it uses nothing");
    }

    private void ReadSections()
    {
        bool isElf = Number(0, 4) == 0x464c457f, is64Bit = Number(4, 1) == 2, isLittleEndian = Number(5, 1) == 1;
        if (!isElf || !is64Bit || !isLittleEndian || Number(16, 2) != SharedObject || Number(18, 2) != X86Machine)
            throw new InvalidDataException("it is not a 64-bit x86 ELF shared library");
        ulong table = Number(0x28, 8), count = Number(0x3c, 2);
        if (Number(0x3a, 2) != SectionHeaderSize)
            throw new InvalidDataException("its section headers have an unknown size");
        for (ulong i = 0; i < count; i++)
        {
            var header = table + SectionHeaderSize * i;
            RequireInside(header, SectionHeaderSize);
            var section = new Section(Number(header + 4, 4), Number(header + 24, 8), Number(header + 32, 8), Number(header + 40, 4));
            if (section.Type != SectionWithoutBytes)
                RequireInside(section.Offset, section.Size);
            _sections.Add(section);
        }
    }

    /// <summary>Finds the need for <see cref="NewestVersion"/> (Elf64_Verneed, Elf64_Vernaux) and remembers where its flags are.</summary>
    private bool TryFindVersionNeed(Section needs, out ulong versionIndex)
    {
        ulong library = needs.Offset, nextLibrary;
        do
        {
            ulong version = library + Number(library + 8, 4), nextVersion;
            do
            {
                if (Text(needs, Number(version + 8, 4)) == NewestVersion)
                {
                    _flagsOffset = version + 4;
                    versionIndex = Number(version + 6, 2) & VersionIndexMask;
                    return true;
                }

                nextVersion = Number(version + 12, 4);
                version += nextVersion;
            }
            while (nextVersion != 0);

            nextLibrary = Number(library + 12, 4);
            library += nextLibrary;
        }
        while (nextLibrary != 0);

        versionIndex = 0;
        return false;
    }

    /// <summary>Whether any relocation (Elf64_Rela) has the loader look the symbol up.</summary>
    private bool IsReferredTo(ulong symbol)
    {
        foreach (var section in _sections.Where(section => section.Type == RelocationSection))
        {
            for (ulong i = 0; i < section.Size / RelocationSize; i++)
            {
                if (Number(section.Offset + RelocationSize * i + 12, 4) == symbol)
                    return true;
            }
        }

        return false;
    }

    private Section OnlySection(ulong type, string name)
    {
        var found = _sections.Where(section => section.Type == type).ToList();
        return found.Count == 1 ? found[0] : throw new InvalidDataException($"it has {found.Count} {name} tables where one was expected");
    }

    private string Text(Section owner, ulong start)
    {
        if (owner.Link >= (ulong)_sections.Count)
            throw new InvalidDataException("it names a string table it does not have");
        var first = _sections[(int)owner.Link].Offset + start;
        var end = first;
        while (Number(end, 1) != 0)
            end++;
        return Encoding.ASCII.GetString(_bytes, (int)first, (int)(end - first));
    }

    /// <summary>A little-endian number; every read of the file goes through this bounds check.</summary>
    private ulong Number(ulong offset, int size)
    {
        RequireInside(offset, (ulong)size);
        ulong value = 0;
        for (var i = size - 1; i >= 0; i--)
            value = value << 8 | _bytes[(int)offset + i];
        return value;
    }

    private void RequireInside(ulong offset, ulong size)
    {
        if (offset > (ulong)_bytes.Length || (ulong)_bytes.Length - offset < size)
            throw new InvalidDataException("it ends before what its headers point to");
    }

    private readonly struct Section
    {
        internal Section(ulong type, ulong offset, ulong size, ulong link) => (Type, Offset, Size, Link) = (type, offset, size, link);

        internal ulong Type { get; }

        internal ulong Offset { get; }

        internal ulong Size { get; }

        internal ulong Link { get; }
    }
}

#if !NET
/// <summary>Writes a repaired copy of the package's library, or none where there is nothing to repair.</summary>
public sealed class RepairLibTorchSharp : Microsoft.Build.Utilities.Task
{
    [Required]
    public string Library { get; set; } = "";

    [Required]
    public string RepairedLibrary { get; set; } = "";

    public override bool Execute()
    {
        try
        {
            Write(new LibTorchSharpImage(File.ReadAllBytes(Library)));
        }
        catch (Exception error) when (error is IOException || error is UnauthorizedAccessException)
        {
            Log.LogError("Cannot repair {0} into {1}: {2}", Library, RepairedLibrary, error.Message);
        }

        return !Log.HasLoggedErrors;
    }

    private void Write(LibTorchSharpImage image)
    {
        // Delete first, and write under another name: build outputs may be hard links to the last repaired file.
        Directory.CreateDirectory(Path.GetDirectoryName(RepairedLibrary)!);
        File.Delete(RepairedLibrary);
        if (image.Condition == NativeLibraryCondition.Unrepaired)
        {
            var unfinished = RepairedLibrary + ".unfinished";
            File.WriteAllBytes(unfinished, image.Repair());
            File.Move(unfinished, RepairedLibrary);
            Log.LogMessage(MessageImportance.Normal, "Repaired {0}: {1}.", Library, image.Explanation);
        }
        else
        {
            var importance = image.Condition == NativeLibraryCondition.Unrecognized ? MessageImportance.High : MessageImportance.Low;
            Log.LogMessage(importance, "Left {0} as it is ({1}): {2}.", Library, image.Condition, image.Explanation);
        }
    }
}
#endif
