using CsCheck;
using GpuLoss.Modules;

namespace GpuLossTests;

/// <summary>A volume that is cut anywhere has the loss and the gradient of the whole, by the statistics of its parts.</summary>
public class PartTests : HostPath
{
    private const int Cases = 30;

    /// <summary>The losses that give their statistics.</summary>
    public static TheoryData<string> Losses
    {
        get
        {
            using var scope = NewDisposeScope();
            return [.. LossCatalogue.All.Where(loss => loss.Make(new(), 2) is FusedLossModule).Select(loss => loss.Name)];
        }
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void Statistics_of_parts_add_up(string name)
    {
        var loss = LossCatalogue.Of(name);
        Property.Holds(Gen.Select(VolumeCase.Plain, LossOptions.Any.Select(loss.Restrict), Gen.Double[0, 1]), Cases, drawn =>
        {
            var (volume, options, share) = drawn;
            var (logits, target) = (volume.Logits(), volume.Labels(options.Ignore));
            var voxels = logits.shape[2];
            var first = 1 + (long)(share * (voxels - 2));
            using var criterion = (FusedLossModule)loss.Make(options, volume.Classes);
            var whole = LossRun.Of(criterion.forward(logits, target), logits);
            foreach (var (start, length) in new[] { (0, first), (first, voxels - first) })
            {
                var (otherStart, otherLength) = start == 0 ? (first, voxels - first) : (0, first);
                var others = criterion.statistics(
                    logits.detach().narrow(2, otherStart, otherLength), target.narrow(1, otherStart, otherLength));
                var part = logits.detach().narrow(2, start, length).contiguous().requires_grad_(true);
                var run = LossRun.Of(criterion.forward(part, target.narrow(1, start, length), others), part);
                LossRun.AssertEqual(whole.Value, whole.Gradient.narrow(2, start, length), run, LossRun.Largest(whole.Gradient));
            }
        });
    }
}
