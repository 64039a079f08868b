using System.Runtime.InteropServices;
using GpuLoss.Kernels.Objective;
using ILGPU;

namespace GpuLoss.Kernels.Device;

/// <summary>a and b of a class, see <see cref="SumDefinition"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SumFactors
{
    public float Positive;
    public float Negative;
}

/// <summary>What the only sum of a pass is made of, for the classes of a thread.</summary>
internal struct SumRules
{
    /// <summary>γ.</summary>
    public float Gamma;

    /// <summary>ε of poly-1.</summary>
    public float Poly;

    /// <summary>1 - ε of the smoothing.</summary>
    public float Kept;

    /// <summary>ε / C.</summary>
    public float Shared;

    /// <summary>1 where P sums p, 0 where it sums p².</summary>
    public float Plain;

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
            Kept = (float)(1 - definition.LabelSmoothing),
            Shared = (float)(definition.LabelSmoothing / volume.Classes),
            Plain = definition.Overlap == OverlapSums.Squared ? 0f : 1f,
            HasOverlap = definition.Overlap != OverlapSums.None,
        };
    }

    /// <summary>a and b of a class, multiplied; 0 where it does not exist.</summary>
    public static SumFactors FactorsOf(ArrayView<double> plan, DeviceVolume volume, int @class, float scale)
    {
        if (@class >= volume.Classes)
            return default;
        var layout = new SumPlan(volume.Classes);
        return new SumFactors
        {
            Positive = (float)plan[layout.Positive(0, @class)] * scale,
            Negative = (float)plan[layout.Negative(0, @class)] * scale,
        };
    }

    /// <summary>What a number is multiplied with in P and T: 1, or itself where they sum squares.</summary>
    public readonly TVector Extent<TVector>(TVector number)
        where TVector : unmanaged, IVoxelVector<TVector> =>
        TVector.MultiplyAdd(number, TVector.Broadcast(1f - Plain), TVector.Broadcast(Plain));

    /// <summary>t'.</summary>
    public readonly TVector Smoothed<TVector>(TVector target)
        where TVector : unmanaged, IVoxelVector<TVector> =>
        VoxelTerm.Smoothed(target, TVector.Broadcast(Kept), TVector.Broadcast(Shared));
}
