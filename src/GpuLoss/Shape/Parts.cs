using GpuLoss.Kernels.Shape;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Shape;

/// <summary>Connected parts of volumes, numbered.</summary>
internal static class Parts
{
    /// <summary>How many parts a volume may have: no two of their voxels are neighbours.</summary>
    /// <param name="grid">The volume.</param>
    /// <param name="connectivity">Along how many axes at once neighbours may differ.</param>
    public static int Most(SpatialGrid grid, int connectivity)
    {
        var most = 1L;
        for (var axis = 0; axis < grid.Axes; axis++)
            most *= (grid.Size(axis) + 1) / 2;

        // Where corners do not meet, every second voxel may be a part, as on a chess board.
        return checked((int)(connectivity >= grid.Axes ? most : (grid.Voxels + 1) / 2));
    }

    /// <summary>Makes 1, 2, ... of numbers that are the places of first voxels, without looking at them.</summary>
    /// <param name="numbers">Int32 [volumes, V]: the place of the first voxel of a part, from 1 on; 0 or less outside, which stays.</param>
    /// <returns>The numbers, and how many parts a volume has, both int32.</returns>
    public static (Tensor Numbers, Tensor Counts) Consecutive(Tensor numbers)
    {
        var (voxels, device) = (numbers.shape[1], numbers.device);
        var places = torch.arange(1, voxels + 1, dtype: torch.ScalarType.Int32, device: device);
        var ranks = numbers.eq(places).cumsum(1, type: torch.ScalarType.Int32);
        var found = ranks.gather(1, (numbers - 1).clamp_min(0).to_type(torch.ScalarType.Int64));
        return (torch.where(numbers.gt(0), found, numbers), ranks.narrow(1, voxels - 1, 1).flatten().contiguous());
    }
}
