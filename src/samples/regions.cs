#!/usr/bin/env dotnet
// Regions that overlap, as of a tumour: whole, core and enhancing part, each inside the one before. A sigmoid for every region, and a
// target with a number for every region instead of labels. dotnet run src/samples/regions.cs
#:project ../GpuLoss/GpuLoss.csproj
#:property UsesNativeTorch=true

using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;

manual_seed(3);
string[] names = ["whole", "core", "enhancing"];
using var target = Regions(32);                                               // Bool [2, 3, 32, 32, 32]
using var images = target.to_type(ScalarType.Float32).sum(1, keepdim: true) + 0.3 * randn([2, 1, 32, 32, 32]);
using var brain = ones([2, 1, 32, 32, 32], ScalarType.Bool);                  // a mask: only voxels of the brain count
brain[.., .., .., .., 28..] = zeros([2, 1, 32, 32, 4], ScalarType.Bool);

using var network = nn.Sequential(nn.Conv3d(1, 8, 3, padding: 1), nn.ReLU(), nn.Conv3d(8, 3, 3, padding: 1));
using var optimizer = optim.Adam(network.parameters(), lr: 0.02);
using var criterion = Fused.DiceBCELoss(batch: true);

for (var step = 0; step < 120; step++)
{
    using var scope = NewDisposeScope();
    var loss = criterion.forward(network.forward(images), target, brain);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
}

using (no_grad())
{
    var (loss, metrics) = criterion.forward_with_metrics(network.forward(images), target, brain);
    var dice = metrics.hard_dice.mean([0]).data<double>().ToArray();
    Console.WriteLine($"loss {loss.item<float>():F3}, Dice " + string.Join(", ", names.Zip(dice, (name, value) => $"{name} {value:F3}")));
    if (dice.Min() < 0.9)
        throw new InvalidOperationException("A region was not learned.");
}

static Tensor Regions(int side)
{
    using var scope = NewDisposeScope();
    var axis = linspace(-1, 1, side);
    var radius = (axis.square().view(-1, 1, 1) + axis.square().view(1, -1, 1) + axis.square().view(1, 1, -1)).sqrt();
    var regions = stack([radius < 0.8, radius < 0.6, radius < 0.4]);
    return stack([regions, regions.roll([3], [1])]).MoveToOuterDisposeScope();
}
