using System.Globalization;
using System.Text;
using GpuLoss.Kernels.Host;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Bench;

/// <summary>
/// Dice + cross-entropy, forward and gradient, on the CPU: the fused loss against torch's own operations in one process, alternating.
/// </summary>
internal static class HostComparison
{
    private const int Rounds = 15;
    private const double LargestDifference = 1e-5;

    private static readonly (int Classes, int Side)[] Cases = [(2, 128), (3, 64), (4, 96), (4, 128), (14, 96)];

    /// <summary>Runs all cases, prints the table and writes it to <paramref name="folder"/>.</summary>
    public static void Run(string folder)
    {
        var table = new StringBuilder();
        table.AppendLine(CultureInfo.InvariantCulture, $"Dice + cross-entropy, forward + gradient, float32 logits [1, C, S, S, S], int64 labels.");
        table.AppendLine(CultureInfo.InvariantCulture,
            $"Medians of {Rounds} alternating rounds in ms; {torch.get_num_threads()} threads, {HostEngine.WidestRegisters}, torch {torch.__version__}, {DateTime.UtcNow:yyyy-MM-dd}.");
        table.AppendLine();
        table.AppendLine("| C | S | fused | eager, scatter | eager, one_hot | torch cross_entropy alone | eager / fused | cross_entropy / fused |");
        table.AppendLine("|---|---|---|---|---|---|---|---|");
        foreach (var (classes, side) in Cases)
            table.AppendLine(Row(classes, side));
        Console.Write(table);
        Directory.CreateDirectory(folder);
        var file = Path.Combine(folder, "host.md");
        File.WriteAllText(file, table.ToString());
        Console.WriteLine($"\nWritten to {file}");
    }

    private static string Row(int classes, int side)
    {
        using var scope = torch.NewDisposeScope();
        torch.manual_seed(1);
        var logits = torch.randn([1, classes, side, side, side]).requires_grad_(true);
        var target = torch.randint(classes, [1, side, side, side], dtype: torch.ScalarType.Int64);
        using var criterion = nn.DiceCELoss();
        CheckEqual(criterion.forward, logits, target);

        var medians = AlternatingRunner.Medians(
            Rounds,
            () => Gradient(criterion.forward, logits, target),
            () => Gradient(Peers.DiceCEByScatter, logits, target),
            () => Gradient(Peers.DiceCEByOneHot, logits, target),
            () => Gradient(Peers.CrossEntropy, logits, target));
        var eager = Math.Min(medians[1], medians[2]);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {classes} | {side} | {medians[0]:F2} | {medians[1]:F1} | {medians[2]:F1} | {medians[3]:F2} | {eager / medians[0]:F1} | {medians[3] / medians[0]:F1} |");
    }

    private static void Gradient(Func<Tensor, Tensor, Tensor> loss, Tensor logits, Tensor target)
    {
        using var scope = torch.NewDisposeScope();
        torch.autograd.grad([loss(logits, target)], [logits]);
    }

    /// <summary>A time means nothing if the answer is another one.</summary>
    private static void CheckEqual(Func<Tensor, Tensor, Tensor> fused, Tensor logits, Tensor target)
    {
        using var scope = torch.NewDisposeScope();
        var (ours, theirs) = (fused(logits, target), Peers.DiceCEByOneHot(logits, target));
        var ourGradient = torch.autograd.grad([ours], [logits])[0];
        var theirGradient = torch.autograd.grad([theirs], [logits])[0];
        var loss = Math.Abs(ours.item<float>() - theirs.item<float>()) / Math.Abs(theirs.item<float>());
        var gradient = ((ourGradient - theirGradient).abs().max() / theirGradient.abs().max()).item<float>();
        if (!(loss < LargestDifference && gradient < LargestDifference))
            throw new InvalidOperationException($"The losses differ: {loss:E1} in value, {gradient:E1} in gradient.");
    }
}
