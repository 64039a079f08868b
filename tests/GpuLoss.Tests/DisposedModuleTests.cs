using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;

namespace GpuLossTests;

/// <summary>A module that has been disposed throws, whatever it is asked for.</summary>
public class DisposedModuleTests
{
    private static readonly Tensor Logits = randn([1, 3, 4]);
    private static readonly Tensor Target = zeros([1, 4], dtype: ScalarType.Int64);

    [Fact]
    public void A_loss() => AssertThrows(
        Fused.DiceCELoss(), one => one.forward(Logits, Target), one => one.forward(Logits, Target, ones([1, 4])), one =>
            one.statistics(Logits, Target),
        one => one.forward_with_metrics(Logits, Target), one => one.forward(Logits, Target, Statistics()), one =>
            Fused.CompoundLoss((1, one)));

    [Fact]
    public void A_sum_of_losses() => AssertThrows(
        Fused.CompoundLoss((1, Fused.DiceLoss()), (1, Fused.TverskyLoss())), one => one.forward(Logits, Target),
        one => one.forward(Logits, Target, ones([1, 4])), one => one.statistics(Logits, Target), one =>
            one.forward_with_metrics(Logits, Target),
        one => one.forward(Logits, Target, Statistics()), one => Fused.CompoundLoss((1, one)));

    [Fact]
    public void A_sum_of_losses_of_which_one_has_been_disposed()
    {
        var term = Fused.DiceLoss();
        using var sum = Fused.CompoundLoss((1, term), (1, Fused.CrossEntropyLoss()));
        sum.forward(Logits, Target).Dispose();
        term.Dispose();
        Assert.Throws<ObjectDisposedException>(() => sum.forward(Logits, Target));
    }

    [Fact]
    public void A_loss_of_ones_own() => AssertThrows(
        Fused.OverlapLoss((i, p, t) => i.sum()), one => one.forward(Logits, Target), one => one.forward(Logits, Target, ones([1, 4])));

    [Fact]
    public void A_loss_of_several_resolutions() => AssertThrows(
        Fused.DeepSupervisionLoss(Fused.DiceLoss()), one => one.forward([Logits], Target), one =>
            one.forward([Logits], Target, ones([1, 4])));

    private static Fused.OverlapStatistics Statistics() => Fused.functional.overlap_statistics(Logits, Target);

    private static void AssertThrows<TModule>(TModule module, params Action<TModule>[] calls)
        where TModule : IDisposable
    {
        module.Dispose();
        module.Dispose();
        Assert.All(calls, call => Assert.Contains(
            typeof(TModule).Name, Assert.Throws<ObjectDisposedException>(() => call(module)).ObjectName, StringComparison.Ordinal));
    }
}
