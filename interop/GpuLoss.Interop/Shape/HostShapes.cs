using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Shape;

namespace GpuLoss.Interop.Shape;

/// <summary>The losses of shapes on tensors in host memory, by torch's threads. Their work is done when a call returns.</summary>
internal sealed unsafe partial class HostShapes : IShapeEngine
{
    private HostShapes()
    {
    }

    /// <summary>The engine.</summary>
    public static HostShapes Instance { get; } = new();

    /// <inheritdoc/>
    public bool IsEnqueued => false;

    /// <inheritdoc/>
    public long DistanceScratch(SpatialGrid grid, long volumes)
    {
        ArgumentNullException.ThrowIfNull(grid);
        return grid.Voxels * sizeof(double);
    }

    /// <inheritdoc/>
    public long PlaneScratch(ShapeProblem problem) => 0;

    /// <inheritdoc/>
    public void Distances(SpatialGrid grid, long volumes, nint marks, nint scratch, nint distances, bool isDouble)
    {
        ArgumentNullException.ThrowIfNull(grid);
        var team = TorchThreadTeam.Current;
        for (var volume = 0L; volume < volumes; volume++)
        {
            var offset = volume * grid.Voxels;
            if (isDouble)
                DistanceTransform.Distances(grid, (byte*)marks + offset, (double*)scratch, (double*)distances + offset, team);
            else
                DistanceTransform.Distances(grid, (byte*)marks + offset, (double*)scratch, (float*)distances + offset, team);
        }
    }

    /// <inheritdoc/>
    public void SignedDistances(ShapeProblem problem, nint scratch, nint maps)
    {
        ArgumentNullException.ThrowIfNull(problem);
        if (problem.IsDouble)
            SignedDistance.Maps(problem.Tensors<double>(), problem.Grid, (double*)maps, TorchThreadTeam.Current);
        else
            SignedDistance.Maps(problem.Tensors<float>(), problem.Grid, (float*)maps, TorchThreadTeam.Current);
    }

    /// <inheritdoc/>
    public void Products(ShapeProblem problem, nint factors, nint scratch, nint values)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var all = new Span<double>((void*)values, problem.Pairs);
        if (problem.IsDouble)
            PlaneSlopes.Products(problem.Tensors<double>(), (double*)factors, all, TorchThreadTeam.Current);
        else
            PlaneSlopes.Products(problem.Tensors<float>(), (float*)factors, all, TorchThreadTeam.Current);
    }

    /// <inheritdoc/>
    public void Hausdorff(ShapeProblem problem, double alpha, nint scratch, nint values, nint slopes)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var all = new Span<double>((void*)values, problem.Pairs);
        if (problem.IsDouble)
            HausdorffKernel.Compute(problem.Tensors<double>(), problem.Grid, alpha, all, (double*)slopes, TorchThreadTeam.Current);
        else
            HausdorffKernel.Compute(problem.Tensors<float>(), problem.Grid, alpha, all, (float*)slopes, TorchThreadTeam.Current);
    }

    /// <inheritdoc/>
    public void Gradient(ShapeProblem problem, nint slopes, nint ofValues, int rows, nint gradient)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var all = new ReadOnlySpan<double>((void*)ofValues, checked(rows * (problem.Classes - problem.FirstClass)));
        if (problem.IsDouble)
            PlaneSlopes.Gradient((double*)slopes, (double*)gradient, problem.Shape, all, TorchThreadTeam.Current);
        else
            PlaneSlopes.Gradient((float*)slopes, (float*)gradient, problem.Shape, all, TorchThreadTeam.Current);
    }

    /// <summary>Reads class indices of any type as int32, -1 where a voxel does not count.</summary>
    /// <param name="type">The type of the labels.</param>
    /// <param name="source">The labels, contiguous.</param>
    /// <param name="count">Their number.</param>
    /// <param name="classes">The labels that there are.</param>
    /// <param name="ignoreIndex">The label that does not count.</param>
    /// <param name="labels">Receives them.</param>
    /// <returns>How many are neither a class nor ignored, and whether all count.</returns>
    public static (long Invalid, bool AllCount) ReadLabels(
        GpuLoss.Kernels.Objective.LabelType type, nint source, long count, int classes, long ignoreIndex, nint labels) =>
        LabelTable.Read(type, (byte*)source, count, classes, checked((int)ignoreIndex), (int*)labels, TorchThreadTeam.Current);
}
