namespace DistributedTests.Ranks;

/// <summary>A volume in slabs, over ranks and steps, has the loss and the gradients of the whole.</summary>
internal static class PartChecks
{
    private const int Slabs = 12;

    public static void Run(Communicator communicator)
    {
        using var generator = new Generator(5);
        var image = randn([2, 1, 2 * Slabs, 3, 4], dtype: ScalarType.Float64, generator: generator);
        var labels = randint(0, 3, [2, 2 * Slabs, 3, 4], generator: generator);
        var weight = randn([3, 1, 1, 1, 1], dtype: ScalarType.Float64, generator: generator);
        using var dice = Fused.DiceCELoss(include_background: false);
        using var sum = Fused.CompoundLoss(
            (1, Fused.GeneralizedDiceLoss(batch: true)),
            (0.2, Fused.FocalLoss(gamma: 2, alpha: 0.25, activation: Fused.Activation.Sigmoid)));
        Check(communicator, "Dice + cross-entropy", new LossOfParts(dice, communicator), dice.forward);
        Check(communicator, "a sum of several sums", new LossOfParts(sum, communicator), sum.forward);

        void Check(Communicator ranks, string what, LossOfParts parts, Func<Tensor, Tensor, Tensor> local)
        {
            using var scope = NewDisposeScope();
            var expectedKernel = weight.clone().requires_grad_(true);
            var expected = local(nn.functional.conv3d(image, expectedKernel), labels);
            expected.backward();

            var kernel = weight.clone().requires_grad_(true);
            var (begin, end) = (Slabs * ranks.rank / ranks.size, Slabs * (ranks.rank + 1) / ranks.size);
            var value = parts.backward(
            [
                .. Enumerable.Range(begin, end - begin).Select<int, Func<(Tensor, Tensor)>>(
                    slab => () => (nn.functional.conv3d(image.narrow(2, 2 * slab, 2), kernel), labels.narrow(1, 2 * slab, 2))),
            ]);
            var gradient = kernel.grad!.clone();
            ranks.all_reduce(gradient);
            var (one, other) = (value.item<double>(), expected.item<double>());
            RankProgram.Require(Math.Abs(one - other) <= 1e-12 * other, $"{what} of parts: {one:R} is {other:R}");
            var error = (gradient - expectedKernel.grad!).abs().max().item<double>() / expectedKernel.grad!.abs().max().item<double>();
            RankProgram.Require(error < 1e-11, $"{what} of parts: the gradient is off by {error:R}");
            RankProgram.Say(ranks, $"parts {what}: {BitConverter.DoubleToInt64Bits(one):x}");
        }

        try
        {
            new LossOfParts(dice, communicator).backward(
                [() => (nn.functional.conv3d(image, weight), communicator.rank == communicator.size - 1 ? labels + 70 : labels)]);
            RankProgram.Require(false, "a wrong label in a part is an error");
        }
        catch (FailedRankException exception)
        {
            RankProgram.Require(exception.rank == communicator.size - 1, $"the error names the rank: {exception.Message}");
        }
    }
}
