namespace GpuLoss.PtxMachine.Tests;

/// <summary>What is counted of a part of a grid, of accesses that follow each other, and of lanes that part.</summary>
public sealed class CountingTests
{
    private const string Store = "cvt.u64.u32 %rd5, %r0; st.global.b64 [%rd2], %rd5;";

    /// <summary>A block goes through a loop as often as its number says, and each stores to its own 256 bytes.</summary>
    private const string LoopOfBlock =
        "mov.b32 %r1, %ctaid.x; mul.lo.s32 %r3, %r1, 32; mul.wide.u32 %rd5, %r3, 8; add.u64 %rd2, %rd2, %rd5;\n"
        + "mov.b32 %r2, 0;\nNEXT: add.s32 %r2, %r2, 1;\nsetp.le.s32 %p1, %r2, %r1;\n@%p1 bra NEXT;\n" + Store;

    [Theory]
    [InlineData(1, 5, 1000, 0)]
    [InlineData(2, 5, 1000, 0)]
    [InlineData(3, 5, 1, 1)]
    [InlineData(100, 3, 1, 1)]
    [InlineData(100, 10, 1, 8)]
    [InlineData(100, 3, 1000, 18)] // 100 are gone for two of them
    [InlineData(100, 3, 100000, 98)]
    public void A_sample_has_as_many_blocks_as_its_instructions_take(int blocks, int least, long instructions, int between) =>
        Assert.Equal(between, new BlockSample(instructions, least).Count(blocks, ofEnds: 100));

    [Fact]
    public void Blocks_of_a_sample_are_evenly_spread()
    {
        Assert.Equal([500], BlockSample.Between(1000, 1));
        Assert.Equal([13, 38, 63, 88], BlockSample.Between(102, 4));
        Assert.Equal(Enumerable.Range(1, 5), BlockSample.Between(7, 5));
        Assert.Empty(BlockSample.Between(1, 0));
    }

    /// <summary>Those between the ends stand for all of them, so that the loop's turns are those of the whole grid within a
    /// hundredth.</summary>
    [Fact]
    public void Counts_of_a_sample_are_those_of_the_whole_grid()
    {
        const int blocks = 400;
        var (_, whole) = SmallKernel.Launch(LoopOfBlock, new ulong[32], blocks);
        var (outputs, part) = SmallKernel.Launch(
            LoopOfBlock, new ulong[32], blocks, new MachineOptions { Sample = new BlockSample(Instructions: 1, Least: 40) });
        Assert.Equal((blocks, blocks, blocks, 40), (whole.Blocks, whole.BlocksRun, part.Blocks, part.BlocksRun));
        Assert.Equal((whole.SectorsStored, whole.SectorsStoredAnew), (part.SectorsStored, part.SectorsStoredAnew));
        AssertIsNear(whole.WarpInstructions, part.WarpInstructions);
        AssertIsNear(whole.ThreadInstructions, part.ThreadInstructions);
        AssertIsNear(whole.ExecutionsByLine().Values.Max(), part.ExecutionsByLine().Values.Max());
        Assert.Equal(whole.LongestBlock, part.LongestBlock); // that of the last block
        Assert.Equal(40, outputs.Chunk(32).Count(block => block[1] == 1));

        static void AssertIsNear(long expected, long actual) => Assert.InRange((double)actual / expected, 0.99, 1.01);
    }

    [Fact]
    public void A_sample_of_enough_instructions_is_the_whole_grid()
    {
        var (_, counters) = SmallKernel.Launch(
            LoopOfBlock, new ulong[32], blocks: 20, new MachineOptions { Sample = new BlockSample(Instructions: 1 << 20) });
        var (_, whole) = SmallKernel.Launch(LoopOfBlock, new ulong[32], blocks: 20);
        Assert.Equal((20, whole.WarpInstructions), (counters.BlocksRun, counters.WarpInstructions));
    }

    /// <summary>Eight bytes of each lane are in the same eight sectors, be they loaded at once or by halves.</summary>
    [Theory]
    [InlineData("", 2 * 8, 8)]
    [InlineData("ld.global.b32 %r2, [%rd3+256];", 3 * 8, 2 * 8)]
    public void Sectors_that_a_warp_has_just_touched_do_not_move_again(string between, long all, long anew)
    {
        var (_, counters) = SmallKernel.Launch(
            $"ld.global.b32 %r1, [%rd3]; {between} ld.global.b32 %r1, [%rd3+4]; {Store}", new ulong[64], threads: 32, outputs: 64);
        Assert.Equal((all, anew), (counters.SectorsLoaded, counters.SectorsLoadedAnew));
        Assert.Equal((8, 8), (counters.SectorsStored, counters.SectorsStoredAnew));
    }

    [Fact]
    public void Sectors_are_forgotten_after_as_many_others()
    {
        var window = new SectorWindow();
        window.Forget();
        for (var sector = 0ul; sector < SectorWindow.Sectors; sector++)
            Assert.True(window.Touch(sector));
        Assert.False(window.Touch(0));
        Assert.True(window.Touch(SectorWindow.Sectors));
        Assert.True(window.Touch(0));
    }

    /// <summary>The other way of a condition lies behind what follows the condition: lanes meet before that all the same.</summary>
    [Fact]
    public void Lanes_that_part_meet_again_wherever_the_text_has_the_other_way()
    {
        var (_, counters) = SmallKernel.Launch(
            $"""
            setp.lt.s32 %p1, %r0, 5;
            @%p1 bra OTHER;
            mov.b32 %r1, 1;
            MEET: add.s32 %r1, %r1, %r0; {Store}
            ret;
            OTHER: mov.b32 %r1, 2;
            bra MEET;
            """,
            new ulong[32]);
        Assert.All(counters.ExecutionsByLine().Values.SkipLast(1), count => Assert.Equal(1, count)); // the last is the return of any kernel
    }

    /// <summary>Lanes that leave a loop wait for those that stay.</summary>
    [Fact]
    public void Lanes_meet_again_after_a_loop()
    {
        var (_, counters) = SmallKernel.Launch(
            $"""
            mov.b32 %r1, 0;
            bra BEGIN;
            END: {Store}
            ret;
            BEGIN: setp.ge.s32 %p1, %r1, %r0;
            @%p1 bra END;
            add.s32 %r1, %r1, 1; bra BEGIN;
            """,
            new ulong[32]);
        var counts = counters.ExecutionsByLine().Values.ToArray();
        Assert.Equal((32, 31), (counts.Max(), counts.Order().SkipLast(2).Last())); // the condition, twice a line; the body
        Assert.Equal((1, 8), (counts.Where(count => count > 0).Min(), counters.SectorsStored));
    }

    [Fact]
    public void What_is_not_watched_is_checked_for_its_bounds_only()
    {
        var options = new MachineOptions { WatchesMemory = false };
        const string unwritten = "mov.b64 %rd6, shared; ld.shared.b32 %r1, [%rd6]; ld.global.b64 %rd5, [%rd2]; ";
        SmallKernel.Run(unwritten + Store, new ulong[32], options: options);
        Assert.Contains(
            "outside of what is allocated",
            Assert.Throws<PtxFaultException>(() => SmallKernel.Run("st.global.b64 [%rd2+8], 1;", new ulong[32], options: options)).Reason,
            StringComparison.Ordinal);
    }
}
