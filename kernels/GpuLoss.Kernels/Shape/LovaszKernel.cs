using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GpuLoss.Kernels.Host;

namespace GpuLoss.Kernels.Shape;

/// <summary>Which values a Lovász loss has.</summary>
/// <param name="PerSample">Whether the voxels of every sample are sorted by themselves, or those of all samples together.</param>
/// <param name="IsHinge">Whether an error is 1 - s·x, s = 1 for a voxel of the class and else -1, or |t - p|.</param>
/// <param name="PresentOnly">Whether a class without voxels has no value.</param>
internal readonly record struct LovaszForm(bool PerSample, bool IsHinge, bool PresentOnly);

/// <summary>
/// The Lovász extension of the Jaccard loss (Berman 2018, arXiv 1705.08790, equations 8 and 9): the errors of a class in falling order,
/// each times what its voxel adds to the Jaccard loss of the voxels before it. Equal errors share what they add: it is the mean of the two
/// orders that take all voxels of the class first, or last. So no order matters, and the slopes are still a subgradient.
/// </summary>
internal static unsafe class LovaszKernel
{
    private const long NarrowOffsets = 1L << 31;

    /// <summary>The values of the classes, and their slopes with respect to the predictions.</summary>
    /// <param name="tensors">Predictions, or logits for the hinge, and target.</param>
    /// <param name="form">The loss.</param>
    /// <param name="wanted">Which classes are computed; the others are 0.</param>
    /// <param name="values">Receives [R, C'], where R is N per sample, else 1.</param>
    /// <param name="counted">Receives [R, C']: 1 for each class that has a value, else 0.</param>
    /// <param name="slopes">Receives [N, C', V]; may be null.</param>
    /// <param name="team">The threads.</param>
    /// <typeparam name="T">float or double.</typeparam>
    public static void Compute<T>(
        in ShapeTensors<T> tensors, LovaszForm form, ReadOnlySpan<bool> wanted, Span<double> values, Span<double> counted, T* slopes,
            IThreadTeam team)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (typeof(T) == typeof(float) && (long)tensors.Pairs * tensors.Voxels < NarrowOffsets)
            Compute<T, NarrowEntry>(tensors, form, wanted, values, counted, slopes, team);
        else
            Compute<T, WideEntry>(tensors, form, wanted, values, counted, slopes, team);
    }

    internal static void Compute<T, TEntry>(
        ShapeTensors<T> tensors, LovaszForm form, ReadOnlySpan<bool> wanted, Span<double> values, Span<double> counted, T* slopes,
            IThreadTeam team)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
        where TEntry : unmanaged, ISortEntry<TEntry>
    {
        values.Clear();
        counted.Clear();
        if (slopes != null)
        {
            VoxelChunks.ForEach(team, tensors.Pairs * tensors.Voxels, (first, end) =>
                new Span<T>(slopes + first, (int)(end - first)).Clear());
        }

        var perRow = form.PerSample ? 1 : tensors.Samples;
        var bytes = checked((nuint)(perRow * tensors.Voxels) * (nuint)sizeof(TEntry));
        var (entries, spare) = ((nint)NativeMemory.Alloc(bytes), (nint)NativeMemory.Alloc(bytes));
        try
        {
            for (var value = 0; value < values.Length; value++)
            {
                var (row, @class) = Math.DivRem(value, tensors.CountedClasses);
                if (!wanted[@class])
                    continue;
                var errors = LovaszErrors.Gather<T, TEntry>(tensors, row * perRow, perRow, @class, form.IsHinge, (TEntry*)entries, team);
                if (errors.Voxels == 0 || (form.PresentOnly && errors.OfClass == 0))
                    continue;
                counted[value] = 1;
                values[value] = errors.HasNaN
                    ? double.NaN
                    : LovaszSums.Of(RadixSort.Sort((TEntry*)entries, (TEntry*)spare, errors.Kept, team), errors.Kept, errors.OfClass,
                        slopes, team);
                if (errors.HasNaN && slopes != null)
                    LovaszErrors.SpreadNaN(tensors, row * perRow, perRow, @class, slopes, team);
            }
        }
        finally
        {
            NativeMemory.Free((void*)entries);
            NativeMemory.Free((void*)spare);
        }
    }
}
