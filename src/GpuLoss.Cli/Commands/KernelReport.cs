using System.Diagnostics;
using System.Globalization;
using GpuLoss.Interop.Cuda;
using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;
using Spectre.Console;

namespace GpuLoss.Cli.Commands;

/// <summary>What becomes of some GPU kernels: the time ILGPU takes to compile them, which needs no GPU, and what the driver of each GPU
/// makes of them.</summary>
internal static class KernelReport
{
    private const long Voxels = 128 * 128 * 128;

    /// <summary>From the smallest kernels to the largest ones that keep all classes in registers, and those that do not.</summary>
    private static readonly int[] Classes = [2, 4, 8, 14, 16, 20];

    public static void Print(IAnsiConsole console)
    {
        var kernels = Classes.SelectMany(classes => CudaLossEngine.KernelsOf(Problem(classes), default)).Distinct().ToArray();
        var (compiled, times) = Compile(kernels);
        var table = new Table().Border(TableBorder.Simple).AddColumn("GPU kernel", column => column.NoWrap())
            .AddColumn("ILGPU, ms", column => column.RightAligned());
        CudaDevice[] gpus = CudaDriver.TryGet(out var driver, out _)
            ? [.. Enumerable.Range(0, CudaDevice.Count(driver))
                .Select(ordinal => new CudaDevice(driver, ordinal, kernel => compiled[kernel]))]
            : [];
        foreach (var gpu in gpus)
        {
            foreach (var column in (string[])["driver, ms", "registers", "local bytes"])
                table.AddColumn($"cuda:{gpu.Ordinal}\n{column}", settings => settings.RightAligned());
        }

        foreach (var kernel in kernels)
            table.AddRow([kernel.Name, Show(times[kernel]), .. gpus.SelectMany(gpu => Ask(gpu, kernel))]);
        console.Write(table);
        console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"The first kernel of a process takes ILGPU {times[kernels[0]]:F0} ms, the following {times.Values.Skip(1).Min():F0} to "
            + $"{times.Values.Skip(1).Max():F0} ms each, once per process."));
        if (gpus.Length == 0)
            console.WriteLine("Registers and local memory are the driver's to tell, and there is no GPU here.");
    }

    private static LossProblem Problem(int classes) => new(
        new LogitsShape(1, classes, Voxels), LogitsType.Float32, TargetKind.Labels, LabelType.Int64, MaskKind.None, IgnoreIndex: -100,
        [new SumDefinition { HasVoxelTerm = 1, Overlap = OverlapSums.Product }]);

    private static (Dictionary<DeviceKernel, PtxKernel> Compiled, OrderedDictionary<DeviceKernel, double> Times) Compile(
        DeviceKernel[] kernels)
    {
        var (compiled, times) = (new Dictionary<DeviceKernel, PtxKernel>(), new OrderedDictionary<DeviceKernel, double>());
        foreach (var kernel in kernels)
        {
            var begin = Stopwatch.GetTimestamp();
            compiled[kernel] = PtxCompiler.Compile(kernel);
            times[kernel] = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        }

        return (compiled, times);
    }

    private static string[] Ask(CudaDevice gpu, DeviceKernel kernel)
    {
        var begin = Stopwatch.GetTimestamp();
        var registers = gpu.Attribute(CudaFunctionAttribute.Registers, kernel);
        var time = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        return [Show(time), Show(registers), Show(gpu.Attribute(CudaFunctionAttribute.LocalBytes, kernel))];
    }

    private static string Show(double number) => number.ToString("F0", CultureInfo.InvariantCulture);
}
