using GpuLossTests;
using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;

namespace GpuLoss.PtxMachine.Tests.PublicFace;

/// <summary>Losses of the worst voxels, which are chosen by kernels too.</summary>
public class TopKTests : InPlaceOfHost
{
    private const int Classes = 4;

    private static readonly long[] Shape = [2, Classes, 5, 6, 7];

    [Theory]
    [InlineData(0.1)]
    [InlineData(10)]
    [InlineData(37.5)]
    [InlineData(100)]
    public void The_worst_voxels_are_chosen(double k)
    {
        using var scope = NewDisposeScope();
        var (logits, labels) = Case(7);
        using var both = Fused.DiceTopKLoss(k, lambda_ce: 0.5);
        using var alone = Fused.TopKCrossEntropyLoss(k);
        Run(logits, x => both.forward(x, labels)).AssertIs(
            FaceRun.Exact(logits, x => Reference.Dice(x, labels) + 0.5 * Worst(x, labels, k)), $"Dice and {k} %");
        Run(logits, x => alone.forward(x, labels)).AssertIs(FaceRun.Exact(logits, x => Worst(x, labels, k)), $"{k} %");
    }

    /// <summary>More voxels than a block begins with, and means of several percentages of the same voxels.</summary>
    [Fact]
    public void Percentages_are_added()
    {
        using var scope = NewDisposeScope();
        manual_seed(8);
        var (logits, labels) = (randn([1, 3, 21, 20, 22]), randint(3, [1, 21, 20, 22], dtype: ScalarType.Int64));
        using var criterion = Fused.CompoundLoss(
            (0.5, Fused.TopKCrossEntropyLoss(5)), (-0.25, Fused.TopKCrossEntropyLoss(50)), (2, Fused.CrossEntropyLoss()));
        Run(logits, x => criterion.forward(x, labels)).AssertIs(FaceRun.Exact(
            logits, x => 0.5 * Worst(x, labels, 5) - 0.25 * Worst(x, labels, 50) + 2 * Reference.CrossEntropy(x, labels)));
    }

    /// <summary>Voxels with the same logits are equal to the last bit where approximations do not err to both sides in turn, and
    /// share.</summary>
    [Fact]
    public void Equal_voxels_share_what_is_left()
    {
        using var scope = NewDisposeScope();
        var logits = tensor(new[] { 2f, 1, 0 }).reshape([1, 3, 1, 1]).expand([1, 3, 8, 5]).contiguous();
        var labels = zeros([1, 8, 5], dtype: ScalarType.Int64);
        labels[0, 3] = 1; // five voxels are worse
        using var criterion = Fused.TopKCrossEntropyLoss(50);
        var run = Run(logits, x => criterion.forward(x, labels), machine: new EngineOnMachine());
        run.AssertIs(FaceRun.Exact(logits, x =>
        {
            var voxels = torch.nn.functional.cross_entropy(x, labels, reduction: torch.nn.Reduction.None);
            var weights = full_like(voxels, 15.0 / 35 / 20);
            weights[0, 3] = 1.0 / 20;
            return (voxels * weights).sum();
        }));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_voxel_that_is_not_a_number_is_among_them(float logit)
    {
        using var scope = NewDisposeScope();
        var (logits, labels) = Case(9);
        logits[1, 2, 3, 4, 5] = logit;
        using var criterion = Fused.TopKCrossEntropyLoss(1);
        var run = Run(logits, x => criterion.forward(x, labels));
        Assert.True(double.IsNaN(run.Value));
        Assert.True(run.Gradient[1, .., 3, 4, 5].isnan().all().item<bool>());
        Assert.Equal(Classes, run.Gradient.isnan().sum().item<long>());
    }

    [Fact]
    public void The_order_of_blocks_changes_no_bit()
    {
        using var scope = NewDisposeScope();
        manual_seed(10);
        var (logits, labels) = (randn([1, 2, 25, 25, 25]), randint(2, [1, 25, 25, 25], dtype: ScalarType.Int64));
        using var criterion = Fused.DiceTopKLoss();
        var one = Run(logits, x => criterion.forward(x, labels));
        foreach (var order in (BlockOrder[])[BlockOrder.Backward, BlockOrder.Shuffled])
        {
            var options = new MachineOptions { Error = ApproximationError.Alternating, Order = order };
            var other = Run(logits, x => criterion.forward(x, labels), new TopOnMachine(options), new EngineOnMachine(options));
            Assert.Equal(one.Value, other.Value);
            Assert.True(one.Gradient.Equals(other.Gradient));
        }
    }

    private static (Tensor Logits, Tensor Labels) Case(int seed)
    {
        manual_seed(seed);
        return (randn(Shape), randint(Classes, [2, .. Shape[2..]], dtype: ScalarType.Int64));
    }

    private static Tensor Worst(Tensor x, Tensor labels, double k)
    {
        var voxels = torch.nn.functional.cross_entropy(x, labels, reduction: torch.nn.Reduction.None).flatten();
        return voxels.topk(Math.Max(1, (int)(voxels.numel() * k / 100))).values.mean();
    }

    private FaceRun Run(Tensor logits, Func<Tensor, Tensor> loss, TopOnMachine? top = null, EngineOnMachine? machine = null)
    {
        var engine = top ?? Top;
        var launches = engine.Driver.Launches.Count;
        var run = OnMachine(() => FaceRun.Of(logits, loss), machine, engine);
        Assert.True(engine.Driver.Launches.Count > launches, "The voxels were not chosen on the machine.");
        return run;
    }
}
