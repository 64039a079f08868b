using GpuLoss.Modules;
using GpuLoss.PtxMachine.Tests.PublicFace;
using GpuLossTests;
using TorchSharp;
using static TorchSharp.torch;
using Activation = GpuLoss.nn.Activation;
using Fused = GpuLoss.nn;

namespace GpuLoss.PtxMachine.Tests.Shape;

/// <summary>Connected parts with kernels for CUDA against a flood, and the blob loss against one loss per blob.</summary>
public class BlobTests : InPlaceOfHost
{
    public static TheoryData<int, int?, long[]> Grids => new()
    {
        { 1, null, [300] }, { 2, 1, [12, 17] }, { 3, 2, [15, 14] }, { 4, 1, [7, 8, 9] }, { 5, 2, [8, 7, 9] }, { 6, 3, [5, 8, 7] },
        { 7, null, [1, 1, 1] },
    };

    public static TheoryData<string> Losses => ["dice", "squared", "tversky"];

    [Theory]
    [MemberData(nameof(Grids))]
    public void Parts_are_those_of_a_flood_whatever_the_order_of_the_blocks(int seed, int? connectivity, long[] space)
    {
        foreach (var density in (double[])[0.2, 0.45, 0.7, 1])
        {
            using var scope = NewDisposeScope();
            manual_seed(seed);
            var input = rand([2, 2, .. space]) < density;
            foreach (var order in (BlockOrder[])[BlockOrder.Forward, BlockOrder.Shuffled])
            {
                var found = OnShapes(
                    () => Fused.functional.connected_components(input, connectivity), new(new MachineOptions { Order = order }));
                Assert.Equal(ScalarType.Int32, found.dtype);
                foreach (var (set, parts) in input.flatten(2).flatten(0, 1).unbind(0).Zip(found.flatten(2).flatten(0, 1).unbind(0)))
                {
                    Assert.Equal(
                        ShapeReference.Flood(set.data<bool>().ToArray(), space, connectivity ?? space.Length), parts.data<int>().ToArray());
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void The_loss_is_that_of_the_whole_and_of_every_blob_without_the_others(string name)
    {
        using var scope = NewDisposeScope();
        var (logits, target) = ShapeCase.Data([3, 3, 10, 11], 4, ScalarType.Float32);
        target[2] = 0;
        target[0, 2] = -100;
        double[] weights = [0.5, 2, 3];
        var weight = tensor(weights);
        FusedLossModule Make() => name switch
        {
            "dice" => Fused.DiceLoss(include_background: false),
            "squared" => Fused.DiceLoss(squared: true, weight: weight),
            _ => Fused.TverskyLoss(0.3, 0.7, activation: Activation.Sigmoid),
        };
        Tensor Of(Tensor i, Tensor p, Tensor t) => name == "tversky"
            ? 1 - (i + 1e-5) / (i + 0.3 * (p - i) + 0.7 * (t - i) + 1e-5)
            : 1 - (2 * i + 1e-5) / (p + t + 1e-5);

        using var loss = Fused.BlobLoss(Make(), main_weight: 0, blob_weight: 0.7, connectivity: 1);
        var activation = name == "tversky" ? Activation.Sigmoid : Activation.Softmax;
        OnShapes(() =>
        {
            ShapeCase.AssertEqual(
                loss, x => 0.7 * ShapeReference.PerBlob(
                    x, target, Of, activation, name != "dice", 1, name == "squared" ? weights : null, name == "squared"),
                logits, target, 1e-6);
            return 0;
        });
    }

    /// <summary>Blobs of several pieces, samples without any, and the bits of any order of blocks.</summary>
    [Fact]
    public void Large_blobs_and_none_have_the_hosts_loss_and_the_same_bits_again()
    {
        using var scope = NewDisposeScope();
        var (logits, _) = ShapeCase.Data([2, 2, 5, 20, 17], 7, ScalarType.Float32);
        var target = zeros([2, 5, 20, 17], dtype: ScalarType.Int64);
        target[0, TensorIndex.Slice(0, 4), TensorIndex.Slice(1, 18)] = 1;
        target[0, 2, 7] = 0;
        target[0, TensorIndex.Ellipsis, 9] = 0;
        using var loss = Fused.BlobLoss(Fused.DiceLoss(include_background: false, squared: true));
        (Tensor Value, Tensor Gradient) Run()
        {
            var value = loss.forward(logits, target);
            return (value, autograd.grad([value], [logits])[0]);
        }

        var ((value, gradient), first) = (Run(), OnShapes(Run));
        ShapeCase.AssertClose(value, first.Value, 1e-6, "value");
        ShapeCase.AssertClose(gradient, first.Gradient, 1e-6, "gradient");
        var again = OnShapes(Run, new(new MachineOptions { Order = BlockOrder.Backward }));
        Assert.True(first.Value.Equals(again.Value));
        Assert.True(first.Gradient.Equals(again.Gradient));
        target.zero_();
        ShapeCase.AssertClose(Run().Value, OnShapes(Run).Value, 1e-6, "value without blobs");
    }
}
