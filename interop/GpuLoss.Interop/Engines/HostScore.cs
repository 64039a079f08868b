using GpuLoss.Kernels.Objective;

namespace GpuLoss.Interop.Engines;

/// <summary>Doubles in host memory, for <see cref="Score"/>.</summary>
internal readonly unsafe struct HostScoreInput(double* values) : IScoreInput
{
    public double Read(long index) => values[index];
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
