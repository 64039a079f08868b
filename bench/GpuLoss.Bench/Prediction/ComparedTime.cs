using GpuLoss.Bench.Gpu;
using GpuLoss.Cli.Benchmarking;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Bench.Prediction;

/// <summary>A prediction and the measurement that it is for.</summary>
/// <param name="PredictedUs">The prediction, in µs.</param>
/// <param name="Limit">What takes that long.</param>
/// <param name="MeasuredUs">The median that was measured.</param>
internal sealed record ComparedPass(double PredictedUs, string Limit, double MeasuredUs)
{
    /// <summary>How many times as long it took.</summary>
    public double Ratio => MeasuredUs / PredictedUs;
}

/// <summary>The predictions for a size of Dice + cross-entropy with int64 labels, and what was measured.</summary>
/// <param name="Case">Logits [1, C, S, S, S].</param>
/// <param name="Logits">Their type.</param>
/// <param name="Forward">Forward alone.</param>
/// <param name="Both">Forward and gradient: the sum of both predictions.</param>
internal sealed record ComparedTime(LogitsCase Case, LogitsType Logits, ComparedPass Forward, ComparedPass Both)
{
    /// <summary>Every size that was measured and predicted, for the GPU that it was measured on.</summary>
    /// <param name="predictions">The predictions, if there are any.</param>
    /// <param name="results">A run on a GPU.</param>
    public static IReadOnlyList<ComparedTime> Of(Predictions? predictions, GpuResults results)
    {
        if (predictions is null || results.Times?.Value is not { } times || GpuModel.Find(results.Machine.Gpu) is not { } gpu)
            return [];
        ModelTimes? Predicted(GpuTime time, string pass) => predictions.Passes
            .FirstOrDefault(one => one.Pass == pass && one.Case == PredictedCase.OfGpuCommand(time.Case, time.Logits))?.Times
            .FirstOrDefault(one => one.Gpu == gpu.Name);
        return
        [
            .. from time in times.Times
               let forward = Predicted(time, PassPrediction.Forward)
               let backward = Predicted(time, PassPrediction.Backward)
               where forward is not null && backward is not null
               let limit = forward.Limit == backward.Limit ? forward.Limit : $"{forward.Limit}, {backward.Limit}"
               select new ComparedTime(
                   time.Case, time.Logits, new(forward.PredictedUs, forward.Limit, 1e3 * time.Forward.MedianMs),
                   new(forward.PredictedUs + backward.PredictedUs, limit, 1e3 * time.Both.MedianMs)),
        ];
    }
}
