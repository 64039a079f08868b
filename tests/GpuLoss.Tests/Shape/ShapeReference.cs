using TorchSharp;
using static TorchSharp.torch;

namespace GpuLossTests;

/// <summary>What losses of shapes are, written out in float64: all pairs of voxels, and torch's operations.</summary>
internal static partial class ShapeReference
{
    /// <summary>The distance of every voxel to the nearest of a set, of all pairs; infinite where there is none.</summary>
    public static double[] DistancesTo(bool[] set, long[] space, double[]? sampling)
    {
        var places = Enumerable.Range(0, set.Length).Select(voxel => Place(voxel, space, sampling)).ToArray();
        var targets = places.Where((_, voxel) => set[voxel]).ToArray();
        return
        [
            .. places.Select(place => targets.Length == 0
                ? double.PositiveInfinity
                : Math.Sqrt(targets.Min(target => target.Zip(place, (a, b) => (a - b) * (a - b)).Sum()))),
        ];
    }

    /// <summary>The signed distances of one class: the least spacing minus the distance to the outside, or the distance to the
    /// inside.</summary>
    public static double[] Signed(bool[] set, long[] space, double[]? sampling)
    {
        if (set.All(inside => inside) || !set.Any(inside => inside))
            return new double[set.Length];
        var (toSet, toRest) = (DistancesTo(set, space, sampling), DistancesTo([.. set.Select(inside => !inside)], space, sampling));
        var least = sampling?.Min() ?? 1;
        return [.. set.Select((inside, voxel) => inside ? least - toRest[voxel] : toSet[voxel])];
    }

    /// <summary>The distance of every voxel to the nearest of the other kind, 0 where there is one kind only.</summary>
    public static double[] ToOtherKind(bool[] set, long[] space, double[]? sampling)
    {
        if (set.All(inside => inside) || !set.Any(inside => inside))
            return new double[set.Length];
        var (toSet, toRest) = (DistancesTo(set, space, sampling), DistancesTo([.. set.Select(inside => !inside)], space, sampling));
        return [.. set.Select((inside, voxel) => inside ? toRest[voxel] : toSet[voxel])];
    }

    /// <summary>p, [N, C, V] in float64, in the graph of the logits.</summary>
    public static Tensor Predict(Tensor logits, GpuLoss.nn.Activation activation)
    {
        var flat = logits.to_type(ScalarType.Float64).flatten(2);
        return activation switch
        {
            GpuLoss.nn.Activation.Softmax => torch.nn.functional.softmax(flat, 1),
            GpuLoss.nn.Activation.Sigmoid => flat.sigmoid(),
            _ => flat,
        };
    }

    /// <summary>t, [N, C, V] in float64, 0 where a voxel is ignored; and which voxels are not, [N, 1, V].</summary>
    public static (Tensor Target, Tensor Counted) OneHot(Tensor target, long[] logitsShape, long ignore = -100)
    {
        var classes = logitsShape[1];
        if (target.is_floating_point())
        {
            return (target.to_type(ScalarType.Float64).flatten(2),
                ones([logitsShape[0], 1, target.numel() / logitsShape[0] / classes], ScalarType.Float64));
        }

        var labels = target.to_type(ScalarType.Int64).reshape([logitsShape[0], 1, -1]);
        var names = classes == 1 ? ones([1, 1, 1], ScalarType.Int64) : arange(classes, dtype: ScalarType.Int64).reshape([1, -1, 1]);
        return (labels.eq(names).to_type(ScalarType.Float64), labels.ne(ignore).to_type(ScalarType.Float64));
    }

    /// <summary>A function of the voxels of every sample and class, as a tensor like the predictions.</summary>
    public static Tensor OfPlanes(Tensor sets, long[] space, double[]? sampling, Func<bool[], long[], double[]?, double[]> function)
    {
        var planes = sets.flatten(0, 1).unbind(0).Select(plane => tensor(function(plane.data<bool>().ToArray(), space, sampling)));
        return stack(planes).reshape(sets.shape);
    }

    /// <summary>The boundary loss of every sample and class.</summary>
    public static Tensor Boundary(Tensor logits, Tensor target, double[]? sampling, GpuLoss.nn.Activation activation, bool background,
        long ignore = -100)
    {
        var (oneHot, counted) = OneHot(target, logits.shape, ignore);
        var maps = OfPlanes((oneHot > 0.5).contiguous(), logits.shape[2..], sampling, Signed);
        var values = (Predict(logits, activation) * maps * counted).sum(2) / counted.sum(2).clamp(1);
        return background ? values : values.narrow(1, 1, values.shape[1] - 1);
    }

    /// <summary>The Hausdorff loss of every sample and class.</summary>
    public static Tensor Hausdorff(
        Tensor logits, Tensor target, double alpha, double[]? sampling, GpuLoss.nn.Activation activation, bool background,
            long ignore = -100)
    {
        var (oneHot, counted) = OneHot(target, logits.shape, ignore);
        var p = Predict(logits, activation);
        var space = logits.shape[2..];
        var ofPrediction = OfPlanes(((p.detach() * counted) > 0.5).contiguous(), space, sampling, ToOtherKind);
        var ofTarget = OfPlanes(((oneHot * counted) > 0.5).contiguous(), space, sampling, ToOtherKind);
        var values = ((p - oneHot).square() * (ofPrediction.pow(alpha) + ofTarget.pow(alpha)) * counted).sum(2) / counted.sum(2).clamp(1);
        return background ? values : values.narrow(1, 1, values.shape[1] - 1);
    }

    private static double[] Place(long voxel, long[] space, double[]? sampling)
    {
        var place = new double[space.Length];
        for (var axis = space.Length - 1; axis >= 0; axis--)
        {
            place[axis] = voxel % space[axis] * (sampling?[axis] ?? 1);
            voxel /= space[axis];
        }

        return place;
    }
}
