using System.Buffers.Binary;
using System.Text;

namespace GpuLoss.Interop.Tests.NativeLibrary;

public class LibTorchSharpImageTests
{
    private const string Version = "GLIBCXX_3.4.32";

    private readonly byte[] _package;
    private readonly LoaderView _loader;
    private readonly int _versionIndex;

    public LibTorchSharpImageTests()
    {
        BuildFacts.RequireLinuxX64();
        _package = File.ReadAllBytes(BuildFacts.PackageLibrary);
        _loader = new LoaderView(_package);
        _versionIndex = _loader.Needs().Single(need => need.Version == Version).Index;
    }

    [Fact]
    public void The_package_insists_on_a_version_it_takes_nothing_from()
    {
        Assert.False(_loader.Needs().Single(need => need.Version == Version).Weak);
        var lookups = _loader.Lookups();
        Assert.DoesNotContain(lookups, lookup => lookup.VersionIndex == _versionIndex);
        foreach (var used in (string[])["GLIBCXX_3.4.19", "GLIBCXX_3.4.30"])
            Assert.Contains(lookups, lookup => lookup.VersionIndex == _loader.Needs().Single(need => need.Version == used).Index);
    }

    [Fact]
    public void Repair_makes_that_one_version_weak_and_changes_nothing_else()
    {
        var repaired = new LibTorchSharpImage(_package).Repair();

        Assert.Equal(_package.Length, repaired.Length);
        Assert.Equal(1, _package.Zip(repaired).Count(pair => pair.First != pair.Second));
        Assert.Equal(
            _loader.Needs().Select(need => need.Version == Version ? need with { Weak = true } : need), new LoaderView(repaired).Needs());
    }

    [Fact]
    public void A_repaired_library_is_not_repaired_again()
    {
        var again = new LibTorchSharpImage(new LibTorchSharpImage(_package).Repair());

        Assert.Equal(NativeLibraryCondition.Repaired, again.Condition);
        Assert.Throws<InvalidOperationException>(() => again.Repair());
    }

    [Fact]
    public void A_library_that_asks_for_no_such_version_is_left_alone()
    {
        var name = _package.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Version + "\0"));
        _package[name + Version.Length - 1] = (byte)'1';

        var image = new LibTorchSharpImage(_package);

        Assert.Equal((NativeLibraryCondition.NotNeeded, $"it does not ask for {Version}"), (image.Condition, image.Explanation));
    }

    [Fact]
    public void A_library_that_takes_another_symbol_from_the_version_is_left_alone()
    {
        var lookup = _loader.Lookups().First(lookup => lookup.Symbol.StartsWith("_ZSt", StringComparison.Ordinal));
        BinaryPrimitives.WriteUInt16LittleEndian(_package.AsSpan((int)lookup.VersionOffset), (ushort)_versionIndex);

        AssertUnrecognized($"it takes {lookup.Symbol} from {Version}");
    }

    [Fact]
    public void A_library_that_calls_the_symbol_is_left_alone()
    {
        var relocation = _loader.Lookups()[^1].RelocationOffset;
        BinaryPrimitives.WriteInt32LittleEndian(_package.AsSpan((int)relocation + 12), _loader.SymbolWithVersion(_versionIndex));

        AssertUnrecognized("it really uses _ZSt21ios_base_library_initv");
    }

    [Theory]
    [InlineData(4, 1)] // 32 bits
    [InlineData(5, 2)] // big-endian
    [InlineData(16, 2)] // a program
    [InlineData(18, 183)] // Arm64
    [InlineData(0, (byte)'M')] // no ELF at all
    public void Another_kind_of_file_is_left_alone(int offset, byte value)
    {
        _package[offset] = value;

        AssertUnrecognized("it is not a 64-bit x86 ELF shared library");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(20)]
    [InlineData(64)]
    [InlineData(200_000)]
    [InlineData(-1)]
    public void A_truncated_library_is_left_alone(int length)
    {
        var image = new LibTorchSharpImage(_package[..(length < 0 ? ^-length : length)]);

        Assert.Equal(
            (NativeLibraryCondition.Unrecognized, "it ends before what its headers point to"), (image.Condition, image.Explanation));
    }

    [Fact]
    public void Damaged_headers_never_crash_the_repair()
    {
        var random = new Random(20);
        var sectionHeaders = (int)BinaryPrimitives.ReadInt64LittleEndian(_package.AsSpan(0x28));
        var conditions = new HashSet<NativeLibraryCondition>();
        for (var round = 0; round < 400; round++)
        {
            var damaged = (byte[])_package.Clone();
            for (var i = 0; i < 8; i++)
            {
                damaged[random.Next(sectionHeaders, damaged.Length)] = (byte)random.Next(256);
                damaged[random.Next(0x3f8f0, 0x3fb00)] = (byte)random.Next(256); // .gnu.version_r
            }

            conditions.Add(new LibTorchSharpImage(damaged).Condition);
        }

        Assert.Contains(NativeLibraryCondition.Unrecognized, conditions);
        Assert.DoesNotContain(NativeLibraryCondition.NotFound, conditions);
    }

    private void AssertUnrecognized(string explanation)
    {
        var image = new LibTorchSharpImage(_package);

        Assert.Equal(NativeLibraryCondition.Unrecognized, image.Condition);
        Assert.StartsWith(explanation, image.Explanation, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => image.Repair());
    }
}
