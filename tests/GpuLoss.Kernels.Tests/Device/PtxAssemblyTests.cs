using System.Collections.Concurrent;
using GpuLoss.Bench.Ptx;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Tests.Device;

/// <summary>All kernels of the catalogue as PTX, and what NVIDIA's assembler makes of them. Nothing here runs on a GPU.</summary>
public sealed class PtxAssemblyTests : IDisposable
{
    private const int LargestLoad = 16;
    private static readonly string[] Architectures = ["sm_80", "sm_90"];

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("gpuloss-ptx-");
    private readonly ConcurrentBag<string> faults = [];

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public void Every_kernel_assembles_within_its_registers_and_loads_as_wide_as_its_row_says()
    {
        Assert.SkipUnless(CudaTools.WhyNot is null, CudaTools.WhyNot ?? "");
        // A kernel takes a second, the catalogue most of half an hour.
        var kernels = (DeviceOnMachine.RunsAll ? DeviceKernelCatalogue.All : ChosenKernels.OfEveryKindAndSize).ToList();
        var workers = Environment.ProcessorCount;
        Parallel.For(0, workers, new ParallelOptions { MaxDegreeOfParallelism = workers }, worker =>
        {
            for (var i = worker; i < kernels.Count; i += workers)
            {
                // At night both architectures; in a build the older one for every second kernel of a worker.
                var architectures = DeviceOnMachine.RunsAll || i / workers % 2 == 0 ? Architectures : [Architectures[^1]];
                Check(kernels[i], PtxCompiler.Compile(kernels[i]), architectures);
            }
        });
        Assert.True(faults.IsEmpty, string.Join('\n', faults));
    }

    private void Check(DeviceKernel kernel, PtxKernel ptx, string[] architectures)
    {
        var path = Path.Combine(folder.FullName, kernel.Name + ".ptx");
        File.WriteAllText(path, ptx.Text);
        foreach (var architecture in architectures)
        {
            var cubin = Path.ChangeExtension(path, architecture + ".cubin");
            var assembled = AssembledKernel.From(path, architecture, cubin);
            Require(assembled.SpillBytes == 0 && assembled.StackBytes == 0, kernel, $"{architecture}: {assembled}");
            Require(kernel.IsScore || assembled.Registers <= kernel.RegisterBudget, kernel,
                $"{architecture}: {assembled.Registers} registers");
        }

        if (kernel.IsScore)
        {
            Require(!ptx.Text.Contains(".approx", StringComparison.Ordinal), kernel, "an approximation");
            Require(!ptx.Text.Contains("call", StringComparison.Ordinal), kernel, "a call");
            return;
        }

        var bytes = kernel.Width * ElementTypes.SizeOf(kernel.Logits);
        var load = "ld.global.nc." + bytes switch
        {
            LargestLoad => "L1::no_allocate.v4.b32",
            8 => "L1::no_allocate.v2.b32",
            4 => "b32",
            _ => "u16",
        };
        var (asSaid, all) = (ptx.Text.Split(load).Length - 1, ptx.Text.Split("ld.global.nc.").Length - 1);
        Require(asSaid == all && (kernel.Classes == DeviceKernel.AnyClasses ? all > 0 : all == kernel.Leaves), kernel,
            $"{asSaid} of {all} loads are {load}");
    }

    private void Require(bool holds, DeviceKernel kernel, string what)
    {
        if (!holds)
            faults.Add($"{kernel.Name}: {what}");
    }
}
