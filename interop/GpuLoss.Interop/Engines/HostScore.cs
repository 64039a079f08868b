using GpuLoss.Kernels.Objective;

namespace GpuLoss.Interop.Engines;

/// <summary>Doubles in host memory, for <see cref="Score"/>.</summary>
internal readonly unsafe struct HostScoreInput(double* values) : IScoreInput
{
    public double Read(long index) => values[index];
}

/// <summary>The gradient of a loss in host memory, float32 or float64, for <see cref="Score"/>.</summary>
internal readonly unsafe struct HostScoreGradient(void* values, bool isDouble) : IScoreInput
{
    public double Read(long index) => isDouble ? ((double*)values)[index] : ((float*)values)[index];
}

/// <summary>The values of a loss in host memory, float32 or float64, for <see cref="Score"/>.</summary>
internal readonly unsafe struct HostScoreValues(void* values, bool isDouble) : IScoreValues
{
    public void Write(long index, double value)
    {
        if (isDouble)
            ((double*)values)[index] = value;
        else
            ((float*)values)[index] = (float)value;
    }
}

/// <summary>Coefficients in host memory, for <see cref="Score"/>.</summary>
internal readonly unsafe struct HostScoreOutput(ClassCoefficients* values) : IScoreOutput
{
    public void Write(long index, ClassCoefficients coefficients) => values[index] = coefficients;
}

/// <summary>The team of one that evaluates <see cref="Score"/> on the host.</summary>
internal readonly struct HostScoreTeam : IScoreTeam
{
    public int Rank => 0;

    public int Size => 1;

    public double Sum(double value) => value;

    public double Max(double value) => value;
}
