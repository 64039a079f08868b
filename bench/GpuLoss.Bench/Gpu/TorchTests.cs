using System.Runtime.InteropServices;
using GpuLoss.Cli.Benchmarking;
using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;

namespace GpuLoss.Bench.Gpu;

/// <summary>What one check of TorchSharp's tensors showed.</summary>
/// <param name="Name">The check.</param>
/// <param name="Failure">What is wrong, or null.</param>
internal sealed record TorchTestResult(string Name, string? Failure);

/// <summary>The losses on TorchSharp's own tensors on a device, as a user calls them, against torch's operations in float64 on the
/// CPU.</summary>
internal static partial class TorchTests
{
    private const double Tolerance = 1e-5;
    private const int Classes = 4;
    private const int Iterations = 200;
    private static readonly long[] Size = [2, Classes, 24, 20, 18];

    public static IReadOnlyList<TorchTestResult> Run(DeviceType type)
    {
        // TorchSharp does not say why a library does not load; the loader does.
        var library = Path.Combine(AppContext.BaseDirectory, "libLibTorchSharp.so");
        if (File.Exists(library))
            NativeLibrary.Load(library);
        InitializeDeviceType(type);
        var device = new Device(type);
        Console.Error.WriteLine($"TorchSharp with libtorch {__version__} on {device}");
        return
        [
            .. from labels in (ScalarType[])[ScalarType.Int64, ScalarType.Byte]
               from layout in (string[])["contiguous", "a view with an offset", "channels last"]
               select Tried($"{labels} labels, {layout}", () => CheckLoss(device, labels, layout)),
            .. from test in TargetTests
               from tested in Types
               select Tried($"{test.Name}, {tested.Type} logits", () => CheckTarget(device, test, tested.Type, tested.Logits)),
            Tried("labels out of range are reported, and the next call works", () => CheckLabels(device)),
            Tried("live tensors stay flat over many steps", () => CheckLeaks(device)),
        ];
    }

    private static TorchTestResult Tried(string name, Action check)
    {
        string? failure = null;
        try
        {
            using var scope = NewDisposeScope();
            check();
        }
#pragma warning disable CA1031 // Whatever goes wrong is what the report should say.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            failure = (Fused.last_backward_exception ?? exception).Message.ReplaceLineEndings(" ");
        }

        Console.Error.WriteLine($"{(failure is null ? "ok" : "FAILED")}: {name} {failure}");
        return new TorchTestResult(name, failure);
    }

    private static void CheckLoss(Device device, ScalarType labels, string layout)
    {
        var (logits, target) = Data(device, labels);
        var leaf = logits.requires_grad_(true);
        var seen = layout switch
        {
            "contiguous" => leaf,
            "channels last" => leaf.permute(0, 2, 3, 4, 1).contiguous().permute(0, 4, 1, 2, 3),
            _ => cat([zeros_like(leaf), leaf], 4).narrow(4, leaf.shape[4], leaf.shape[4]),
        };
        var value = Fused.functional.dice_ce_loss(seen, target);
        var gradient = autograd.grad([value * 3], [leaf])[0];

        var exact = logits.detach().cpu().to_type(ScalarType.Float64).requires_grad_(true);
        var expected = Peers.DiceCEByScatter(exact, target.cpu().to_type(ScalarType.Int64));
        var expectedGradient = autograd.grad([expected * 3], [exact])[0];
        Require(value.device_type == device.type && gradient.device_type == device.type, "results are on another device");
        RequireSmall(Math.Abs(value.cpu().item<float>() / expected.item<double>() - 1), "value");
        RequireSmall(
            ((gradient.cpu().to_type(ScalarType.Float64) - expectedGradient).abs().max() / expectedGradient.abs().max()).item<double>(),
            "gradient");
    }

    private static void CheckLabels(Device device)
    {
        var (logits, target) = Data(device, ScalarType.Int64);
        var wrong = target.clone();
        wrong[1, 2, 3, 4] = Classes;
        ArgumentException? reported = null;
        try
        {
            Fused.functional.dice_ce_loss(logits, wrong);
            Fused.check_labels(device);
        }
        catch (ArgumentException exception)
        {
            reported = exception;
        }

        Require(reported is { ParamName: "target" }, "nothing was reported");
        Fused.functional.dice_ce_loss(logits, target);
        Fused.check_labels(device);
    }

    private static void CheckLeaks(Device device)
    {
        var (logits, target) = Data(device, ScalarType.Int64);
        using var criterion = Fused.DiceCELoss();
        var weights = logits.requires_grad_(true);
        void Step()
        {
            using var scope = NewDisposeScope();
            criterion.forward(weights, target).backward();
            weights.grad!.Dispose();
            weights.grad = null;
        }

        for (var i = 0; i < 10; i++)
            Step();
        var before = Tensor.TotalCount;
        for (var i = 0; i < Iterations; i++)
            Step();
        Require(Tensor.TotalCount <= before + 5, $"{Tensor.TotalCount - before} tensors more after {Iterations} steps");
    }

    private static (Tensor Logits, Tensor Target) Data(Device device, ScalarType labels)
    {
        manual_seed(1);
        return (randn(Size).to(device), randint(Classes, [Size[0], .. Size[2..]], dtype: ScalarType.Int64).to_type(labels).to(device));
    }

    private static void RequireSmall(double error, string what) =>
        Require(error < Tolerance, FormattableString.Invariant($"{what} off by {error:E1}"));

    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
            throw new InvalidOperationException(otherwise);
    }
}
