using GpuLoss.Bench.Ptx;

namespace GpuLoss.Bench.Tests;

/// <summary>Machine code by hand, and how often its instructions are executed.</summary>
public sealed class SassTests
{
    /// <summary>
    /// A loop of two blocks. Line 3 is moved in front of it; the assembler made two copies of line 5; line 8 is what lanes do that are not
    /// together, and line 9 the slow path of a division.
    /// </summary>
    private const string Listing = """
        	.section	.text.Kernel,"ax",@progbits
        Kernel:
        .text.Kernel:
        	//## File ".nv_debug_ptx_txt", line 1
                /*0000*/                   LDC R1, c[0x0][0x28] ;
                /*0010*/                   IADD3 R2, R1, 0x1, RZ ;
        	//## File ".nv_debug_ptx_txt", line 3
                /*0020*/                   IMAD R3, R2, R2, RZ ;
        .L_x_1:
        	//## File ".nv_debug_ptx_txt", line 4
                /*0030*/                   LDG.E.64 R4, [R2.64] ;
                /*0040*/                   DADD R4, R4, 0x1 ;
        	//## File ".nv_debug_ptx_txt", line 5
                /*0050*/                   MUFU.EX2 R6, R4 ;
                /*0060*/              @!P0 BRA `(.L_x_2) ;
                /*0070*/                   MUFU.EX2 R7, R5 ;
        	//## File ".nv_debug_ptx_txt", line 6
                /*0080*/              @!P1 F2F.F64.F32 R8, R7 ;
                /*0090*/                   BRA.DIV ~URZ, `(.L_x_3) ;
        .L_x_2:
        	//## File ".nv_debug_ptx_txt", line 7
                /*00a0*/              @P2 BRA `(.L_x_1) ;
        	//## File ".nv_debug_ptx_txt", line 10
                /*00b0*/              @P3 BRA `(.L_x_4) ;
                /*00c0*/                   MOV R9, 0xe0 ;
                /*00d0*/                   CALL.REL.NOINC `($Kernel$__cuda_sm20_div_f64_slowpath_v2) ;
        .L_x_4:
                /*00e0*/                   EXIT ;
        .L_x_3:
        	//## File ".nv_debug_ptx_txt", line 8
                /*00f0*/                   SHFL.BFLY PT, R9, R9, 0x1, 0x1f ;
                /*0100*/                   BRA `(.L_x_2) ;
                .weak           $Kernel$__cuda_sm20_div_f64_slowpath_v2
        $Kernel$__cuda_sm20_div_f64_slowpath_v2:
        	//## File ".nv_debug_ptx_txt", line 9
                /*0110*/                   DMUL R4, R4, R4 ;
                /*0120*/                   RET.REL.NODEC R9 `(Kernel) ;
        .L_x_5:
                /*0130*/                   BRA `(.L_x_5);
                /*0140*/                   NOP;
        """;

    private static readonly SassCode Code = SassCode.Read(Listing);

    [Fact]
    public void A_listing_is_read()
    {
        Assert.Equal(21, Code.Instructions.Count);
        Assert.Equal(new SassInstruction(6, "@!P1", "F2F.F64.F32", ""), Code.Instructions[8]);
        Assert.Equal("F2F", Code.Instructions[8].Name);
        Assert.Equal(new SassInstruction(7, "@P2", "BRA", ".L_x_1"), Code.Instructions[10]);
        Assert.Equal((3, 10, 15), (Code.Labels[".L_x_1"], Code.Labels[".L_x_2"], Code.Labels[".L_x_3"]));
    }

    [Fact]
    public void Blocks_are_those_that_warps_come_to()
    {
        var graph = SassGraph.Of(Code);
        (int, int, bool, string)[] expected =
        [
            (0, 3, true, "1"), (3, 7, true, "2,3"), (7, 10, true, "3"), (10, 11, true, "4,1"), (11, 12, true, "5,6"),
            (12, 14, false, "6,8"), (14, 15, true, ""), (15, 17, false, "3"),
            (17, 19, false, "9,0"), (19, 20, false, "9"), (20, 21, false, ""),
        ];
        Assert.Equal(
            expected.Select(block => (block.Item1, block.Item2, block.Item3)),
            graph.Blocks.Zip(graph.IsReached, (block, isReached) => (block.Begin, block.End, isReached)));
        Assert.Equal(expected[..5].Select(block => block.Item4), graph.Blocks.Take(5).Select(block => string.Join(',', block.Next)));
    }

    /// <summary>
    /// Eight warps, ten turns of the loop. Line 3 counts as often as the block it was moved to. Line 5 has two copies, so that each is
    /// taken for a half of it; in the first block the load says more. Line 10 is executed once by each warp.
    /// </summary>
    [Fact]
    public void Blocks_are_executed_as_often_as_the_lines_that_stay_in_them()
    {
        var lines = new Dictionary<int, long> { [1] = 8, [3] = 80, [4] = 80, [5] = 120, [6] = 60, [7] = 80, [8] = 0, [9] = 0, [10] = 8 };
        var counts = SassCounts.Of(SassGraph.Of(Code), lines);

        // 3 x 8 in front; 4 x 60 (the lesser of the two in the middle, 60 and 80); 3 x 60; the branch back, no more than the blocks that it
        // leads to; the branch to the end, and the end.
        Assert.Equal(3 * 8 + 4 * 60 + 3 * 60 + (60 + 8) + 2 * 8, counts.Instructions);
        Assert.Equal(8, counts.Of(SassUnit.Integer));
        Assert.Equal(60 + 60 + 60, counts.Of(SassUnit.Special));
        Assert.Equal(60, counts.Of(SassUnit.Double));
        Assert.InRange(counts.Agreement, 0.5, 0.99);
    }
}
