using System.Diagnostics;
using System.Globalization;
using GpuLoss.Distributed;
using TorchSharp;
using static TorchSharp.torch;
using Loss = TorchSharp.Loss<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;

namespace GpuLoss.Bench.Distributed;

/// <summary>One rank of <see cref="DistributedCommand"/>. The first prints a row.</summary>
internal static class DistributedRank
{
    public const string Verb = "as-rank";
    public const int Side = 64;
    public const int Rounds = 30;

    private const int Classes = 4;
    private const int RoundsToWarmUp = 5;

    public static int Run(string[] what)
    {
        if (what.Length > 0)
            throw new ArgumentException($"A rank takes no arguments, not {string.Join(' ', what)}.", nameof(what));
        set_num_threads(1);
        var ranks = Communicator.world;
        random.manual_seed(ranks.rank);
        using var logits = randn([1, Classes, Side, Side, Side]).requires_grad_(true);
        using var labels = randint(0, Classes, [1, Side, Side, Side]);
        using var local = nn.DiceCELoss(include_background: false, batch: true);
        using var over = nn.DiceCELoss(include_background: false, batch: true).distributed(ranks);
        using var sums = zeros([1, Classes]);

        (string Name, Action Run)[] contestants =
        [
            ("local", () => Step(local)), ("over ranks", () => Step(over)), ("as nnU-Net", Exchange),
        ];
        var times = contestants.Select(_ => new List<double>()).ToArray();
        var counts = new (long Messages, long Bytes)[contestants.Length];
        for (var round = -RoundsToWarmUp; round < Rounds; round++)
        {
            for (var i = 0; i < contestants.Length; i++)
            {
                ranks.barrier();
                var (messages, bytes) = (ranks.messages, ranks.bytes_received);
                var begin = Stopwatch.GetTimestamp();
                contestants[i].Run();
                if (round >= 0)
                    times[i].Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
                counts[i] = (ranks.messages - messages, ranks.bytes_received - bytes);
            }
        }

        var medians = times.Select(all => all.Order().ElementAt(all.Count / 2)).ToArray();
        if (ranks.rank == 0)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {medians[0]:F2} | {medians[1]:F2} | {medians[1] - medians[0]:F2} | {counts[1].Messages} | {counts[1].Bytes} | "
                + $"{medians[2]:F2} | {counts[2].Messages} | {counts[2].Bytes} |"));
        }

        return 0;

        void Step(Loss criterion)
        {
            using var scope = NewDisposeScope();
            logits.grad = null;
            criterion.forward(logits, labels).backward();
        }

        // I, P and T are gathered forward, and the gradient of what was gathered is added up backward.
        void Exchange()
        {
            for (var i = 0; i < 3; i++)
            {
                using var all = ranks.all_gather(sums);
                ranks.all_reduce(all);
            }
        }
    }
}
