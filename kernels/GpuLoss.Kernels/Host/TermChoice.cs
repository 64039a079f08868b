using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>Which form of kernel a voxel term takes.</summary>
internal static unsafe class TermChoice
{
    /// <summary>The form of a sum's term.</summary>
    /// <param name="arguments">The call.</param>
    /// <param name="index">The number of the sum.</param>
    /// <param name="hasValues">Whether values, or gradients of values, are asked for.</param>
    public static TermForm Of(in HostArguments arguments, int index, bool hasValues)
    {
        var sum = arguments.Sums[index];
        if (sum.Definition.HasVoxelTerm == 0)
            return TermForm.None;
        if (TakesRows(arguments, index))
            return TermForm.Rows;
        if (!sum.Definition.IsLogarithm)
            return TermForm.Focal;
        var isProduct = sum.Definition.Activation switch
        {
            Activation.Softmax => arguments.TargetKind == TargetKind.Labels && sum.Positive == null && arguments.Mask == null,
            Activation.Sigmoid => AreEqual(sum.Positive, sum.Negative, arguments.Shape.Classes),
            _ => false,
        };
        return isProduct && !(hasValues && index == arguments.ValueSum) ? TermForm.Product : TermForm.Voxels;
    }

    /// <summary>Whether any sum's term takes rows.</summary>
    public static bool TakesRows(in HostArguments arguments)
    {
        for (var i = 0; i < arguments.Sums.Length; i++)
        {
            if (TakesRows(arguments, i))
                return true;
        }

        return false;
    }

    private static bool TakesRows(in HostArguments arguments, int index)
    {
        var definition = arguments.Sums[index].Definition;
        var isShared = arguments.TargetKind != TargetKind.Labels || definition.LabelSmoothing != 0;
        return definition is { HasVoxelTerm: not 0, Activation: Activation.Softmax }
            && ((!definition.IsLogarithm && isShared) || (arguments.ValuesPerClass && index == arguments.ValueSum));
    }

    private static bool AreEqual(double* left, double* right, int count) =>
        left == right
        || (left != null && right != null && new ReadOnlySpan<double>(left, count).SequenceEqual(new ReadOnlySpan<double>(right, count)));
}
