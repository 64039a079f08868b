using GpuLoss.Interop.Engines;
using GpuLoss.Interop.Torch;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Autograd;

/// <summary>A loss that the general passes have reduced.</summary>
/// <param name="call">The call.</param>
/// <param name="inputs">What it read.</param>
/// <param name="plan">The sums.</param>
/// <param name="statistics">What Reduce found.</param>
/// <param name="isPart">Whether these statistics are those of a whole of which the inputs are a part.</param>
internal sealed class ComputedGeneral(GeneralCall call, GeneralInputs inputs, Tensor plan, LossStatistics statistics, bool isPart) : IComputedLoss, IDisposable
{
    private readonly List<Tensor> shares = [];

    /// <inheritdoc/>
    public Tensor Value { get; private set; } = null!;

    /// <inheritdoc/>
    public IEnumerable<Tensor> Saved
    {
        get
        {
            List<Tensor> saved = [inputs.Target, plan];
            if (inputs.Mask is { } mask)
                saved.Add(mask);
            if (statistics.OnDevice is { } sums)
                saved.Add(sums);
            saved.AddRange(shares);
            foreach (var term in call.Terms)
                saved.Add(term.Weights.For(inputs.Logits.device, call.Problem.Shape.Classes));
            return saved;
        }
    }

    /// <inheritdoc/>
    public IKeptLoss Keep() => new KeptGeneral(call, statistics.OnHost, inputs.Mask is not null, shares.Count);

    /// <summary>Computes <see cref="Value"/>.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="values">The unreduced voxel term, or null.</param>
    public void Evaluate(ILossEngine engine, Tensor? values)
    {
        Value = call.Output switch
        {
            GeneralOutput.Values => values!,
            GeneralOutput.Statistics => statistics.Clone(call.Rows),
            _ => Loss(engine, values),
        };
    }

    /// <summary>Releases what backward has its own handles of by now.</summary>
    public void Dispose() => shares.ForEach(share => share.Dispose());

    /// <summary>The weighted sum of the terms.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="call">The call.</param>
    /// <param name="statistics">The statistics of all sums.</param>
    /// <param name="device">Where they are.</param>
    /// <param name="ofVoxels">The mean of the largest percentage of the voxel terms, before its factor.</param>
    public static Tensor Sum(
        ILossEngine engine, GeneralCall call, LossStatistics statistics, torch.Device device, Func<PlannedTerm, double, Tensor>? ofVoxels)
    {
        using var scope = torch.NewDisposeScope();
        using var noGraph = torch.no_grad();
        using var pinned = statistics.Pin();
        Tensor? total = null;
        foreach (var term in call.Terms)
        {
            var value = FusedLoss.ValueTensor(term.Definition, call.ScoredShape, call.Problem.Logits, device);
            if (term.TopPercent is { } percent)
            {
                value.copy_(ofVoxels!(term, percent));
            }
            else
            {
                var sums = pinned.Address + (nint)(term.Sum * call.StatisticsOfSum * sizeof(double));
                engine.ScoreTotals(
                    call.ProblemOf(term.Definition), TensorMemory.AddressOf(term.Weights.For(device, call.Problem.Shape.Classes)), sums, sums,
                    TensorMemory.AddressOf(value));
            }

            value.mul_(term.Factor);
            total = total is null ? value : total.add_(value);
        }

        return total!.MoveToOuterDisposeScope();
    }

    private Tensor Loss(ILossEngine engine, Tensor? values) => Sum(engine, call, statistics, inputs.Logits.device, (term, percent) =>
    {
        if (isPart)
            throw new NotSupportedException("The largest voxels of a whole cannot be told from the sums of its parts.");
        var (mean, share) = TopVoxels.Select(values!, percent);
        shares.Add(share.mul_(term.Definition.CrossEntropyScale).DetachFromDisposeScope());
        return mean.mul_(term.Definition.CrossEntropyScale);
    });
}
