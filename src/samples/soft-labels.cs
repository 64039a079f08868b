#!/usr/bin/env dotnet
// Soft labels: which losses are smallest where the prediction is the target. dotnet run src/samples/soft-labels.cs
#:project ../GpuLoss/GpuLoss.csproj
#:property UsesNativeTorch=true

using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;
using Loss = TorchSharp.Loss<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;

const float Target = 0.6f;
Best("Dice, product", Fused.DiceLoss(activation: Fused.Activation.Sigmoid), expected: 0.99f);
Best("Dice, soft_label", Fused.DiceLoss(activation: Fused.Activation.Sigmoid, soft_label: true), expected: Target);
Best("binary cross-entropy", Fused.BCEWithLogitsLoss(), expected: Target);

// The prediction of 0.01, 0.02, … 0.99 with the lowest loss, of a volume whose voxels all have the target 0.6.
static void Best(string name, Loss criterion, float expected)
{
    using var target = full([1, 1, 4, 4, 4], Target);
    var best = Enumerable.Range(1, 99).Select(percent => percent / 100f).MinBy(p =>
    {
        using var logits = full([1, 1, 4, 4, 4], MathF.Log(p / (1 - p)));
        using var loss = criterion.forward(logits, target);
        return loss.item<float>();
    });
    criterion.Dispose();
    Console.WriteLine($"{name,-22} is smallest at p = {best:F2}");
    if (Math.Abs(best - expected) > 0.011)
        throw new InvalidOperationException($"{name} should be smallest at {expected}.");
}
