using System.Globalization;

namespace DistributedTests.Ranks;

/// <summary>Fifty steps with the same batches, spread over any number of ranks, are the same training.</summary>
internal static class TrainingChecks
{
    private const int Steps = 50;
    private const int Samples = 4;

    public static void Run(Communicator communicator)
    {
        random.manual_seed(100
            + communicator.rank); // ranks start from different weights, and rank 0's of all numbers of ranks are the same
        using var network = nn.Sequential(
            ("first", nn.Conv3d(1, 6, 3, padding: 1)), ("norm", nn.InstanceNorm3d(6, affine: true)), ("relu", nn.ReLU()),
            ("last", nn.Conv3d(6, 3, 1)));
        var parallel = new DistributedDataParallel(network, communicator, bucket_elements: 170);
        using var criterion = Fused.DiceCELoss(batch: true, include_background: false).distributed(communicator);
        using var optimizer = optim.Adam(network.parameters(), 0.01);
        using var generator = new Generator(3);
        List<double> losses = [];
        for (var step = 0; step < Steps; step++)
        {
            using var scope = NewDisposeScope();
            var images = randn([Samples, 1, 6, 6, 6], generator: generator);
            var labels = (images.squeeze(1) > 0.3).to_type(ScalarType.Int64) + (images.squeeze(1) > 1).to_type(ScalarType.Int64);
            var (begin, end) = (Samples * communicator.rank / communicator.size, Samples * (communicator.rank + 1) / communicator.size);
            var loss = criterion.forward(network.forward(images.narrow(0, begin, end - begin)), labels.narrow(0, begin, end - begin));
            optimizer.zero_grad();
            loss.backward();
            parallel.all_reduce_gradients();
            optimizer.step();
            losses.Add(loss.item<float>());
        }

        RankProgram.Require(losses[^1] < 0.7 * losses[0], $"the loss falls: from {losses[0]} to {losses[^1]}");
        foreach (var parameter in network.parameters())
        {
            using var all = communicator.all_gather(parameter.detach());
            RankProgram.Require(all.eq(all[0]).all().item<bool>(), "ranks end with the same parameters");
        }

        RankProgram.Say(communicator,
            $"losses {string.Join(' ', losses.Select(loss => loss.ToString("R", CultureInfo.InvariantCulture)))}");
    }
}
