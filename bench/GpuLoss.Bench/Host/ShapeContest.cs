using GpuLoss.Cli.Benchmarking;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Bench.Host;

/// <summary>
/// Volumes of regions and of lesions, and everybody who computes a loss of shapes and its gradient on it. Its logits are those of a network
/// that has learnt some: the classes stand out, and neighbours are alike.
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

    /// <summary>Blob loss of Dice of some thirty lesions of one class.</summary>
    public const string Blob = "blob";

    /// <summary>The same by one mask after another.</summary>
    public const string EagerBlob = "eager-blob";

    private const int Iterations = 10;
    private const double LargestDifference = 1e-4;

    private readonly DisposeScope scope = torch.NewDisposeScope();
    private readonly Dictionary<string, Action> runs;
    private readonly Dictionary<string, (Func<Tensor, Tensor> Loss, Tensor Logits)> losses;

    public ShapeContest(LogitsCase @case)
    {
        var (classes, side) = @case;
        torch.manual_seed(1);
        var smooth = torch.nn.functional.avg_pool3d(torch.randn([1, classes, side + 4, side + 4, side + 4]), [5, 5, 5], [1, 1, 1]);
        var target = smooth.argmax(1);
        var logits = (30 * smooth + torch.randn_like(smooth)).requires_grad_(true);
        var mask = target.eq(1).unsqueeze(1);
        var lesions = Lesions(side);
        var lesionLogits = (torch.randn([1, 2, side, side, side]) + torch.stack([torch.zeros_like(lesions), lesions], 1)).requires_grad_(
            true);
        var blobs = nn.functional.connected_components(lesions.unsqueeze(1)).select(1, 0);
        var blobLoss = nn.BlobLoss(nn.DiceLoss(include_background: false));
        losses = new()
        {
            [Lovasz] = (x => nn.functional.lovasz_softmax_loss(x, target), logits),
            [EagerLovasz] = (x => ShapePeers.LovaszSoftmax(x, target), logits),
            [Centerline] = (x => nn.functional.soft_cldice_loss(x, target, Iterations), logits),
            [EagerCenterline] = (x => ShapePeers.CenterlineDice(x, target, Iterations), logits),
            [Boundary] = (x => nn.functional.boundary_loss(x, target), logits),
            [Hausdorff] = (x => nn.functional.hausdorff_dt_loss(x, target), logits),
            [Blob] = (x => blobLoss.forward(x, lesions), lesionLogits),
            [EagerBlob] = (x => ShapePeers.BlobDice(x, lesions, blobs), lesionLogits),
        };
        runs = losses.ToDictionary(loss => loss.Key, loss => RunOf(loss.Value.Loss, loss.Value.Logits));
        runs[Distance] = () => nn.functional.distance_transform_edt(mask).Dispose();
    }

    /// <summary>Everybody's name.</summary>
    public static IReadOnlyList<string> Names { get; } = [Distance, Boundary, Hausdorff, Lovasz, EagerLovasz, Centerline, EagerCenterline,
        Blob, EagerBlob];

    /// <summary>What a contestant does in one run.</summary>
    public Action RunOf(string name) => runs[name];

    /// <summary>A time means nothing if the answer is another one.</summary>
    /// <exception cref="InvalidOperationException">Two contestants disagree.</exception>
    public void Check()
    {
        CheckEqual(Lovasz, EagerLovasz);
        CheckEqual(Centerline, EagerCenterline);
        CheckEqual(Blob, EagerBlob);
    }

    public void Dispose() => scope.Dispose();

    private static Action RunOf(Func<Tensor, Tensor> loss, Tensor logits) => () =>
    {
        using var run = torch.NewDisposeScope();
        torch.autograd.grad([loss(logits)], [logits]);
    };

    private float ValueOf(string name) => losses[name].Loss(losses[name].Logits).item<float>();

    /// <summary>Balls of a radius of 2 to 5 voxels, one for 40³ voxels and 8 at least: class indices.</summary>
    private static Tensor Lesions(int side)
    {
        var axis = torch.arange(side, dtype: torch.ScalarType.Float32);
        var lesions = torch.zeros([1, side, side, side], dtype: torch.ScalarType.Bool);
        var random = new Random(2);
        for (var ball = 0; ball < Math.Max(8, side * side * side / 64_000); ball++)
        {
            var (x, y, z, radius) = (random.Next(side), random.Next(side), random.Next(side), 2 + random.Next(4));
            lesions |= (axis - x).square().reshape([1, -1, 1, 1]) + (axis - y).square().reshape([1, 1, -1, 1])
                + (axis - z).square().reshape([1, 1, 1, -1])
                <= radius * radius;
        }

        return lesions.to_type(torch.ScalarType.Int64);
    }

    private void CheckEqual(string first, string second)
    {
        using var run = torch.NewDisposeScope();
        var (ours, theirs) = (ValueOf(first), ValueOf(second));
        if (!(Math.Abs(ours - theirs) < LargestDifference * Math.Abs(theirs)))
            throw new InvalidOperationException($"{first} and {second} differ: {ours} and {theirs}.");
    }
}
