namespace GpuLossTests;

/// <summary>Tensors, modules and graphs that go before, or in another place than, one would expect.</summary>
public class LifetimeTests
{
    public static TheoryData<string> Losses => LossCatalogue.Names;

    [Theory]
    [MemberData(nameof(Losses))]
    public void What_is_disposed_after_forward_is_kept_for_backward(string name)
    {
        using var scope = NewDisposeScope();
        var (weights, target) = Data();
        var expected = Gradient(name, weights, target);
        var logits = weights * 2;
        var labels = target.clone();
        var criterion = LossCatalogue.Of(name).Make(new() { WeightSeed = 1 }, 3);
        var loss = criterion.forward(logits, labels);
        logits.Dispose();
        labels.Dispose();
        criterion.Dispose();
        NativeMemory.Collect();
        Assert.True(autograd.grad([loss], [weights])[0].equal(expected).all().item<bool>());
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void A_second_backward_is_right_or_an_error(string name)
    {
        using var scope = NewDisposeScope();
        var (weights, target) = Data();
        var expected = Gradient(name, weights, target);
        using var criterion = LossCatalogue.Of(name).Make(new() { WeightSeed = 1 }, 3);
        var leaf = (weights * 2).detach().requires_grad_(true);
        var loss = criterion.forward(leaf, target);
        loss.backward(retain_graph: true);
        Assert.True((2 * leaf.grad!).equal(expected).all().item<bool>());
        loss.backward();
        Assert.True((leaf.grad!).equal(expected).all().item<bool>(), "twice the gradient of one backward, which is that of the factor 2");
        if (Record.Exception(() => loss.backward()) is null)
            Assert.True((leaf.grad! / 3 * 2).allclose(expected));
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void The_same_logits_and_module_serve_again(string name)
    {
        using var scope = NewDisposeScope();
        var (weights, target) = Data();
        using var criterion = LossCatalogue.Of(name).Make(new() { WeightSeed = 1 }, 3);
        var logits = weights * 2;
        var before = logits.detach().clone();
        var (first, second) = (criterion.forward(logits, target), criterion.forward(logits, target));
        Assert.Equal(first.item<float>(), second.item<float>());
        var gradients = new[] { first, second, first + second }.Select(loss => autograd.grad([loss], [weights], retain_graph: true)[0])
            .ToArray();
        Assert.True(gradients[0].equal(gradients[1]).all().item<bool>());
        Assert.True((2 * gradients[0]).equal(gradients[2]).all().item<bool>());
        Assert.True(before.equal(logits).all().item<bool>(), "the logits are as they were");
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void Forward_backward_and_disposal_may_each_have_a_thread_of_their_own(string name)
    {
        using var scope = NewDisposeScope();
        var (weights, target) = Data();
        var expected = Gradient(name, weights, target);
        for (var i = 0; i < 20; i++)
        {
            var leaf = weights.detach().clone().requires_grad_(true);
            Tensor? loss = null;
            OnThread(() => loss = Forward(name, leaf * 2, target));
            OnThread(() => loss!.backward());
            var isEqual = leaf.grad!.equal(expected).all().item<bool>();
            OnThread(() =>
            {
                loss!.Dispose();
                leaf.grad!.Dispose();
            });
            OnThread(NativeMemory.Collect);
            Assert.True(isEqual);
        }
    }

    private static (Tensor Weights, Tensor Target) Data()
    {
        var volume = new VolumeCase(
            2, 3, [70], ScalarType.Float32, Layout.Contiguous, 1, (ScalarType.Int64, Layout.Contiguous, false), Seed: 21);
        return (volume.Logits(), volume.Labels(LossOptions.UnusedNegative));
    }

    private static Tensor Gradient(string name, Tensor weights, Tensor target) =>
        autograd.grad([Forward(name, weights * 2, target)], [weights])[0];

    private static Tensor Forward(string name, Tensor logits, Tensor target)
    {
        using var criterion = LossCatalogue.Of(name).Make(new() { WeightSeed = 1 }, 3);
        return criterion.forward(logits, target);
    }

    private static void OnThread(Action action)
    {
        Exception? failure = null;
        var thread = new Thread(() => failure = Record.Exception(action));
        thread.Start();
        thread.Join();
        Assert.Null(failure);
    }
}
