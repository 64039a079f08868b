using System.Security.Cryptography;
using GpuLoss.Modules;

namespace DistributedTests.Ranks;

/// <summary>The loss over ranks is that of one process with the whole batch, and so is the gradient.</summary>
internal static class LossChecks
{
    public static void Run(Communicator communicator)
    {
        List<byte> values = [];
        List<byte[]> gradients = [];
        foreach (var loss in LossCase.All)
        {
            foreach (var (samples, type, hasMask) in new[]
            {
                (5, ScalarType.Float64, false), (5, ScalarType.Float64, true), (5, ScalarType.Float32, false),
                (1, ScalarType.Float64, false),
            })
            {
                using var scope = NewDisposeScope();
                Check(communicator, loss, Batch.Draw(samples, type, loss.Target, hasMask), values, gradients);
            }
        }

        AgainstFormulas(communicator);
        DeepSupervision(communicator);
        RankProgram.Say(communicator, $"bits {Hash(communicator, values, gradients)}");
    }

    private static void Check(Communicator communicator, LossCase loss, Batch whole, List<byte> values, List<byte[]> gradients)
    {
        using var local = loss.Create();
        using var over = loss.Over(communicator);
        var allLogits = whole.Logits.detach().clone().requires_grad_(true);
        var expected = Forward(local, whole with { Logits = allLogits });
        (expected * 3).backward();

        var part = whole.Of(communicator);
        var logits = part.Logits.detach().clone().requires_grad_(true);
        var value = part.Mask is null ? over.forward(logits, part.Target) : over.forward(logits, part.Target, part.Mask);
        (value * 3).backward();

        var tolerance = whole.Logits.dtype == ScalarType.Float64 ? 1e-12 : 1e-6;
        var what = $"{loss.Name} {whole.Logits.dtype} {(whole.Mask is null ? "" : "weighted ")}of {whole.Logits.shape[0]}";
        var (found, right) = (value.to_type(ScalarType.Float64).item<double>(), expected.to_type(ScalarType.Float64).item<double>());
        RankProgram.Require(Math.Abs(found - right) <= tolerance * Math.Abs(right), $"{what}: {found:R} is {right:R}");
        var isAllIgnored = loss.Target == Targets.OneSampleIgnored && whole.Logits.shape[0] == 1;
        RankProgram.Require(isAllIgnored == (right == 0), $"{what}: a loss of {right:R}");

        var begin = whole.Logits.shape[0] * communicator.rank / communicator.size;
        var ofPart = allLogits.grad!.narrow(0, begin, logits.shape[0]);
        var largest = allLogits.grad.abs().max().to_type(ScalarType.Float64).item<double>();
        var error = logits.shape[0] == 0 ? 0 : (logits.grad! - ofPart).abs().max().to_type(ScalarType.Float64).item<double>();
        RankProgram.Require(
            isAllIgnored == (largest == 0) && error <= tolerance * largest, $"{what}: the gradient is off by {error:R} of {largest:R}");

        values.AddRange(value.bytes.ToArray());
        gradients.Add(logits.shape[0] == 0 ? [] : logits.grad!.bytes.ToArray());
    }

    /// <summary>A hash of the values and of the gradients of all samples, in their order, which does not depend on who had which.</summary>
    private static string Hash(Communicator communicator, List<byte> values, List<byte[]> gradients)
    {
        var lengths = communicator.Gather<int>([.. gradients.Select(bytes => bytes.Length)]);
        var sizes = Enumerable.Range(0, communicator.size).Select(rank => lengths.Skip(rank * gradients.Count).Take(gradients.Count).Sum())
            .ToArray();
        var all = communicator.Gather<byte>(gradients.SelectMany(bytes => bytes).ToArray(), sizes);
        var places = lengths.Select((length, i) => (Case: i % gradients.Count, Rank: i / gradients.Count, Length: length)).ToArray();
        var begin = 0;
        var pieces = places.Select(place => (place.Case, place.Rank, Bytes: all[begin..(begin += place.Length)])).ToArray();
        return Convert.ToHexString(SHA256.HashData(
            [.. values, .. pieces.OrderBy(piece => (piece.Case, piece.Rank)).SelectMany(piece => piece.Bytes)]));
    }

    private static Tensor Forward(Loss<Tensor, Tensor, Tensor> loss, Batch batch) => (loss, batch.Mask) switch
    {
        (_, null) => loss.forward(batch.Logits, batch.Target),
        (FusedLossModule fused, { } mask) => fused.forward(batch.Logits, batch.Target, mask),
        (CompoundLoss compound, { } mask) => compound.forward(batch.Logits, batch.Target, mask),
        _ => throw new InvalidOperationException(),
    };

    /// <summary>Written with torch's operations: Dice pooled over the batch, and cross-entropy that divides by the weights of all
    /// ranks.</summary>
    private static void AgainstFormulas(Communicator communicator)
    {
        using var scope = NewDisposeScope();
        var whole = Batch.Draw(5, ScalarType.Float64, Targets.Labels, hasMask: false);
        var part = whole.Of(communicator);
        var p = whole.Logits.softmax(1);
        var t = nn.functional.one_hot(whole.Target, Batch.Classes).permute(0, 4, 1, 2, 3).to_type(ScalarType.Float64);
        long[] pooled = [0, 2, 3, 4];
        var dice = 1 - ((2 * (p * t).sum(pooled) + 1e-5) / (p.sum(pooled) + t.sum(pooled) + 1e-5)).mean();
        var weight = tensor([0.5, 2, 1, 3], dtype: ScalarType.Float64);
        var crossEntropy = nn.functional.cross_entropy(whole.Logits, whole.Target, weight);
        using var diceOver = Fused.DiceLoss(batch: true).distributed(communicator);
        using var crossEntropyOver = Fused.CrossEntropyLoss(weight: weight).distributed(communicator);
        Same(diceOver.forward(part.Logits, part.Target), dice, "Dice by its formula");
        Same(crossEntropyOver.forward(part.Logits, part.Target), crossEntropy, "torch's cross-entropy");
    }

    private static void DeepSupervision(Communicator communicator)
    {
        using var scope = NewDisposeScope();
        var whole = Batch.Draw(5, ScalarType.Float64, Targets.Labels, hasMask: true);
        var part = whole.Of(communicator);
        static List<Tensor> Outputs(Tensor logits) => [logits, logits.narrow(2, 0, 2).narrow(4, 0, 2)];
        using var local = Fused.DeepSupervisionLoss(Fused.DiceCELoss(batch: true), [1, 0.5]);
        using var over = Fused.DeepSupervisionLoss(Fused.DiceCELoss(batch: true), [1, 0.5]).distributed(communicator);
        Same(over.forward(Outputs(part.Logits), part.Target), local.forward(Outputs(whole.Logits), whole.Target), "deep supervision");
        Same(
            over.forward(Outputs(part.Logits), part.Target, part.Mask!), local.forward(Outputs(whole.Logits), whole.Target, whole.Mask!),
            "deep supervision with weights");
    }

    private static void Same(Tensor found, Tensor expected, string what)
    {
        var (one, other) = (found.item<double>(), expected.item<double>());
        RankProgram.Require(Math.Abs(one - other) <= 1e-12 * Math.Abs(other), $"{what}: {one:R} is {other:R}");
    }
}
