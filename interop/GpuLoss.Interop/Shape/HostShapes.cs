using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Shape;

namespace GpuLoss.Interop.Shape;

/// <summary>The losses of shapes on tensors in host memory, by torch's threads. Their work is done when a call returns.</summary>
internal static unsafe partial class HostShapes
{
    /// <summary>Distances of voxels to the nearest whose byte is 0.</summary>
    /// <param name="grid">The voxels of a volume.</param>
    /// <param name="volumes">The number of volumes.</param>
    /// <param name="marks">A byte for each voxel.</param>
    /// <param name="scratch">Float64, one volume.</param>
    /// <param name="distances">Receives them.</param>
    /// <param name="isDouble">Whether they are float64; else they are float32.</param>
    public static void Distances(SpatialGrid grid, long volumes, nint marks, nint scratch, nint distances, bool isDouble)
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

    /// <summary>Signed distance maps of the classes of a target.</summary>
    /// <param name="problem">The target; predictions are not read.</param>
    /// <param name="maps">Receives [N, C', V].</param>
    public static void SignedDistances(ShapeProblem problem, nint maps)
    {
        ArgumentNullException.ThrowIfNull(problem);
        if (problem.IsDouble)
            SignedDistance.Maps(problem.Tensors<double>(), problem.Grid, (double*)maps, TorchThreadTeam.Current);
        else
            SignedDistance.Maps(problem.Tensors<float>(), problem.Grid, (float*)maps, TorchThreadTeam.Current);
    }

    /// <summary>The mean over the voxels of predictions times numbers.</summary>
    /// <param name="problem">The predictions.</param>
    /// <param name="factors">[N, C', V]; receives the slopes.</param>
    /// <param name="values">Receives [N, C'] doubles.</param>
    public static void MeanProducts(ShapeProblem problem, nint factors, nint values)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var all = new Span<double>((void*)values, problem.Pairs);
        if (problem.IsDouble)
            PlaneSlopes.MeanProducts(problem.Tensors<double>(), (double*)factors, all, TorchThreadTeam.Current);
        else
            PlaneSlopes.MeanProducts(problem.Tensors<float>(), (float*)factors, all, TorchThreadTeam.Current);
    }

    /// <summary>The Hausdorff loss by distance transforms.</summary>
    /// <param name="problem">Predictions and target.</param>
    /// <param name="alpha">The exponent of the distances.</param>
    /// <param name="values">Receives [N, C'] doubles.</param>
    /// <param name="slopes">Receives [N, C', V].</param>
    public static void Hausdorff(ShapeProblem problem, double alpha, nint values, nint slopes)
    {
        ArgumentNullException.ThrowIfNull(problem);
        var all = new Span<double>((void*)values, problem.Pairs);
        if (problem.IsDouble)
            HausdorffKernel.Compute(problem.Tensors<double>(), problem.Grid, alpha, all, (double*)slopes, TorchThreadTeam.Current);
        else
            HausdorffKernel.Compute(problem.Tensors<float>(), problem.Grid, alpha, all, (float*)slopes, TorchThreadTeam.Current);
    }

    /// <summary>The gradient of values that are known with their slopes.</summary>
    /// <param name="problem">The sizes.</param>
    /// <param name="slopes">[N, C', V].</param>
    /// <param name="ofValues">[R, C'] doubles, R = N or 1.</param>
    /// <param name="rows">R.</param>
    /// <param name="gradient">Receives [N, C, V].</param>
    public static void Gradient(ShapeProblem problem, nint slopes, nint ofValues, int rows, nint gradient)
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
