using System.Runtime.CompilerServices;
using GpuLoss.Modules;
using TorchSharp;
using static TorchSharp.torch;
using Fused = GpuLoss.nn;

namespace GpuLossTests;

/// <summary>Examples of the guide, word for word.</summary>
public class GuideTests
{
    [Fact]
    public void An_overlap_loss_of_ones_own_has_a_gradient_however_confident_the_network_is()
    {
        using var criterion = AsWritten(Fused.OverlapLoss((i, p, t) => (1 - (2 * i + 1) / (p + t + 1)).clamp_min(1e-6).pow(0.75).mean()));
        foreach (var certainty in new[] { -36f, 0, 1, 8, 36, 1e9f })
        {
            using var scope = NewDisposeScope();
            manual_seed(4);
            var target = randint(3, [2, 6, 7], dtype: ScalarType.Int64);
            var logits = (certainty * torch.nn.functional.one_hot(target, 3).permute(0, 3, 1, 2)).to_type(ScalarType.Float32)
                .requires_grad_(true);
            var loss = criterion.forward(logits, target);
            loss.backward();
            Assert.InRange(loss.item<float>(), 0, 1);
            Assert.True(logits.grad!.isfinite().all().item<bool>(), $"certainty {certainty}");
            Assert.Equal(certainty < 36, logits.grad!.abs().max().item<float>() > 0);
        }
    }

    /// <summary>The page on mixed precision: a scaled loss loses nothing to float16.</summary>
    [Fact]
    public void A_scaled_loss_keeps_the_gradients_that_float16_would_round_away()
    {
        using var scope = NewDisposeScope();
        manual_seed(5);
        var (start, labels) = (randn([1, 2, 64, 64, 64], ScalarType.Float16), randint(2, [1, 64, 64, 64], dtype: ScalarType.Int64));
        using var criterion = Fused.DiceCELoss();
        Tensor Gradient(ScalarType type, float scale)
        {
            var logits = start.to_type(type, copy: true).requires_grad_(true);
            (scale * criterion.forward(logits, labels)).backward();
            return logits.grad!.to_type(ScalarType.Float64) / scale;
        }

        var exact = Gradient(ScalarType.Float64, 1);
        double Error(float scale) =>
            ((Gradient(ScalarType.Float16, scale) - exact).abs() / exact.abs().clamp_min(1e-9)).max().item<double>();
        Assert.InRange(Error(1), 0.02, 1);
        Assert.InRange(Error(65536), 0, 6e-4); // half a unit of 11 bits is 4.9e-4
    }

    /// <summary>A value whose expression is in the guide, but for how its lines are broken.</summary>
    private static OverlapLoss AsWritten(OverlapLoss value, [CallerArgumentExpression(nameof(value))] string expression = "")
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "GpuLoss.sln")))
            folder = folder.Parent!;
        Assert.Contains($"using var criterion = {expression};",
            File.ReadAllText(Path.Combine(folder.FullName, "src/guide/your-own-loss.md")), StringComparison.Ordinal);
        return value;
    }
}
