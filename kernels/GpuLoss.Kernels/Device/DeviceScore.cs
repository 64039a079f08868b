using GpuLoss.Kernels.Objective;
using ILGPU;

namespace GpuLoss.Kernels.Device;

/// <summary>
/// Score on the device: one block, in double, compiled without the fast approximations of the other kernels. The host is never waited for.
/// </summary>
internal static class DeviceScore
{
    /// <summary>Adds up the partial sums of Reduce, a warp per column, and evaluates the loss.</summary>
    /// <param name="partials">float64 [N, 3·C + 3, blocks].</param>
    /// <param name="weights">C class weights.</param>
    /// <param name="statistics">Receives float64 [N, 3·C + 3].</param>
    /// <param name="values">Receives the loss, or its values.</param>
    /// <param name="loss">The loss.</param>
    /// <param name="shape">The sizes.</param>
    /// <param name="blocks">The blocks of Reduce per sample.</param>
    public static void Loss<TTransform>(
        ArrayView<double> partials, ArrayView<double> weights, ArrayView<double> statistics, ArrayView<float> values, LossDefinition loss,
        LogitsShape shape, int blocks)
        where TTransform : struct, IOverlapTransform
    {
        var team = default(DeviceScoreTeam);
        var columns = shape.Samples * (long)new StatisticsLayout(shape.Classes).Stride;
        for (long column = Warp.WarpIdx; column < columns; column += Group.DimX / Warp.WarpSize)
        {
            var sum = 0.0;
            for (var block = team.Rank; block < blocks; block += team.Size)
                sum += partials[column * blocks + block];
            sum = team.Sum(sum);
            if (Warp.IsFirstLane)
                statistics[column] = sum;
        }

        Group.Barrier();
        if (Group.IdxX < Warp.WarpSize)
        {
            Score.Loss<DeviceScoreInput, DeviceScoreValues, DeviceScoreTeam, TTransform>(
                loss, shape, new DeviceScoreInput(statistics), new DeviceScoreInput(weights), new DeviceScoreValues(values), team);
        }
    }

    /// <summary>Computes the coefficients of Spread. Runs with one warp.</summary>
    /// <param name="statistics">float64 [N, 3·C + 3].</param>
    /// <param name="weights">C class weights.</param>
    /// <param name="lossGradient">The gradient with respect to the loss.</param>
    /// <param name="coefficients">Receives [N, C].</param>
    /// <param name="loss">The loss.</param>
    /// <param name="shape">The sizes.</param>
    public static void Gradient<TTransform>(
        ArrayView<double> statistics, ArrayView<double> weights, ArrayView<float> lossGradient, ArrayView<DeviceCoefficients> coefficients,
        LossDefinition loss, LogitsShape shape)
        where TTransform : struct, IOverlapTransform =>
            Score.VectorJacobian<DeviceScoreInput, DeviceScoreGradient, DeviceScoreOutput, DeviceScoreTeam, TTransform>(
            loss, shape, new DeviceScoreInput(statistics), new DeviceScoreInput(weights), new DeviceScoreGradient(lossGradient),
            new DeviceScoreOutput(coefficients), default(DeviceScoreTeam));
}

/// <summary>Doubles in device memory, for <see cref="Score"/>.</summary>
internal readonly struct DeviceScoreInput(ArrayView<double> values) : IScoreInput
{
    public double Read(long index) => values[index];
}

/// <summary>The gradient of a loss in device memory, for <see cref="Score"/>.</summary>
internal readonly struct DeviceScoreGradient(ArrayView<float> values) : IScoreInput
{
    public double Read(long index) => values[index];
}

/// <summary>The values of a loss in device memory, for <see cref="Score"/>.</summary>
internal readonly struct DeviceScoreValues(ArrayView<float> values) : IScoreValues
{
    public void Write(long index, double value) => values[index] = (float)value;
}

/// <summary>Coefficients in device memory, for <see cref="Score"/>.</summary>
internal readonly struct DeviceScoreOutput(ArrayView<DeviceCoefficients> values) : IScoreOutput
{
    public void Write(long index, ClassCoefficients coefficients) => values[index] = new DeviceCoefficients(coefficients);
}

/// <summary>The lanes of a warp. A butterfly gives all of them the same bits.</summary>
internal readonly struct DeviceScoreTeam : IScoreTeam
{
    public int Rank => Warp.LaneIdx;

    public int Size => Warp.WarpSize;

    public double Sum(double value)
    {
        for (var distance = Warp.WarpSize >> 1; distance > 0; distance >>= 1)
            value += Warp.ShuffleXor(value, distance);
        return value;
    }

    public double Max(double value)
    {
        for (var distance = Warp.WarpSize >> 1; distance > 0; distance >>= 1)
            value = Math.Max(value, Warp.ShuffleXor(value, distance));
        return value;
    }
}
