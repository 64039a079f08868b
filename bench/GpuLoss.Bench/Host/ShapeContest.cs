using GpuLoss.Cli.Benchmarking;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Bench.Host;

/// <summary>
/// A volume of balls and tubes, and everybody who computes a loss of shapes and its gradient on it. Its logits are those of a network that has learnt some: the
/// classes stand out, and neighbours are alike.
/// </summary>
internal sealed class ShapeContest : IDisposable
{
    /// <summary>The distance transform of one class.</summary>
    public const string Distance = "edt";

    /// <summary>Lovász-softmax.</summary>
    public const string Lovasz = "lovasz";

    /// <summary>Lovász-softmax by torch's sort.</summary>
    public const string EagerLovasz = "eager-lovasz";

    /// <summary>Centerline Dice of ten iterations.</summary>
    public const string Centerline = "cldice-10";

    /// <summary>The same by torch's pooling.</summary>
    public const string EagerCenterline = "eager-cldice-10";

    /// <summary>Boundary loss.</summary>
    public const string Boundary = "boundary";

    /// <summary>Hausdorff loss.</summary>
    public const string Hausdorff = "hausdorff";

    private const int Iterations = 10;
    private const double LargestDifference = 1e-4;

    private readonly DisposeScope scope = torch.NewDisposeScope();
    private readonly Tensor logits;
    private readonly Dictionary<string, Action> runs;
    private readonly Dictionary<string, Func<Tensor, Tensor>> losses;

    public ShapeContest(LogitsCase @case)
    {
        var (classes, side) = @case;
        torch.manual_seed(1);
        var smooth = torch.nn.functional.avg_pool3d(torch.randn([1, classes, side + 4, side + 4, side + 4]), [5, 5, 5], [1, 1, 1]);
        var target = smooth.argmax(1);
        logits = (30 * smooth + torch.randn_like(smooth)).requires_grad_(true);
        var mask = target.eq(1).unsqueeze(1);
        losses = new()
        {
            [Lovasz] = x => nn.functional.lovasz_softmax_loss(x, target),
            [EagerLovasz] = x => ShapePeers.LovaszSoftmax(x, target),
            [Centerline] = x => nn.functional.soft_cldice_loss(x, target, Iterations),
            [EagerCenterline] = x => ShapePeers.CenterlineDice(x, target, Iterations),
            [Boundary] = x => nn.functional.boundary_loss(x, target),
            [Hausdorff] = x => nn.functional.hausdorff_dt_loss(x, target),
        };
        runs = losses.ToDictionary(loss => loss.Key, loss => RunOf(loss.Value));
        runs[Distance] = () => nn.functional.distance_transform_edt(mask).Dispose();
    }

    /// <summary>Everybody's name.</summary>
    public static IReadOnlyList<string> Names { get; } = [Distance, Boundary, Hausdorff, Lovasz, EagerLovasz, Centerline, EagerCenterline];

    /// <summary>What a contestant does in one run.</summary>
    public Action RunOf(string name) => runs[name];

    /// <summary>A time means nothing if the answer is another one.</summary>
    /// <exception cref="InvalidOperationException">Two contestants disagree.</exception>
    public void Check()
    {
        CheckEqual(Lovasz, EagerLovasz);
        CheckEqual(Centerline, EagerCenterline);
    }

    public void Dispose() => scope.Dispose();

    private Action RunOf(Func<Tensor, Tensor> loss) => () =>
    {
        using var run = torch.NewDisposeScope();
        torch.autograd.grad([loss(logits)], [logits]);
    };

    private void CheckEqual(string first, string second)
    {
        using var run = torch.NewDisposeScope();
        var (ours, theirs) = (losses[first](logits).item<float>(), losses[second](logits).item<float>());
        if (!(Math.Abs(ours - theirs) < LargestDifference * Math.Abs(theirs)))
            throw new InvalidOperationException($"{first} and {second} differ: {ours} and {theirs}.");
    }
}
