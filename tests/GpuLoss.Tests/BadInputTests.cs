using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;

namespace GpuLossTests;

/// <summary>Every mistake is named: which argument, what came, what was expected. A correct call works right after it.</summary>
public class BadInputTests
{
    private static readonly Tensor Logits = randn([2, 3, 4, 5]);
    private static readonly Tensor Target = randint(3, [2, 4, 5], dtype: ScalarType.Int64);

    public static TheoryData<string> Names => [.. Cases.Keys];

    private static Dictionary<string, (Action Call, string[] Message)> Cases => new()
    {
        ["logits of rank 2"] = (() => Call(randn([2, 3]), Target), ["logits", "[2, 3]", "[N, C, *S]"]),
        ["empty logits"] = (() => Call(randn([2, 3, 0, 5]), Target), ["logits", "empty", "[2, 3, 0, 5]"]),
        ["int32 logits"] = (() =>
            Call(Logits.to_type(ScalarType.Int32), Target), ["logits", "Int32", "Float32, Float64, Float16 or BFloat16"]),
        ["complex logits"] = (() => Call(Logits.to_type(ScalarType.ComplexFloat32), Target), ["logits", "ComplexFloat32"]),
        ["one class"] = (() => Call(randn([2, 1, 4, 5]), Target), ["logits", "[2, 1, 4, 5]", "one class"]),
        ["spatial shape"] = (() => Call(Logits, Target.narrow(2, 0, 4)), ["target", "[2, 4, 4]", "[2, 4, 5]"]),
        ["batch size"] = (() => Call(Logits, Target.narrow(0, 0, 1)), ["target", "[1, 4, 5]", "[2, 4, 5]"]),
        ["C - 1 channels"] =
            (() => Call(Logits, Target.unsqueeze(1).expand(2, 2, 4, 5)), ["target", "[2, 2, 4, 5]", "[2, 1, 4, 5]", "[2, 3, 4, 5]"]),
        ["float target"] = (() => Call(Logits, Target.to_type(ScalarType.Float32)), ["target", "Float32", "[2, 3, 4, 5]", "whole numbers"]),
        ["complex target"] = (() => Call(Logits, Target.to_type(ScalarType.ComplexFloat32)), ["target", "ComplexFloat32"]),
        ["target with a gradient"] = (() => Call(Logits, rand([2, 3, 4, 5]).requires_grad_(true)), ["target", "gradient", "detach"]),
        ["ignore_index without labels"] = (
            () => Fused.functional.dice_loss(Logits, rand([2, 3, 4, 5]), ignore_index: 0), ["target", "ignore_index = 0", "mask"]),
        ["one-hot as 0 and 255"] = (
            () => Call(Logits, 255 * OneHot(ScalarType.Byte)), ["target", "Byte", "0 or 1", "40 of 120", "255 at [0, "]),
        ["one-hot with a 2"] = (
            () => Call(Logits, WithClass(OneHot(ScalarType.Byte), 2)), ["target", "Byte", "0 or 1", "1 of 120", "2 at [1, 2, 3, 4]"]),
        ["one-hot with a 2, int64, sigmoid"] = (
            () => Fused.functional.bce_with_logits_loss(Logits, WithClass(OneHot(ScalarType.Int64), 2)),
            ["target", "0 or 1", "1 of 120", "2 at [1, 2, 3, 4]"]),
        ["one-hot with a -1, int8, no activation"] = (
            () => Fused.functional.dice_loss(Logits, WithClass(OneHot(ScalarType.Int8), -1), activation: Fused.Activation.None),
            ["target", "Int8", "1 of 120", "-1 at [1, 2, 3, 4]"]),
        ["probability above 1"] = (
            () => Call(Logits, WithClass(rand([2, 3, 4, 5]), 1.0000001)),
            ["target", "Float32", "probabilities from 0 to 1", "1 of 120", "at [1, 2, 3, 4]"]),
        ["probability below 0, float64"] = (
            () => Fused.functional.focal_loss(
                Logits, WithClass(rand([2, 3, 4, 5], ScalarType.Float64), -0.25), activation: Fused.Activation.Sigmoid),
            ["target", "1 of 120", "-0.25 at [1, 2, 3, 4]"]),
        ["probability NaN, bfloat16"] = (
            () => Fused.functional.dice_loss(
                Logits, WithClass(rand([2, 3, 4, 5]).to_type(ScalarType.BFloat16), double.NaN), soft_label: true),
            ["target", "1 of 120", "NaN at [1, 2, 3, 4]"]),
        ["probability infinite, float16, masked"] = (
            () => Fused.functional.dice_loss(
                Logits, WithClass(2 * ones([2, 3, 4, 5], ScalarType.Float16), double.PositiveInfinity),
                mask: With(zeros([2, 4, 5]), 1f, 2, 4)),
            ["target", "3 of 120", "2 at [1, 0, 2, 4]"]),
        ["mask negative"] = (
            () => Fused.functional.dice_loss(Logits, Target, mask: With(ones([2, 4, 5]), -0.5f)), ["mask", "1 of 40", "-0.5 at [1, 2, 3]"]),
        ["mask infinite"] = (
            () => Fused.functional.dice_loss(Logits, Target, mask: With(ones([2, 4, 5]), float.PositiveInfinity)), ["mask", "1 of 40"]),
        ["mask of another size"] =
            (() => Fused.functional.dice_loss(Logits, Target, mask: ones([2, 4, 4])), ["mask", "[2, 1, 4, 5]", "[2, 4, 4]"]),
        ["mask with a gradient"] = (
            () => Fused.functional.dice_loss(Logits, Target, mask: ones([2, 4, 5]).requires_grad_(true)), ["mask", "gradient"]),
        ["label too large for one class"] = (
            () => Fused.functional.bce_with_logits_loss(Logits.narrow(1, 0, 1), With(zeros_like(Target), 2)),
            ["target", "0 to 1", "2 at [1, 2, 3]"]),
        ["softmax of one class"] =
            (() => Fused.functional.dice_loss(Logits.narrow(1, 0, 1), rand([2, 1, 4, 5])), ["logits", "one class", "sigmoid"]),
        ["one class without background"] = (
            () => Fused.functional.dice_loss(
                Logits.narrow(1, 0, 1), rand([2, 1, 4, 5]), include_background: false, activation: Fused.Activation.Sigmoid),
            ["logits", "include_background"]),
        ["pos_weight too short"] =
            (() => Fused.functional.bce_with_logits_loss(Logits, Target, pos_weight: ones(2)), ["pos_weight", "3 entries", "not 2"]),
        ["pos_weight NaN"] = (() => Fused.BCEWithLogitsLoss(pos_weight: tensor(new[] { 1f, float.NaN })), ["pos_weight", "pos_weight[1]"]),
        ["activation unknown"] = (() => Fused.DiceLoss(activation: (Fused.Activation)9), ["activation", "9"]),
        ["cross-entropy of the sigmoid"] =
            (() => Fused.CrossEntropyLoss(activation: Fused.Activation.Sigmoid), ["activation", "binary cross-entropy"]),
        ["label_smoothing above 1"] = (() => Fused.CrossEntropyLoss(label_smoothing: 1.5), ["label_smoothing", "1.5"]),
        ["k of 0 percent"] = (() => Fused.TopKCrossEntropyLoss(0), ["k", "0"]),
        ["label too large for its logits, int8"] = (
            () => Call(Logits, With(Target, 127).to_type(ScalarType.Int8)), ["target", "127 at [1, 2, 3]"]),
        ["label negative, int16"] = (
            () => Call(Logits, With(Target, -32768).to_type(ScalarType.Int16)), ["target", "-32768 at [1, 2, 3]"]),
        ["label at the limit of int32"] = (
            () => Call(Logits, With(Target, int.MinValue).to_type(ScalarType.Int32)), ["target", "-2147483648 at [1, 2, 3]"]),
        ["label at the limit of int64"] = (() => Call(Logits, With(Target, long.MaxValue)), ["target", "9223372036854775807 at [1, 2, 3]"]),
        ["other device"] = (() => Call(Logits, Target.to(META)), ["target", "cpu", "meta"]),
        ["label too large"] = (() => Call(Logits, With(Target, 3)), ["target", "0 to 2", "1 of 40", "3 at [1, 2, 3]"]),
        ["label negative"] = (() => Call(Logits, With(Target, -1)), ["target", "-1 at [1, 2, 3]"]),
        ["label beyond int32"] = (() => Call(Logits, With(Target, (1L << 32) + 1)), ["target", "4294967297 at [1, 2, 3]"]),
        ["weight too long"] = (
            () => Fused.functional.cross_entropy_loss(Logits, Target, weight: ones(4)), ["weight", "3 entries", "not 4"]),
        ["weight without background for cross-entropy"] = (
            () => Fused.functional.dice_ce_loss(Logits, Target, include_background: false, weight: ones(2)),
            ["weight", "3 entries", "not 2"]),
        ["weight for Dice"] = (
            () => Fused.functional.dice_loss(Logits, Target, include_background: false, weight: ones(1)),
            ["weight", "or 2 without", "not 1"]),
        ["weight of rank 2"] = (() => Fused.DiceLoss(weight: ones([3, 1])), ["weight", "[3, 1]"]),
        ["weight negative"] = (() => Fused.DiceLoss(weight: tensor(new[] { 1f, -2 })), ["weight", "weight[1] is -2"]),
        ["weight of integers"] = (() => Fused.DiceLoss(weight: ones(3, dtype: ScalarType.Int64)), ["weight", "Int64"]),
        ["smooth_nr negative"] = (() => Fused.DiceLoss(smooth_nr: -1), ["smooth_nr", "-1"]),
        ["smooth_dr NaN"] = (() => Fused.GeneralizedDiceLoss(smooth_dr: double.NaN), ["smooth_dr", "NaN"]),
        ["lambda negative"] = (() => Fused.DiceCELoss(lambda_ce: -0.5), ["lambda_ce", "-0.5"]),
        ["reduction none of two terms"] = (() => Fused.DiceCELoss(reduction: torch.nn.Reduction.None), ["reduction", "None"]),
        ["ignore_index beyond int32"] = (() => Fused.CrossEntropyLoss(ignore_index: 1L << 40), ["ignore_index", "1099511627776"]),
        ["w_type unknown"] = (() => Fused.GeneralizedDiceLoss(w_type: (Fused.ClassWeighting)7), ["w_type", "7"]),
        ["null logits"] = (() => Call(null!, Target), ["logits"]),
        ["null target"] = (() => Call(Logits, null!), ["target"]),
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void A_mistake_is_named(string name)
    {
        var (call, parts) = Cases[name];
        var exception = Assert.ThrowsAny<ArgumentException>(call);
        Assert.All(parts, part => Assert.Contains(part, exception.Message, StringComparison.Ordinal));
        Assert.Equal(parts[0], exception.ParamName);
        Call(Logits, Target);
    }

    [Fact]
    public void A_disposed_tensor_is_refused()
    {
        var logits = randn([1, 2, 3]);
        logits.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Call(logits, zeros([1, 3], dtype: ScalarType.Int64)));
    }

    [Fact]
    public void Checking_the_labels_of_a_device_needs_one_that_has_an_engine()
    {
        Assert.False(Fused.check_labels_at_once);
        Fused.check_labels(CPU);
        Assert.Contains("meta", Assert.Throws<NotSupportedException>(() => Fused.check_labels(META)).Message, StringComparison.Ordinal);
    }

    /// <summary>Under voxels that do not count a target holds what it likes, and so it does without an activation where it is
    /// floating-point.</summary>
    [Fact]
    public void Numbers_that_are_no_probabilities_are_taken_where_nobody_needs_them()
    {
        var target = WithClass(OneHot(ScalarType.Byte), 255);
        var mask = ones([2, 1, 4, 5]);
        mask[1, 0, 3, 4] = 0;
        Assert.True(float.IsFinite(Fused.functional.dice_loss(Logits, target, mask: mask).item<float>()));
        var numbers = randn([2, 3, 4, 5]);
        Assert.True(float.IsFinite(Fused.functional.dice_loss(Logits, numbers, activation: Fused.Activation.None).item<float>()));
    }

    private static void Call(Tensor logits, Tensor target) => Fused.functional.dice_ce_loss(logits, target).Dispose();

    private static Tensor With(Tensor target, long label)
    {
        var changed = target.clone();
        changed[1, 2, 3] = label;
        return changed;
    }

    private static Tensor With(Tensor mask, float weight, int row = 2, int column = 3)
    {
        var changed = mask.clone();
        changed[1, row, column] = weight;
        return changed;
    }

    private static Tensor OneHot(ScalarType type) => torch.nn.functional.one_hot(Target, 3).permute(0, 3, 1, 2).to_type(type);

    private static Tensor WithClass(Tensor target, double number)
    {
        var changed = target.clone();
        changed[1, 2, 3, 4].fill_(number);
        return changed;
    }
}
