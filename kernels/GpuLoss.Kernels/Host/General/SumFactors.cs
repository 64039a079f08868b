using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host.General;

/// <summary>One sum of a plan as the kernels of a block read it.</summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal readonly unsafe struct SumFactors<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    private readonly double* plan;
    private readonly SumPlan layout;
    private readonly int sum;

    /// <summary>Reads a sum.</summary>
    public SumFactors(in GeneralArguments arguments, int sum)
    {
        plan = arguments.Plan;
        layout = new SumPlan(arguments.Shape.Classes);
        this.sum = sum;
        Definition = layout.Read(new PlanMemory(plan), sum);
    }

    /// <summary>The sum.</summary>
    public SumDefinition Definition { get; }

    /// <summary>a of a class.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LaneReal<TLanes> Positive(int @class) => new(TLanes.Broadcast(plan[layout.Positive(sum, @class)]));

    /// <summary>b of a class.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LaneReal<TLanes> Negative(int @class) => new(TLanes.Broadcast(plan[layout.Negative(sum, @class)]));
}
