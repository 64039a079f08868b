using System.Runtime.InteropServices;

namespace GpuLossTests;

/// <summary>
/// What goes wrong in backward, between frames of libtorch that no managed exception may cross, reaches the user as an exception, and the
/// process lives. In a process of its own, which a mistake here would end.
/// </summary>
public class BackwardFaultTests
{
    /// <summary>Set in the process that is there for these tests only.</summary>
    private const string Variable = "GPULOSS_TEST_BACKWARD_FAULTS";

    private const long Megabyte = 1 << 20;

    [Fact]
    public async Task Faults_in_backward_reach_the_user_and_the_process_lives()
    {
        if (Environment.GetEnvironmentVariable(Variable) is null)
        {
            await ChildProcess.RunTests([nameof(BackwardFaultTests)], new Dictionary<string, string> { [Variable] = "1" });
            return;
        }

        foreach (var loss in LossCatalogue.All)
        {
            using var scope = NewDisposeScope();
            ChangedInPlace(loss, (logits, _) => logits.add_(1));
            ChangedInPlace(loss, (_, target) => target.zero_());
            TooLargeAGradient(loss);
        }

        EveryThreadAtOnce();
    }

    /// <summary>Logits or labels that backward needs are written to after forward.</summary>
    private static void ChangedInPlace(CataloguedLoss loss, Action<Tensor, Tensor> change)
    {
        var (weights, target) = (randn([1, 3, 40]).requires_grad_(true), randint(3, [1, 40], dtype: ScalarType.Int64));
        using var criterion = loss.Make(new() { WeightSeed = 1 }, 3);
        var logits = weights * 2;
        var value = criterion.forward(logits, target);
        using (no_grad())
            change(logits, target);
        AssertFails(value, "modified by an inplace operation", weights);
        AssertWorks(criterion, weights, randint(3, [1, 40], dtype: ScalarType.Int64));
    }

    /// <summary>Logits of one voxel that stand for many: their gradient does not fit into the memory that is left.</summary>
    private static void TooLargeAGradient(CataloguedLoss loss)
    {
        const long voxels = 20_000_000;
        const long left = 200 * Megabyte;
        var weights = randn([1, 3, 1], dtype: ScalarType.Float64).requires_grad_(true);
        var logits = weights.expand(1, 3, voxels);
        var target = zeros([1, 1], dtype: ScalarType.Byte).expand(1, voxels);
        using var criterion = loss.Make(new() { WeightSeed = 1 }, 3);
        var value = criterion.forward(logits, target);
        NativeMemory.WithAtMost(left, () => AssertFails(value, "can't allocate memory", weights));
        AssertWorks(criterion, randn([1, 3, 40]).requires_grad_(true), randint(3, [1, 40], dtype: ScalarType.Byte));
    }

    /// <summary>Eight threads, half of which fail.</summary>
    private static void EveryThreadAtOnce() => Parallel.For(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
    {
        using var scope = NewDisposeScope();
        var weights = randn([1, 3, 40]).requires_grad_(true);
        var target = zeros([1, 40], dtype: ScalarType.Byte);
        using var criterion = Fused.DiceCELoss();
        var logits = weights * 2;
        var value = criterion.forward(logits, target);
        if (i % 2 == 0)
        {
            using (no_grad())
                logits.add_(1);
            Assert.Throws<ExternalException>(() => value.backward());
        }
        else
        {
            value.backward();
            Assert.True(weights.grad!.isfinite().all().item<bool>());
        }
    });

    private static void AssertFails(Tensor value, string cause, Tensor weights)
    {
        Assert.Throws<ExternalException>(() => value.backward());
        Assert.Contains(cause, Fused.last_backward_exception!.Message, StringComparison.Ordinal);
        Assert.Null(weights.grad);
    }

    private static void AssertWorks(Loss criterion, Tensor weights, Tensor target)
    {
        criterion.forward(weights, target).backward();
        Assert.True(weights.grad!.isfinite().all().item<bool>());
        Assert.True(weights.grad!.abs().max().ToDouble() > 0);
    }
}
