#!/usr/bin/env dotnet
// A volume in parts: the exact loss and gradient of a whole that does not fit into memory, from the sums of its slabs.
// dotnet run src/samples/parts.cs
#:project ../GpuLoss/GpuLoss.csproj
#:property UsesNativeTorch=true

using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;

manual_seed(6);
using var volume = randn([1, 1, 64, 32, 32]);
using var labels = (volume.squeeze(1) > 1).to_type(ScalarType.Int64);
using var network = nn.Conv3d(1, 2, 1);                                       // each voxel by itself, so that slabs need no overlap
using var criterion = Fused.GeneralizedDiceLoss();                            // no mean over slabs gives its value

var slabs = Enumerable.Range(0, 4).Select(i => (Image: volume.narrow(2, 16 * i, 16), Labels: labels.narrow(1, 16 * i, 16))).ToArray();

// First pass: the sums of every slab, without a graph.
var sums = slabs.Select(slab => { using (no_grad()) return criterion.statistics(network.forward(slab.Image), slab.Labels); }).ToArray();

// Second pass: each slab with the sums of the others. The gradients add up to the whole's.
float value = 0;
for (var i = 0; i < slabs.Length; i++)
{
    using var scope = NewDisposeScope();
    var others = sums.Where((_, j) => j != i).Aggregate((a, b) => a + b);
    var loss = criterion.forward(network.forward(slabs[i].Image), slabs[i].Labels, others);
    loss.backward();
    value = loss.item<float>();
}

using var inParts = network.weight.grad!.clone();
network.zero_grad();
using var whole = criterion.forward(network.forward(volume), labels);
whole.backward();

var error = (inParts - network.weight.grad!).abs().max().item<float>() / network.weight.grad!.abs().max().item<float>();
Console.WriteLine($"in parts {value:F7}, at once {whole.item<float>():F7}; "
    + $"gradients of the weights differ by {error:0.0e-0} of the largest");
if (Math.Abs(value - whole.item<float>()) > 1e-6 || error > 1e-5)
    throw new InvalidOperationException("The parts do not make the whole.");
