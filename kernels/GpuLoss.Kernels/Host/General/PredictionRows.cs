namespace GpuLoss.Kernels.Host.General;

/// <summary>The predictions of a block: what <see cref="Objective.Prediction{TReal}"/> holds, a row per class each.</summary>
/// <param name="values">p.</param>
/// <param name="rests">1 - p.</param>
/// <param name="surprises">-ln p.</param>
/// <param name="restSurprises">-ln(1 - p).</param>
internal readonly struct PredictionRows(ClassRows values, ClassRows rests, ClassRows surprises, ClassRows restSurprises)
{
    /// <summary>The sets of rows.</summary>
    public const int Sets = 4;

    public readonly ClassRows Values = values;

    public readonly ClassRows Rests = rests;

    public readonly ClassRows Surprises = surprises;

    public readonly ClassRows RestSurprises = restSurprises;
}
