using GpuLossTests;
using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;

namespace GpuLoss.PtxMachine.Tests.PublicFace;

/// <summary>Voxels that do not count, and labels that are none.</summary>
public class VoxelsLeftOutTests : InPlaceOfHost
{
    private const int Ignored = 255;

    private static readonly long[] Shape = [2, 3, 4, 5, 6];

    public static TheoryData<string> Names => [.. Losses.Keys];

    /// <summary>Losses with an ignored label, and what they are in float64 of the logits and labels.</summary>
    private static Dictionary<string, (Func<Modules.FusedLossModule> Make, Func<Tensor, Tensor, Tensor> Exact)> Losses { get; } = new()
    {
        ["Dice"] = (() => Fused.DiceLoss(ignore_index: Ignored), (x, t) => Reference.Dice(x, t, ignore: Ignored)),
        ["cross-entropy"] = (() => Fused.CrossEntropyLoss(ignore_index: Ignored), (x, t) => Reference.CrossEntropy(x, t, ignore: Ignored)),
        ["focal"] = (() => Fused.FocalLoss(ignore_index: Ignored), (x, t) => Reference.Focal(x, t, 2, ignore: Ignored)),
        ["generalized Dice"] = (
            () => Fused.GeneralizedDiceLoss(ignore_index: Ignored),
            (x, t) => Reference.GeneralizedDice(x, t, GpuLoss.nn.ClassWeighting.Square, ignore: Ignored)),
        ["Tversky of the batch"] = (
            () => Fused.TverskyLoss(0.3, 0.7, false, true, null, Ignored),
            (x, t) => Reference.Tversky(x, t, 0.3, 0.7, background: false, batch: true, ignore: Ignored)),
    };

    /// <summary>What the logits of ignored voxels are is not looked at.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Ignored_voxels_do_not_exist(string name)
    {
        using var scope = NewDisposeScope();
        var (logits, labels, isIgnored) = Case(1);
        var expected = FaceRun.Exact(logits, x => Losses[name].Exact(x, labels));
        foreach (var poison in new[] { float.NaN, float.PositiveInfinity, 1e30f })
        {
            var poisoned = where(isIgnored, full_like(logits, poison), logits);
            var actual = OnMachine(() => FaceRun.Of(poisoned, FaceRun.With(Losses[name].Make(), labels)));
            actual.AssertIs(expected, $"{name}, {poison}");
            Assert.Equal(0, actual.Gradient.masked_select(isIgnored.expand_as(logits)).abs().max().item<double>());
        }
    }

    /// <summary>The same by a mask, whose voxels may have labels that are none.</summary>
    [Theory]
    [InlineData(ScalarType.Bool)]
    [InlineData(ScalarType.Float32)]
    public void Masked_voxels_do_not_exist(ScalarType type)
    {
        using var scope = NewDisposeScope();
        var (logits, labels, isIgnored) = Case(2);
        var poisoned = where(isIgnored, full_like(logits, float.NaN), logits);
        var mask = isIgnored.logical_not().to_type(type);
        var wrong = labels.to_type(ScalarType.Int64).masked_fill(isIgnored.squeeze(1), 1234);
        foreach (var name in Losses.Keys)
        {
            var actual = OnMachine(() => FaceRun.Of(poisoned, FaceRun.With(Losses[name].Make(), wrong, mask)));
            actual.AssertIs(FaceRun.Exact(logits, x => Losses[name].Exact(x, labels)), name);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Where_all_voxels_are_ignored_loss_and_gradient_are_0(string name)
    {
        using var scope = NewDisposeScope();
        var logits = full(Shape, float.NaN);
        var run = OnMachine(() => FaceRun.Of(logits, FaceRun.With(Losses[name].Make(), full([2, 4, 5, 6], Ignored, ScalarType.Byte))));
        Assert.Equal((0, 0), (run.Value, run.Gradient.abs().max().item<double>()));
    }

    /// <summary>
    /// A GPU is not waited for: labels out of range are reported by the next forward, once, and nothing is broken by them. The tensors are
    /// the host's here, so that the forward itself may report them too; what the engine has to say comes with the next one all the same.
    /// </summary>
    [Theory]
    [InlineData(false, 1)]
    [InlineData(false, 7)]
    [InlineData(true, 3)]
    public void Labels_out_of_range_are_reported_by_the_next_forward_and_end_nothing(bool isSigmoid, int count)
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        var logits = randn(Shape);
        var labels = randint(3, [2, 4, 5, 6], dtype: ScalarType.Int16);
        var wrong = labels.clone();
        wrong.flatten().narrow(0, 50, count).fill_(count % 2 == 0 ? -5 : 3); // a view: the clone is contiguous
        using var criterion = isSigmoid ? Fused.DiceCELoss(activation: Fused.Activation.Sigmoid) : Fused.DiceCELoss();
        double Forward(Tensor target) => criterion.forward(logits, target).item<float>();
        var expected = Forward(labels);
        Assert.Equal(expected, OnMachine(() => Forward(labels)), 1e-6);
        OnMachine(() => Record.Exception(() => Forward(wrong)));
        var error = OnMachineOrNot(() => Assert.ThrowsAny<ArgumentException>(() => Forward(labels)));
        var message = $"target must hold labels from 0 to 2 or ignore_index = -100; in a forward on cuda:0 {count} of 240 did not";
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal("target", error.ParamName);
        Assert.Equal(expected, OnMachine(() => Forward(labels)), 1e-6);
        OnMachineOrNot(() =>
        {
            Fused.check_labels(CPU);
            return 0;
        });
    }

    [Fact]
    public void Labels_of_the_last_forward_are_reported_by_a_check()
    {
        using var scope = NewDisposeScope();
        using var criterion = Fused.CrossEntropyLoss();
        OnMachine(() => Record.Exception(() => criterion.forward(zeros([1, 2, 9]), full([1, 9], 2, ScalarType.Byte))));
        var error = OnMachineOrNot(() => Assert.ThrowsAny<ArgumentException>(() => Fused.check_labels(CPU)));
        Assert.Contains("9 of 9 did not", error.Message, StringComparison.Ordinal);
        OnMachineOrNot(() =>
        {
            Fused.check_labels(CPU);
            return 0;
        });
    }

    [Fact]
    public void A_forward_that_waits_reports_its_own_labels()
    {
        using var scope = NewDisposeScope();
        using var criterion = Fused.CrossEntropyLoss();
        Tensor Forward(byte label) => criterion.forward(zeros([1, 2, 9]), full([1, 9], label, ScalarType.Byte));
        Fused.check_labels_at_once = true;
        try
        {
            var error = OnMachine(() => Assert.ThrowsAny<ArgumentException>(() => Forward(2)));
            Assert.Contains("in a forward on cuda:0 9 of 9 did not", error.Message, StringComparison.Ordinal);
            Assert.Equal(Math.Log(2), OnMachine(() => Forward(1).item<float>()), 1e-6);
        }
        finally
        {
            Fused.check_labels_at_once = false;
        }
    }

    /// <summary>The same for numbers that are no probabilities and weights that are none.</summary>
    [Fact]
    public void Numbers_and_weights_out_of_range_are_reported_by_the_next_forward()
    {
        using var scope = NewDisposeScope();
        using var criterion = Fused.DiceLoss(activation: Fused.Activation.Sigmoid);
        var (logits, target, weights) = (zeros([1, 2, 9]), full([1, 2, 9], 0.5f), ones([1, 1, 9]));
        var (wrong, negative) = (target.clone(), weights.clone());
        wrong[0, 1, 4] = 1.5f;
        negative[0, 0, 2] = -1;
        void AssertReported(string expected, Func<Tensor> forward)
        {
            OnMachine(() => Record.Exception(forward));
            var error = OnMachineOrNot(() => Assert.ThrowsAny<ArgumentException>(() => criterion.forward(logits, target)));
            Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        }

        AssertReported("target must hold numbers from 0 to 1; in a forward on cuda:0 1 of 18 did not", () =>
            criterion.forward(logits, wrong));
        AssertReported(
            "weights that are finite and not negative; in a forward on cuda:0 1 of ", () => criterion.forward(logits, target, negative));
    }

    /// <summary>Where an error is due before anything is launched.</summary>
    private T OnMachineOrNot<T>(Func<T> run)
    {
        Interop.Engines.LossEngines.InPlaceOfHost = Machine;
        try
        {
            return run();
        }
        finally
        {
            Interop.Engines.LossEngines.InPlaceOfHost = null;
        }
    }

    private static (Tensor Logits, Tensor Labels, Tensor IsIgnored) Case(int seed)
    {
        manual_seed(seed);
        var labels = randint(3, [2, 4, 5, 6], dtype: ScalarType.Int64);
        var isIgnored = rand([2, 1, 4, 5, 6]) < 0.3;
        return (randn(Shape), labels.masked_fill(isIgnored.squeeze(1), Ignored).to_type(ScalarType.Byte), isIgnored);
    }
}
