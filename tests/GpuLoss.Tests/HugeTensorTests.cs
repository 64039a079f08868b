using GpuLoss.Interop.Torch;
using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;

namespace GpuLossTests;

/// <summary>Tensors whose elements no 32-bit number counts. Alone in a process: logits, gradient and labels take 9.7 GB.</summary>
[Collection(RunsAlone.Name)]
public class HugeTensorTests
{
    private const int Classes = 2;

    /// <summary>One voxel more than a power of two, so that 2·V exceeds 2^31 and no plane is aligned like another.</summary>
    private const long Voxels = (1L << 30) + 1;

    /// <summary>Not a divisor of the tiles of any kernel, so that every tile sees the pattern elsewhere.</summary>
    private const long Period = (1L << 20) + 7;

    private const long Gibibyte = 1L << 30;
    private const long NeededBytes = 12 * Gibibyte;

    /// <summary>Set in the process that is there for this test only.</summary>
    private const string Variable = "GPULOSS_TEST_HUGE_TENSORS";

    /// <summary>Has libtorch ask for large pages: millions of small ones take longer than the loss.</summary>
    private const string HugePages = "THP_MEM_ALLOC_ENABLE";

    [Fact]
    public async Task Tensors_beyond_two_to_the_31_elements_agree_with_float64_voxel_by_voxel()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not null)
        {
            Compare();
            return;
        }

        var available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        Assert.SkipWhen(available < NeededBytes,
            $"The test needs {NeededBytes / Gibibyte} GiB of memory; there are {available / Gibibyte}.");
        await ChildProcess.RunTests([nameof(HugeTensorTests)], new Dictionary<string, string> { [Variable] = "1", [HugePages] = "1" });
    }

    private static void Compare()
    {
        manual_seed(4);
        using var pattern = (2 * randn([1, Classes, Period])).to_type(ScalarType.BFloat16);
        using var labels = randint(Classes, [1, Period], dtype: ScalarType.Byte);
        using var logits = empty([1, Classes, Voxels], dtype: ScalarType.BFloat16);
        using var target = empty([1, Voxels], dtype: ScalarType.Byte);
        for (var c = 0; c < Classes; c++)
            Tile(PlaneOf(pattern, c, Period), Period * 2, PlaneOf(logits, c, Voxels), Voxels * 2);
        Tile(TensorMemory.AddressOf(labels), Period, TensorMemory.AddressOf(target), Voxels);
        logits.requires_grad = true;

        using var loss = Fused.functional.dice_ce_loss(logits, target);
        using var gradient = autograd.grad([loss], [logits])[0];

        var (expected, expectedGradient) = Expected(pattern, labels);
        Assert.InRange(loss.item<float>() / expected - 1, -1e-6, 1e-6);
        Assert.Equal(ScalarType.BFloat16, gradient.dtype);
        using (expectedGradient)
        {
            using var allowed = expectedGradient.abs() / 256 + 1e-6 * expectedGradient.abs().max();
            for (var first = 0L; first < Voxels; first += Period)
            {
                // Whatever has the bits of the first repetition, which is compared with float64, is as right.
                var count = Math.Min(Period, Voxels - first);
                if (first > 0 && Enumerable.Range(0, Classes).All(c => SameBits(PlaneOf(gradient, c, Voxels), first, count)))
                    continue;
                using var scope = NewDisposeScope();
                var error = (gradient.narrow(2, first, count).to_type(ScalarType.Float64) - expectedGradient.narrow(2, 0, count)).abs();
                Assert.True(error.le(allowed.narrow(2, 0, count)).all().item<bool>(),
                    $"voxels from {first}: off by {error.max().item<double>():E2}");
            }
        }
    }

    /// <summary>Whether voxels of a plane of bfloat16 have the bits of its first ones.</summary>
    private static unsafe bool SameBits(nint plane, long first, long count) =>
        new ReadOnlySpan<short>((short*)plane, (int)count).SequenceEqual(new ReadOnlySpan<short>((short*)plane + first, (int)count));

    /// <summary>The address of a class of bfloat16 logits.</summary>
    private static nint PlaneOf(Tensor logits, int @class, long voxels) => TensorMemory.AddressOf(logits) + (nint)(@class * voxels * 2);

    /// <summary>Value and gradient of the first <see cref="Period"/> voxels of all, whose pattern repeats, in float64.</summary>
    private static (double Value, Tensor Gradient) Expected(Tensor pattern, Tensor labels)
    {
        using var scope = NewDisposeScope();
        var logits = pattern.to_type(ScalarType.Float64).requires_grad_(true);
        var own = labels.to_type(ScalarType.Int64).unsqueeze(1).eq(arange(Classes).reshape([1, Classes, 1])).to_type(ScalarType.Float64);

        // How often a voxel of the pattern occurs: the last repetition is cut off.
        var (whole, rest) = Math.DivRem(Voxels, Period);
        var times = arange(Period).lt(rest).to_type(ScalarType.Float64) + whole;
        var log = torch.nn.functional.log_softmax(logits, 1);
        var p = log.exp();
        var intersection = (times * p * own).sum(2);
        var sizes = (times * (p + own)).sum(2);
        var loss = (1 - (2 * intersection + 1e-5) / (sizes + 1e-5)).mean() - (times * own * log).sum() / Voxels;

        // autograd gives the sum over all occurrences, which share one gradient.
        var gradient = autograd.grad([loss], [logits])[0] / times;
        return (loss.item<double>(), gradient.MoveToOuterDisposeScope());
    }

    private static unsafe void Tile(nint pattern, long patternBytes, nint destination, long bytes)
    {
        for (var done = 0L; done < bytes; done += patternBytes)
        {
            var count = Math.Min(patternBytes, bytes - done);
            Buffer.MemoryCopy((void*)pattern, (byte*)destination + done, count, count);
        }
    }
}
