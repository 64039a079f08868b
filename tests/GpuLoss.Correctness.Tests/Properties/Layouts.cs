namespace GpuLossTests;

/// <summary>Where the elements of a tensor lie.</summary>
internal enum Layout
{
    Contiguous,

    /// <summary>Axis 1 is the innermost, as in channels-last.</summary>
    SecondAxisLast,

    /// <summary>The order of all axes is reversed.</summary>
    Reversed,

    /// <summary>A part of a larger tensor along every axis.</summary>
    Sliced,

    /// <summary>Every second element of the last axis.</summary>
    EverySecond,

    /// <summary>One element along the last axis, of stride 0.</summary>
    ExpandedSpace,

    /// <summary>One sample for all, of stride 0.</summary>
    ExpandedSamples,

    /// <summary>At an address that no vector is aligned to.</summary>
    OffsetByOne,
}

/// <summary>Puts the elements of a tensor elsewhere.</summary>
internal static class Layouts
{
    /// <summary>A view of this layout that holds the values; the expanded ones hold only those that they can. Memory between its elements
    /// holds something else.</summary>
    public static Tensor Place(Tensor values, Layout layout, double between)
    {
        var axes = (int)values.dim();
        switch (layout)
        {
            case Layout.SecondAxisLast:
                return values.movedim([1], [axes - 1]).contiguous().movedim([axes - 1], [1]);
            case Layout.Reversed:
                long[] reversed = [.. Enumerable.Range(0, axes).Reverse().Select(axis => (long)axis)];
                return values.permute(reversed).contiguous().permute(reversed);
            case Layout.Sliced:
                var larger = full([.. values.shape.Select(size => size + 3)], between, dtype: values.dtype);
                for (var axis = 0; axis < axes; axis++)
                    larger = larger.narrow(axis, 1, values.shape[axis]);
                return larger.copy_(values);
            case Layout.EverySecond:
                return stack([values, full_like(values, between)], axes).select(axes, 0);
            case Layout.ExpandedSpace:
                return values.narrow(axes - 1, 0, 1).expand(values.shape);
            case Layout.ExpandedSamples:
                return values.narrow(0, 0, 1).expand(values.shape);
            case Layout.OffsetByOne:
                return cat([full([1], between, dtype: values.dtype), values.flatten()]).narrow(0, 1, values.numel()).reshape(values.shape);
            default:
                return values.contiguous();
        }
    }
}
