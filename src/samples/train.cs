#!/usr/bin/env dotnet
// A training loop: a small network learns to tell three tissues apart in noise. dotnet run src/samples/train.cs
#:project ../GpuLoss/GpuLoss.csproj
#:property UsesNativeTorch=true

using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;

manual_seed(1);
using var labels = Shells(32);
using var images = labels.to_type(ScalarType.Float32).unsqueeze(1) + 0.3 * randn([2, 1, 32, 32, 32]);

using var network = nn.Sequential(nn.Conv3d(1, 8, 3, padding: 1), nn.ReLU(), nn.Conv3d(8, 8, 3, padding: 1), nn.ReLU(), nn.Conv3d(8, 3, 1));
using var optimizer = optim.Adam(network.parameters(), lr: 0.02);
using var criterion = Fused.DiceCELoss(include_background: false, batch: true);

for (var step = 0; step < 60; step++)
{
    using var scope = NewDisposeScope();
    var logits = network.forward(images);
    var (loss, metrics) = criterion.forward_with_metrics(logits, labels);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    if (step % 20 == 0)
        Console.WriteLine($"step {step,2}: loss {loss.item<float>():F3}, Dice {Show(metrics.hard_dice)}");
    metrics.Dispose();
}

using (no_grad())
{
    var (_, metrics) = criterion.forward_with_metrics(network.forward(images), labels);
    Console.WriteLine($"at the end: Dice {Show(metrics.hard_dice)}");
    if (metrics.hard_dice.min().item<double>() < 0.9)
        throw new InvalidOperationException("The network has not learned the tissues.");
}

static string Show(Tensor dice) => string.Join(", ", dice.mean([0]).data<double>().Select(value => value.ToString("F3")));

// Two spheres in one another: labels [2, side, side, side] of 0, 1 and 2.
static Tensor Shells(int side)
{
    using var scope = NewDisposeScope();
    var axis = linspace(-1, 1, side);
    var radius = (axis.square().view(-1, 1, 1) + axis.square().view(1, -1, 1) + axis.square().view(1, 1, -1)).sqrt();
    var sphere = (radius < 0.8).to_type(ScalarType.Int64) + (radius < 0.5).to_type(ScalarType.Int64);
    return stack([sphere, sphere.roll([4], [0])]).MoveToOuterDisposeScope();
}
