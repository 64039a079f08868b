#!/usr/bin/env dotnet
// Deep supervision: one loss over the outputs of three resolutions, with nnU-Net's weights. dotnet run src/samples/deep-supervision.cs
#:project ../GpuLoss/GpuLoss.csproj
#:property UsesNativeTorch=true

using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;

manual_seed(4);
using var labels = (randn([1, 1, 8, 8, 8]) > 0.5).to_type(ScalarType.Int64)
    .repeat_interleave(4, 2).repeat_interleave(4, 3).repeat_interleave(4, 4);
using var images = labels.to_type(ScalarType.Float32) + 0.3 * randn(labels.shape);

using var network = new ThreeLevels();
using var optimizer = optim.Adam(network.parameters(), lr: 0.02);
using var criterion = Fused.DeepSupervisionLoss(Fused.DiceCELoss(batch: true), Fused.nnunet_supervision_weights(3));

var losses = new List<float>();
for (var step = 0; step < 40; step++)
{
    using var scope = NewDisposeScope();
    var loss = criterion.forward(network.forward(images), labels);            // labels of the finest level: others take the nearest voxel's
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    losses.Add(loss.item<float>());
}

Console.WriteLine($"weights {string.Join(", ", Fused.nnunet_supervision_weights(3))}: "
    + $"loss {losses[0]:F3} at first, {losses[^1]:F3} at the end");

// The sum is what it says it is.
using (no_grad())
{
    using var one = Fused.DiceCELoss(batch: true);
    var outputs = network.forward(images);
    // Labels come in cubes of 4 voxels: whichever of two neighbours is taken, it has the same one.
    var halved = nn.functional.max_pool3d(labels.to_type(ScalarType.Float32), [2, 2, 2]).to_type(ScalarType.Int64);
    var expected = (2 * one.forward(outputs[0], labels) + one.forward(outputs[1], halved)) / 3;
    var value = criterion.forward(outputs, labels);
    Console.WriteLine($"as one loss {value.item<float>():F6}, level by level {expected.item<float>():F6}");
    if (Math.Abs(value.item<float>() - expected.item<float>()) > 1e-6 || losses[^1] > 0.3 * losses[0])
        throw new InvalidOperationException("Deep supervision is not the sum of its levels, or did not learn.");
}

internal sealed class ThreeLevels : nn.Module<Tensor, IReadOnlyList<Tensor>>
{
    private readonly nn.Module<Tensor, Tensor> body = nn.Sequential(nn.Conv3d(1, 8, 3, padding: 1), nn.ReLU());
    private readonly nn.Module<Tensor, Tensor> fine = nn.Conv3d(8, 2, 1);
    private readonly nn.Module<Tensor, Tensor> half = nn.Sequential(nn.AvgPool3d(2), nn.Conv3d(8, 2, 1));
    private readonly nn.Module<Tensor, Tensor> quarter = nn.Sequential(nn.AvgPool3d(4), nn.Conv3d(8, 2, 1));

    public ThreeLevels() : base(nameof(ThreeLevels)) => RegisterComponents();

    public override IReadOnlyList<Tensor> forward(Tensor images)
    {
        var features = body.forward(images);
        return [fine.forward(features), half.forward(features), quarter.forward(features)];
    }
}
