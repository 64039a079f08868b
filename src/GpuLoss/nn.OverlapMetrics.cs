using GpuLoss.Autograd;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss;

public static partial class nn
{
    /// <summary>How good a segmentation is, per sample and class, from the same pass over the logits as its loss. Without a
    /// graph.</summary>
    public sealed class OverlapMetrics : IDisposable
    {
        private OverlapMetrics(Tensor soft_dice, Tensor hard_dice) => (this.soft_dice, this.hard_dice) = (soft_dice, hard_dice);

        /// <summary>2·I / (P + T) of the predictions, float64 [N, C]; NaN where a class is neither there nor predicted.</summary>
        public Tensor soft_dice { get; }

        /// <summary>
        /// 2·I / (P + T) of the decisions, float64 [N, C]: the class with the largest logit, the first of equal ones; with the sigmoid,
        /// every class whose p is more than a half. NaN where a class is neither there nor decided for.
        /// </summary>
        public Tensor hard_dice { get; }

        /// <inheritdoc/>
        public void Dispose()
        {
            soft_dice.Dispose();
            hard_dice.Dispose();
        }

        internal static OverlapMetrics From(LossStatistics statistics, LossCall call)
        {
            using var scope = torch.NewDisposeScope();
            using var noGraph = torch.no_grad();
            var (samples, classes) = (call.Problem.Shape.Samples, call.Problem.Shape.Classes);
            var rows = statistics.Clone(call.Problem.Rows);
            Tensor Dice(int sum)
            {
                var row = rows.narrow(0, sum * samples, samples);
                var (intersection, extent) =
                    (row.narrow(1, 0, classes), row.narrow(1, classes, classes) + row.narrow(1, 2 * classes, classes));
                return (2 * intersection / extent).MoveToOuterDisposeScope();
            }

            return new(Dice(call.Plan.SoftSum), Dice(call.Plan.HardSum));
        }
    }
}
