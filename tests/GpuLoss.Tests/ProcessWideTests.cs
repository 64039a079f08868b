using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;

namespace GpuLossTests;

/// <summary>Nothing leaks, and nothing that goes wrong in backward ends the process.</summary>
[Collection(RunsAlone.Name)]
public class ProcessWideTests
{
    private const int Iterations = 1000;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Live_tensors_stay_flat_over_a_thousand_iterations(bool withScope)
    {
        using var logits = randn([1, 4, 8, 8, 8]).requires_grad_(true);
        using var target = randint(4, [1, 8, 8, 8], dtype: ScalarType.Int64);
        using var criterion = Fused.DiceCELoss(include_background: false);
        void Iterate()
        {
            using var scope = withScope ? NewDisposeScope() : null;
            using var loss = criterion.forward(logits, target);
            loss.backward();
            logits.grad!.Dispose();
            logits.grad = null;
        }

        AssertFlat(Iterate);
    }

    [Fact]
    public void Live_tensors_stay_flat_with_compound_losses_and_statistics()
    {
        using var logits = randn([1, 3, 8, 8]).requires_grad_(true);
        using var target = randint(3, [1, 8, 8], dtype: ScalarType.Int64);
        using var compound = Fused.CompoundLoss((1, Fused.DiceLoss()), (1, Fused.FocalLoss()), (1, Fused.TverskyLoss()));
        using var dice = Fused.DiceLoss();
        void Iterate()
        {
            using var scope = NewDisposeScope();
            using var others = dice.statistics(logits.detach(), target);
            var loss = compound.forward(logits, target) + dice.forward(logits, target, others);
            loss.backward();
            logits.grad!.Dispose();
            logits.grad = null;
        }

        AssertFlat(Iterate);
    }

    [Fact]
    public void A_refused_target_leaves_nothing_behind()
    {
        using var logits = randn([1, 3, 8, 8]).requires_grad_(true);
        using var target = full([1, 8, 8], 3, dtype: ScalarType.Int64);
        AssertFlat(() => Assert.Throws<ArgumentException>(() => Fused.functional.dice_loss(logits, target)));
    }

    [Fact]
    public void A_fault_in_backward_is_an_exception_and_the_process_goes_on()
    {
        using var target = randint(3, [1, 6, 6], dtype: ScalarType.Int64);
        using var criterion = Fused.DiceCELoss();
        for (var i = 0; i < 3; i++)
        {
            // What backward needs is changed in place behind its back.
            using var scope = NewDisposeScope();
            var weights = randn([1, 3, 6, 6]).requires_grad_(true);
            var logits = weights * 2;
            var loss = criterion.forward(logits, target);
            using (no_grad())
                logits.add_(1);
            Assert.Throws<ExternalException>(() => loss.backward());
            Assert.Contains("modified by an inplace operation", Fused.last_backward_exception!.Message, StringComparison.Ordinal);

            var again = criterion.forward(weights, target);
            again.backward();
            Assert.True(weights.grad!.isfinite().all().item<bool>());
        }
    }

    private static void AssertFlat(Action iterate)
    {
        for (var i = 0; i < 10; i++)
            iterate();
        Collect();
        var before = Tensor.TotalCount;
        var most = before;
        for (var i = 0; i < Iterations; i++)
        {
            iterate();
            most = Math.Max(most, Tensor.TotalCount);
        }

        Assert.InRange(most, before, before + 5);
        Collect();
        Assert.InRange(Tensor.TotalCount, 0, before);
    }

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }
}
