namespace DistributedTests.Ranks;

/// <summary>What is wrong on one rank is an error on all, which names it, and they can go on afterwards.</summary>
internal static class RefusalChecks
{
    public static void Run(Communicator communicator)
    {
        using var scope = NewDisposeScope();
        var bad = communicator.size - 1;
        var batch = Batch.Draw(communicator.size, ScalarType.Float32, Targets.Labels, hasMask: false).Of(communicator);
        using var criterion = Fused.DiceCELoss(batch: true).distributed(communicator);
        using var smoothed = Fused.DiceCELoss(batch: true, label_smoothing: 0.1).distributed(communicator);
        var isBad = communicator.rank == bad;

        var wrong = batch.Target.clone();
        if (isBad)
            wrong.view(-1)[3].fill_(77);
        Fails(communicator, () => criterion.forward(batch.Logits, wrong), bad, "77");
        Fails(communicator, () => smoothed.forward(batch.Logits, wrong), bad, "77");
        Fails(communicator, () =>
            criterion.forward(batch.Logits, isBad ? batch.Target.narrow(3, 0, 2) : batch.Target), bad, "target must be");
        Fails(communicator, () =>
            criterion.forward(isBad ? batch.Logits.to_type(ScalarType.Int32) : batch.Logits, batch.Target), bad, "Int32");
        if (communicator.size > 1)
        {
            var fewer = isBad ? batch.Logits.narrow(1, 0, 3) : batch.Logits;
            Fails(communicator, () => criterion.forward(fewer, batch.Target.clamp(0, 2)), bad, "classes");
            var network = nn.Linear(isBad ? 3 : 4, 2);
            Fails(communicator, () => _ = new DistributedDataParallel(network, communicator), bad, "another module");
        }

        RankProgram.Require(double.IsFinite(criterion.forward(batch.Logits, batch.Target).item<float>()), "the loss goes on after errors");
        Unsupported(() => Fused.TopKCrossEntropyLoss(k: 10).distributed(communicator), "largest");
        Unsupported(() => Fused.DiceTopKLoss().distributed(communicator), "largest");
        Unsupported(() => Fused.DiceLoss(reduction: nn.Reduction.None).distributed(communicator), "None");
        Unsupported(() => Fused.CrossEntropyLoss(reduction: nn.Reduction.None).distributed(communicator), "None");
    }

    private static void Fails(Communicator communicator, Action call, int rank, string named)
    {
        try
        {
            call();
        }
        catch (FailedRankException exception)
        {
            RankProgram.Require(
                exception.rank == rank && exception.Message.Contains($"Rank {rank} of {communicator.size}", StringComparison.Ordinal)
                && exception.Message.Contains(named, StringComparison.Ordinal),
                $"an error that names rank {rank} and {named}: {exception.Message}");
            return;
        }

        RankProgram.Require(false, $"an error that names rank {rank} and {named}");
    }

    private static void Unsupported(Action call, string named)
    {
        try
        {
            call();
        }
        catch (NotSupportedException exception) when (exception.Message.Contains(named, StringComparison.Ordinal))
        {
            return;
        }

        RankProgram.Require(false, $"not supported: {named}");
    }
}
