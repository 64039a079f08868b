using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using GpuLoss.Cli.Reporting;
using GpuLoss.Cli.Training;
using GpuLoss.Distributed;
using GpuLoss.Interop;
using GpuLoss.Interop.Cuda;
using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Host;
using Spectre.Console;
using TorchSharp;

namespace GpuLoss.Cli.Commands;

/// <summary><c>doctor</c>: what a bug report needs.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var command = new Command(
            "doctor",
            "Prints versions, processor, threads, libtorch, whether its convolutions are right here, GPUs, "
            + "the state of TorchSharp's native library, and what becomes of the GPU kernels.");
        command.SetAction(_ =>
        {
            Run(AnsiConsole.Console);
            return 0;
        });
        return command;
    }

    internal static void Run(IAnsiConsole console)
    {
        var grid = new Grid().AddColumn(new GridColumn().NoWrap().PadRight(3)).AddColumn();
        foreach (var (name, value) in Rows())
            grid.AddRow(new Text(name), new Text(value()));
        console.Write(grid);
        console.WriteLine();
        KernelReport.Print(console);
    }

    private static IEnumerable<(string Name, Func<string> Value)> Rows() =>
    [
        ("GpuLoss", () => Versions.GpuLoss),
        (".NET", () => RuntimeInformation.FrameworkDescription),
        ("system", () => $"{RuntimeInformation.OSDescription}, {RuntimeInformation.RuntimeIdentifier}"),
        ("processor", () => $"{MachineFacts.ReadProcessor()}, {Environment.ProcessorCount} logical processors"),
        ("SIMD", () => $"{HostEngine.WidestRegisters} used; {Simd()}"),
        ("TorchSharp", () => Versions.TorchSharp),
        ("native library", NativeLibrary),
        ("libtorch", () => Tried(() => torch.__version__.ToString())),
        ("torch threads", () => Tried(() =>
            $"{torch.get_num_threads()}, "
            + (TorchThreadTeam.IsTorchs ? "losses run on torch's own threads" : "losses run on .NET's thread pool"))),
        ("convolutions", () => Tried(Convolutions)),
        ("MPI", () => Tried(MpiReport.Describe)),
        ("CUDA driver", () => Tried(Driver)),
        ("CUDA in libtorch", () =>
            Tried(() => GpuState.WhyNoCuda() ?? string.Create(CultureInfo.InvariantCulture, $"{torch.cuda.device_count()} device(s)"))),
    ];

    /// <summary>Convolutions of common U-Nets, among them those that were seen to be wrong.</summary>
    private static string Convolutions()
    {
        var wrong = ConvolutionCheck.Wrong();
        return wrong.Count == 0
            ? $"right: {string.Join(", ", ConvolutionCheck.Tried)} channels at side {ConvolutionCheck.Side} agree with float64"
            : $"WRONG: {string.Join(", ", wrong)}: "
                + $"set {NativeEnvironment.Variable}={NativeEnvironment.Value} in the environment before training";
    }

    private static string Driver()
    {
        if (!CudaDriver.TryGet(out var driver, out var whyNot))
            return $"{whyNot}: losses run on CPU tensors only";
        var gpus = Enumerable.Range(0, CudaDevice.Count(driver))
            .Select(ordinal => $"cuda:{ordinal} is {CudaDevice.For(ordinal).Describe()}").ToArray();
        return $"CUDA {CudaDevice.Version(driver)}; {(gpus.Length == 0 ? "it finds no GPU" : string.Join("; ", gpus))}";
    }

    private static string NativeLibrary()
    {
        var report = NativeLibraryState.Inspect();
        return $"{report.Condition}: {report.Explanation}{(report.Path is null ? "" : $" ({report.Path})")}";
    }

    private static string Simd()
    {
        (string Name, bool IsThere)[] features =
        [
            ("AVX-512F", Avx512F.IsSupported), ("AVX-512DQ", Avx512DQ.IsSupported), ("AVX2", Avx2.IsSupported), ("FMA", Fma.IsSupported),
            ("AdvSimd", AdvSimd.IsSupported), ("128-bit", Vector128.IsHardwareAccelerated),
        ];
        return string.Join(", ", features.Where(feature => feature.IsThere).Select(feature => feature.Name));
    }

    /// <summary>The doctor is asked when something is broken: what fails is a finding.</summary>
    private static string Tried(Func<string> value)
    {
        try
        {
            return value();
        }
#pragma warning disable CA1031 // Whatever libtorch's loading throws is what the report should say.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return $"failed: {(exception.InnerException ?? exception).Message.ReplaceLineEndings(" ")}";
        }
    }
}
