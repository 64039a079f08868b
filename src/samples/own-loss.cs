#!/usr/bin/env dotnet
// An overlap loss of one's own: a function of the sums I = Σ p·t, P = Σ p and T = Σ t, [N, C] each. dotnet run src/samples/own-loss.cs
#:project ../GpuLoss/GpuLoss.csproj
#:property UsesNativeTorch=true

using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;

manual_seed(5);

// Dice whose errors count less than proportionally. Without the clamp the slope at a perfect prediction would be infinite.
using var criterion = Fused.OverlapLoss((i, p, t) => (1 - (2 * i + 1) / (p + t + 1)).clamp_min(1e-6).pow(0.75).mean());

using var logits = randn([2, 3, 24, 24, 24], requires_grad: true);
using var labels = randint(3, [2, 24, 24, 24], dtype: ScalarType.Int64);
using var loss = criterion.forward(logits, labels);
loss.backward();

// The same from torch's operations, in float64.
using var reference = logits.detach().to_type(ScalarType.Float64).requires_grad_(true);
using var probabilities = reference.softmax(1);
using var truth = nn.functional.one_hot(labels, 3).permute(0, 4, 1, 2, 3).to_type(ScalarType.Float64);
long[] space = [2, 3, 4];
using var ratio = (2 * (probabilities * truth).sum(space) + 1) / (probabilities.sum(space) + truth.sum(space) + 1);
using var expected = (1 - ratio).clamp_min(1e-6).pow(0.75).mean();
expected.backward();

var error = ((logits.grad!.to_type(ScalarType.Float64) - reference.grad!).abs().max() / reference.grad!.abs().max()).item<double>();
Console.WriteLine($"own loss {loss.item<float>():F7}, torch's operations {expected.item<double>():F7}");
Console.WriteLine($"gradients differ by {error:0.0e-0} of the largest entry");
if (error > 1e-5 || Math.Abs(loss.item<float>() - expected.item<double>()) > 1e-6)
    throw new InvalidOperationException("The loss is not what it should be.");
