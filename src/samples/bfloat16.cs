#!/usr/bin/env dotnet
// Training in bfloat16 on the CPU: weights in float32, convolutions, logits and their gradients in bfloat16, the loss's sums in double.
// dotnet run src/samples/bfloat16.cs
#:project ../GpuLoss/GpuLoss.csproj
#:property UsesNativeTorch=true

using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;

manual_seed(7);
using var truth = (randn([2, 1, 6, 6, 6]) > 0.5).to_type(ScalarType.Int64)
    .repeat_interleave(4, 2).repeat_interleave(4, 3).repeat_interleave(4, 4);
using var images = truth.to_type(ScalarType.Float32) + 0.3 * randn(truth.shape);

var exact = Train(ScalarType.Float32);
var half = Train(ScalarType.BFloat16);
Console.WriteLine($"loss after 40 steps: {exact:F4} in float32, {half:F4} in bfloat16");
if (half > 0.2 || Math.Abs(half - exact) > 0.05)
    throw new InvalidOperationException("Training in bfloat16 ends elsewhere.");

float Train(ScalarType type)
{
    manual_seed(8);
    using var first = nn.Conv3d(1, 8, 3, padding: 1);
    using var last = nn.Conv3d(8, 2, 3, padding: 1);
    using var optimizer = optim.Adam([.. first.parameters(), .. last.parameters()], lr: 0.02);
    using var criterion = Fused.DiceCELoss(batch: true);
    var value = float.NaN;
    for (var step = 0; step < 40; step++)
    {
        using var scope = NewDisposeScope();
        var features = Convolve(images.to_type(type), first).relu();
        var logits = Convolve(features, last);                                // of the type asked for, and so is their gradient
        if (logits.dtype != type)
            throw new InvalidOperationException($"The logits are of type {logits.dtype}.");
        var loss = criterion.forward(logits, truth);                          // float32
        optimizer.zero_grad();
        loss.backward();                                                      // the optimizer sees float32 gradients
        optimizer.step();
        value = loss.item<float>();
    }

    return value;
}

// A layer in the type of its input. The conversion of the weights is an operation of the graph: their gradients come back in float32.
static Tensor Convolve(Tensor input, TorchSharp.Modules.Conv3d layer) =>
    nn.functional.conv3d(input, layer.weight.to_type(input.dtype), layer.bias!.to_type(input.dtype), padding: [1, 1, 1]);
