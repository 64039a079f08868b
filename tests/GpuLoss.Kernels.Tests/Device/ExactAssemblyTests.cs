using GpuLoss.Bench.Ptx;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Shape.Device;
using GpuLoss.Kernels.Top.Device;

namespace GpuLoss.Kernels.Tests.Device;

/// <summary>
/// The kernels of the losses of shapes and of the largest values as PTX, and what NVIDIA's assembler makes of them. Nothing here runs on a
/// GPU.
/// </summary>
public sealed class ExactAssemblyTests : IDisposable
{
    /// <summary>Powers in double keep eight numbers in local memory, as those of Score do.</summary>
    private const int StackOfPower = 8 * sizeof(double);

    private static readonly (string Name, Func<PtxKernel> Compile)[] Kernels =
    [
        .. ShapeKernel.All.Select(kernel => (kernel.Name, new Func<PtxKernel>(() => PtxCompiler.Compile(kernel)))),
        .. TopKernel.All.Select(kernel => (kernel.Name, new Func<PtxKernel>(() => PtxCompiler.Compile(kernel)))),
    ];

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("gpuloss-ptx-");

    public static TheoryData<string> Names => [.. Kernels.Select(kernel => kernel.Name)];

    public void Dispose() => folder.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(Names))]
    public void A_kernel_assembles_without_spills_approximates_nothing_and_promises_no_uniform_branches(string name)
    {
        var ptx = Kernels.Single(kernel => kernel.Name == name).Compile().Text;
        Assert.DoesNotContain(".approx", ptx, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"@[^;]*bra\.uni", ptx);
        Assert.SkipUnless(CudaTools.WhyNot is null, CudaTools.WhyNot ?? "");
        var path = Path.Combine(folder.FullName, name + ".ptx");
        File.WriteAllText(path, ptx);
        foreach (var architecture in (string[])["sm_80", "sm_90"])
        {
            var assembled = AssembledKernel.From(path, architecture, Path.ChangeExtension(path, architecture + ".cubin"));
            var stack = name == ShapeKernel.AddPower.Name ? StackOfPower : 0;
            Assert.True(assembled.SpillBytes == 0 && assembled.StackBytes <= stack, $"{assembled}");
        }
    }

    [Fact]
    public void Names_are_unique() => Assert.Distinct(Names.Select(row => row.Data));
}
