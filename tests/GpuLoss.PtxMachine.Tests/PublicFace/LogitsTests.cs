using GpuLossTests;
using GpuLossTests.Parity;
using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;

namespace GpuLoss.PtxMachine.Tests.PublicFace;

/// <summary>Logits of every type, layout and size, extreme ones among them, against float64.</summary>
public class LogitsTests : InPlaceOfHost
{
    private const int Classes = 4;

    private static readonly long[] Shape = [2, Classes, 5, 6, 7];

    /// <summary>Float32 logits [N, C, *S] that do not lie as torch allocates them, made of contiguous ones.</summary>
    private static Dictionary<string, Func<Tensor, Tensor>> Layouts { get; } = new()
    {
        ["channels last"] = x => x.permute(0, 2, 3, 4, 1).contiguous().permute(0, 4, 1, 2, 3),
        ["channels last, of more channels"] = x =>
            cat([x, x], 1).permute(0, 2, 3, 4, 1).contiguous().permute(0, 4, 1, 2, 3).narrow(1, 1, Classes),
        ["every second sample"] = x => stack([x, x + 1], 1).flatten(0, 1)[TensorIndex.Slice(step: 2)],
        ["one sample, expanded"] = x => x.narrow(0, 0, 1).expand(3, -1, -1, -1, -1),
        ["turned axes"] = x => x.transpose(2, 4).contiguous().transpose(2, 4),
        ["a part of a volume"] = x => torch.nn.functional.pad(x, [1, 2, 3, 1, 0, 1]).narrow(4, 1, 7).narrow(3, 3, 6).narrow(2, 0, 5),
        ["not at an address for wide loads"] = x => cat([zeros(1), x.flatten()]).narrow(0, 1, x.numel()).reshape(x.shape),
    };

    public static TheoryData<string> LayoutNames => [.. Layouts.Keys];

    [Theory]
    [MemberData(nameof(LayoutNames))]
    public void Logits_may_lie_in_any_way(string layout)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var logits = Layouts[layout](randn(Shape) * 2);
        var labels = randint(Classes, [logits.shape[0], .. Shape[2..]], dtype: ScalarType.Int32);
        labels = labels.transpose(1, 3).contiguous().transpose(1, 3);
        Compare(logits, labels, layout);
    }

    [Theory]
    [InlineData(ScalarType.Float16, 4.9e-4)]
    [InlineData(ScalarType.BFloat16, 3.92e-3)]
    public void Sixteen_bits_lose_nothing_but_the_rounding_of_the_gradient(ScalarType type, double half)
    {
        using var scope = NewDisposeScope();
        manual_seed(2);
        var labels = randint(Classes, [2, 5, 6, 7], dtype: ScalarType.Int64);
        var logits = (3 * randn(Shape)).to_type(type);
        Compare(logits, labels, "contiguous", half, factor: 65536);
        Compare(Layouts["channels last"](logits), labels, "channels last", half, factor: 65536);
        using var focal = Fused.DiceFocalLoss(gamma: 1.5);
        var actual = OnMachine(() => FaceRun.Of(logits, x => focal.forward(x, labels), 65536));
        actual.AssertIs(FaceRun.Exact(logits, x => Reference.Dice(x, labels) + Reference.Focal(x, labels, 1.5)), "focal", half);
    }

    /// <summary>Of a target and weights of numbers, with the sigmoid.</summary>
    [Theory]
    [InlineData(ScalarType.Float16, 4.9e-4)]
    [InlineData(ScalarType.BFloat16, 3.92e-3)]
    public void Sixteen_bits_of_the_sigmoid_lose_nothing_but_that_either(ScalarType type, double half)
    {
        using var scope = NewDisposeScope();
        var inputs = new ParityInputs(9, Shape, TargetForm.Soft, MaskForm.Weights, type, scale: 2);
        var choice = new OverlapChoice(Fused.Activation.Sigmoid, true, false, false, false, 1e-5, 1e-5, torch.nn.Reduction.Mean, null);
        var expected = ParityReference.Dice(inputs, choice)
            + ParityReference.BinaryCrossEntropy(inputs, null, null, torch.nn.Reduction.Mean);
        expected.backward();
        var actual = OnMachine(() => FaceRun.Of(inputs.Logits, FaceRun.With(Fused.DiceBCELoss(), inputs.Target, inputs.Mask), 65536));
        actual.AssertIs(new FaceRun(expected.item<double>(), inputs.Exact.grad!), "sigmoid", half);
    }

    [Theory]
    [InlineData(ScalarType.Byte)]
    [InlineData(ScalarType.Int8)]
    [InlineData(ScalarType.Int16)]
    [InlineData(ScalarType.Int32)]
    [InlineData(ScalarType.Int64)]
    [InlineData(ScalarType.Bool)]
    public void Labels_are_of_any_integer_type_with_an_axis_of_channels_or_without(ScalarType type)
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        var classes = type == ScalarType.Bool ? 2 : Classes;
        var labels = randint(classes, [2, 5, 6, 7], dtype: ScalarType.Int64).to_type(type);
        var logits = randn([2, classes, 5, 6, 7]);
        Compare(logits, labels, "without");
        Compare(logits, labels.unsqueeze(1), "with");
    }

    [Theory]
    [InlineData(1, 2, 1)]
    [InlineData(3, 3, 2)]
    [InlineData(1, 5, 31, 1)]
    [InlineData(2, 14, 3, 11)]
    [InlineData(1, 33, 5, 5, 5)]
    [InlineData(1, 3, 2, 1, 3, 2)]
    [InlineData(1, 2, 24, 23, 25)]
    public void Volumes_are_of_any_size(params int[] shape)
    {
        using var scope = NewDisposeScope();
        manual_seed(4);
        long[] sizes = [.. shape.Select(size => (long)size)];
        Compare(randn(sizes), randint(sizes[1], [sizes[0], .. sizes[2..]], dtype: ScalarType.Int64), string.Join('×', shape));
    }

    /// <summary>
    /// The softmax of logits that share an offset of 10,000 is that of their differences. Each logit is a multiple of 1/64 with or without,
    /// so that nothing is lost in the logits: all that could be lost is lost by the kernels.
    /// </summary>
    [Theory]
    [InlineData(4, 1e4)]
    [InlineData(4, -1e4)]
    [InlineData(2, 1e4)]
    [InlineData(14, 1e4)]
    [InlineData(40, -1e4)]
    public void A_common_offset_costs_no_digit(int classes, double offset)
    {
        using var scope = NewDisposeScope();
        manual_seed(5);
        var labels = randint(classes, [2, 5, 6, 7], dtype: ScalarType.Int64);
        var near = (randn([2, classes, 5, 6, 7]) * 128).round() / 64;
        var far = near + offset * randint(2, [2, 1, 5, 6, 7], dtype: ScalarType.Int64);
        Assert.Equal(Math.Abs(offset), far.sub(near).abs().max().item<float>());
        Assert.Equal(0, far.mul(64).frac().abs().max().item<float>());
        var expected = FaceRun.Exact(near, x => DiceAndCrossEntropy(x, labels));
        using var criterion = Fused.DiceCELoss();
        OnMachine(() => FaceRun.Of(far, x => criterion.forward(x, labels))).AssertIs(expected, "offset");
        var last = far.permute(0, 2, 3, 4, 1).contiguous().permute(0, 4, 1, 2, 3);
        OnMachine(() => FaceRun.Of(last, x => criterion.forward(x, labels))).AssertIs(expected, "channels last");
        using var focal = Fused.FocalLoss();
        OnMachine(() => FaceRun.Of(far, x => focal.forward(x, labels)))
            .AssertIs(FaceRun.Exact(near, x => Reference.Focal(x, labels, 2)), "focal");
    }

    /// <summary>What a diverging network gives, up to the largest numbers.</summary>
    [Theory]
    [InlineData(4, 80)]
    [InlineData(4, 1e4)]
    [InlineData(4, 1e9)]
    [InlineData(4, 1e30)]
    [InlineData(4, 1.5e38)]
    [InlineData(2, 1e9)]
    [InlineData(14, 1e9)]
    [InlineData(40, 1e9)]
    public void Extreme_logits_are_right(int classes, double size)
    {
        using var scope = NewDisposeScope();
        manual_seed(6);
        long[] shape = [2, classes, 5, 6, 7];
        var labels = randint(classes, [2, 5, 6, 7], dtype: ScalarType.Int64);
        Compare((rand(shape) * 2 - 1) * size, labels, "all");

        // In some voxels only; others are ordinary, and of three classes or more one has no probability at all.
        var mixed = where(rand([2, 1, 5, 6, 7]) < 0.3, (rand(shape) * 2 - 1) * size, randn(shape));
        if (classes > 2)
            mixed.select(1, classes - 1).fill_(float.NegativeInfinity);
        Compare(mixed, classes > 2 ? labels.remainder(classes - 1) : labels, "some");
    }

    /// <summary>Overlap losses of the sigmoid, and the binary cross-entropy.</summary>
    [Theory]
    [InlineData(1e4)]
    [InlineData(1e9)]
    public void Extreme_logits_of_the_sigmoid_are_right(double size)
    {
        using var scope = NewDisposeScope();
        manual_seed(7);
        var target = rand(Shape);
        var logits = where(rand(Shape) < 0.5, (rand(Shape) * 2 - 1) * size, randn(Shape));
        using var criterion = Fused.BCEWithLogitsLoss();
        OnMachine(() => FaceRun.Of(logits, x => criterion.forward(x, target))).AssertIs(FaceRun.Exact(
            logits, x => torch.nn.functional.binary_cross_entropy_with_logits(x, target.to_type(ScalarType.Float64))));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_logit_that_is_no_number_makes_a_loss_that_is_none_and_ends_nothing(float poison)
    {
        using var scope = NewDisposeScope();
        manual_seed(8);
        var labels = randint(Classes, [2, 5, 6, 7], dtype: ScalarType.Int64);
        var logits = randn(Shape);
        logits[1, 2, 3, 3, 3] = poison;
        Modules.FusedLossModule[] criteria = [Fused.DiceLoss(), Fused.CrossEntropyLoss(), Fused.DiceCELoss(), Fused.FocalLoss()];
        foreach (var criterion in criteria)
        {
            using var disposed = criterion;
            var run = OnMachine(() => FaceRun.Of(logits, x => criterion.forward(x, labels)));
            Assert.True(double.IsNaN(run.Value), $"{criterion.GetType().Name}: {run.Value}");

            // A sample without it has its loss still.
            Compare(logits.narrow(0, 0, 1), labels.narrow(0, 0, 1), "the other sample");
        }
    }

    private void Compare(Tensor logits, Tensor labels, string what, double rounding = 0, double factor = 1)
    {
        using var criterion = Fused.DiceCELoss();
        var actual = OnMachine(() => FaceRun.Of(logits, x => criterion.forward(x, labels), factor));
        actual.AssertIs(FaceRun.Exact(logits, x => DiceAndCrossEntropy(x, labels)), what, rounding);
    }

    private static Tensor DiceAndCrossEntropy(Tensor logits, Tensor labels) =>
        Reference.Dice(logits, labels) + Reference.CrossEntropy(logits, labels);
}
