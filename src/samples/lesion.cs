#!/usr/bin/env dotnet
// One tiny lesion class: a single logit with the sigmoid, Dice + binary cross-entropy. dotnet run src/samples/lesion.cs
#:project ../GpuLoss/GpuLoss.csproj
#:property UsesNativeTorch=true

using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;

manual_seed(2);
const int Side = 32;
using var truth = zeros([2, Side, Side, Side], ScalarType.Byte);              // C = 1: labels are 0 and 1
truth[0, 5..9, 10..14, 20..23] = ones([4, 4, 3], ScalarType.Byte);            // 48 voxels of 32,768
truth[1, 24..28, 3..6, 9..12] = ones([4, 3, 3], ScalarType.Byte);             // 36
using var images = truth.to_type(ScalarType.Float32).unsqueeze(1) + 0.3 * randn([2, 1, Side, Side, Side]);

using var network = nn.Sequential(nn.Conv3d(1, 8, 3, padding: 1), nn.ReLU(), nn.Conv3d(8, 1, 3, padding: 1));
using var optimizer = optim.Adam(network.parameters(), lr: 0.02);
using var criterion = Fused.DiceBCELoss(batch: true);

for (var step = 0; step < 80; step++)
{
    using var scope = NewDisposeScope();
    var loss = criterion.forward(network.forward(images), truth);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    if (step % 20 == 0)
        Console.WriteLine($"step {step,2}: loss {loss.item<float>():F3}");
}

using (no_grad())
{
    var (_, metrics) = criterion.forward_with_metrics(network.forward(images), truth);
    var dice = metrics.hard_dice.mean().item<double>();
    Console.WriteLine($"Dice of the lesions, of 0.1 % of the voxels: {dice:F3}");
    if (dice < 0.9)
        throw new InvalidOperationException("The lesions were not found.");
}
