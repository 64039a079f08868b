using System.Runtime.InteropServices;
using GpuLoss.Kernels.Objective;
using ILGPU;

namespace GpuLoss.Kernels.Device;

/// <summary>
/// a and b of a class, see <see cref="SumDefinition"/>, with the label smoothing in them: a·t' and b·(1 - t') are linear in t.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SumFactors
{
    private float positive;
    private float positiveOfTarget;
    private float negative;
    private float negativeOfTarget;

    /// <summary>Those of a class, 0 where it does not exist.</summary>
    /// <param name="plan">The sum, in the first row.</param>
    /// <param name="volume">C.</param>
    /// <param name="class">The class.</param>
    /// <param name="scale">They are multiplied with it.</param>
    public static SumFactors Of(ArrayView<double> plan, DeviceVolume volume, int @class, double scale)
    {
        if (@class >= volume.Classes)
            return default;
        var layout = new SumPlan(volume.Classes);
        var smoothing = layout.Read(new DeviceScoreInput(plan), 0).LabelSmoothing;
        var (kept, shared) = (1 - smoothing, smoothing / volume.Classes);
        var (a, b) = (plan[layout.Positive(0, @class)] * scale, plan[layout.Negative(0, @class)] * scale);
        return new SumFactors
        {
            positive = (float)(a * shared),
            positiveOfTarget = (float)(a * kept),
            negative = (float)(b * (1 - shared)),
            negativeOfTarget = (float)(-b * kept),
        };
    }

    /// <summary>a·t'.</summary>
    public readonly TVector AtOne<TVector>(TVector target)
        where TVector : unmanaged, IVoxelVector<TVector> =>
        TVector.MultiplyAdd(target, TVector.Broadcast(positiveOfTarget), TVector.Broadcast(positive));

    /// <summary>b·(1 - t').</summary>
    public readonly TVector AtZero<TVector>(TVector target)
        where TVector : unmanaged, IVoxelVector<TVector> =>
        TVector.MultiplyAdd(target, TVector.Broadcast(negativeOfTarget), TVector.Broadcast(negative));
}

/// <summary>What the only sum of a pass is made of, for the classes of a thread.</summary>
internal struct SumRules
{
    /// <summary>γ.</summary>
    public float Gamma;

    /// <summary>ε of poly-1.</summary>
    public float Poly;

    /// <summary>Whether I and P are asked for.</summary>
    public bool HasOverlap;

    /// <summary>Those of the leaves.</summary>
    public ArrayView<SumFactors> Factors;

    /// <summary>In Spread, those of the leaves.</summary>
    public ArrayView<DeviceCoefficients> Coefficients;

    /// <summary>The first row of a plan.</summary>
    public static SumRules Read(ArrayView<double> plan, DeviceVolume volume)
    {
        var definition = new SumPlan(volume.Classes).Read(new DeviceScoreInput(plan), 0);
        return new SumRules
        {
            Gamma = (float)definition.Gamma,
            Poly = (float)definition.Poly,
            HasOverlap = definition.Overlap != OverlapSums.None,
        };
    }
}
