using GpuLoss.Autograd;
using TorchSharp;
using Reduction = TorchSharp.torch.nn.Reduction;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Modules;

/// <summary>Generalized Wasserstein Dice loss; see <see cref="nn.GeneralizedWassersteinDiceLoss"/>.</summary>
public sealed class GeneralizedWassersteinDiceLoss : FusedLossModule
{
    internal GeneralizedWassersteinDiceLoss(
        Tensor dist_matrix, nn.WassersteinWeighting weighting_mode, long ignore_index, double smooth_nr, double smooth_dr,
        Reduction reduction)
        : base(
            LossDefinitions.WassersteinDice(
                new(true, false, smooth_nr, smooth_dr, nn.Activation.Softmax, soft_label: false), weighting_mode),
            crossEntropyScale: 0, weight: null, ignore_index, reduction, new TermOptions { Distances = Checked(dist_matrix) })
    {
    }

    /// <summary>The distances, divided by the largest.</summary>
    private static double[] Checked(Tensor dist_matrix)
    {
        LossInputs.CheckUsable(dist_matrix, nameof(dist_matrix));
        var shape = dist_matrix.shape;
        if (shape.Length != 2 || shape[0] != shape[1] || shape[0] < 2 || dist_matrix.is_complex()
            || dist_matrix.device_type == DeviceType.META)
        {
            throw new ArgumentException(
                "dist_matrix must be a matrix of C rows and C columns, C >= 2, "
                + $"not {dist_matrix.dtype} {LossInputs.Show(shape)} on {dist_matrix.device}.",
                nameof(dist_matrix));
        }

        // The scope refers to what is between two operations: TorchSharp's finalizer frees a tensor that nothing refers to while a native
        // operation still reads it.
        using var scope = torch.NewDisposeScope();
        var values = dist_matrix.detach().to_type(torch.ScalarType.Float64).cpu().contiguous().data<double>().ToArray();
        for (var i = 0; i < values.Length; i++)
        {
            var (row, column) = (i / shape[0], i % shape[0]);
            if (!(values[i] >= 0 && double.IsFinite(values[i])) || (row == column && values[i] != 0))
            {
                throw new ArgumentException(
                    $"dist_matrix must be finite, not negative, and 0 on its diagonal; dist_matrix[{row}, {column}] is {values[i]}.",
                    nameof(dist_matrix));
            }
        }

        var largest = values.Max();
        return largest > 0
            ? Array.ConvertAll(values, value => value / largest)
            : throw new ArgumentException("dist_matrix must have a distance of more than 0.", nameof(dist_matrix));
    }
}
