namespace GpuLoss.Kernels.Objective;

/// <summary>A row of doubles that <see cref="Score"/> reads, wherever it lies.</summary>
internal interface IScoreInput
{
    /// <summary>The value at <paramref name="index"/>.</summary>
    double Read(long index);
}

/// <summary>The values of a loss that <see cref="Score"/> writes, wherever they lie.</summary>
internal interface IScoreValues
{
    /// <summary>Writes the value at <paramref name="index"/>.</summary>
    void Write(long index, double value);
}

/// <summary>The coefficients that <see cref="Score"/> writes, wherever they lie.</summary>
internal interface IScoreOutput
{
    /// <summary>Writes the coefficients at <paramref name="index"/> = sample · C + class.</summary>
    void Write(long index, ClassCoefficients coefficients);
}

/// <summary>
/// The lanes that evaluate <see cref="Score"/> together. The host has one; a device has the lanes of a warp. Every lane calls
/// <see cref="Sum"/> and <see cref="Max"/> at the same places and gets the same bits back.
/// </summary>
internal interface IScoreTeam
{
    /// <summary>The number of this lane, from 0.</summary>
    int Rank { get; }

    /// <summary>The number of lanes.</summary>
    int Size { get; }

    /// <summary>The sum over all lanes, in a fixed order.</summary>
    double Sum(double value);

    /// <summary>The largest value of all lanes.</summary>
    double Max(double value);
}
