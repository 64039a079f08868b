using TorchSharp;
using static TorchSharp.torch;

namespace GpuLoss.Cli.Training;

/// <summary>Segments a whole volume patch by patch and measures the result.</summary>
internal static class VolumeEvaluation
{
    /// <summary>
    /// The class of every voxel of <paramref name="image"/> [Z, Y, X]. Patches overlap by a quarter; where they do, their logits are added,
    /// so that no voxel is judged at the rim of a patch alone.
    /// </summary>
    public static byte[] Predict(UNet3d network, Tensor image, int side, int classes)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        network.eval();
        var logits = zeros([classes, .. image.shape], device: image.device);
        foreach (var z in Begins(image.shape[0], side))
        {
            foreach (var y in Begins(image.shape[1], side))
            {
                foreach (var x in Begins(image.shape[2], side))
                {
                    using var patch = NewDisposeScope();
                    var input = image.narrow(0, z, side).narrow(1, y, side).narrow(2, x, side).contiguous();
                    logits.narrow(1, z, side).narrow(2, y, side).narrow(3, x, side)
                        .add_(network.forward(input.unsqueeze(0).unsqueeze(0)).squeeze(0));
                }
            }
        }

        network.train();
        return logits.argmax(0).to_type(ScalarType.Byte).cpu().data<byte>().ToArray();
    }

    /// <summary>Dice of every class, 2·|A ∩ B| / (|A| + |B|).</summary>
    /// <param name="predicted">Classes.</param>
    /// <param name="truth">Classes.</param>
    /// <param name="classes">How many classes there are.</param>
    /// <param name="ofAbsent">What a class has that is in neither.</param>
    public static double[] Dice(ReadOnlySpan<byte> predicted, ReadOnlySpan<byte> truth, int classes, double ofAbsent = 1)
    {
        var (both, sum) = (new long[classes], new long[classes]);
        for (var i = 0; i < truth.Length; i++)
        {
            sum[predicted[i]]++;
            sum[truth[i]]++;
            if (predicted[i] == truth[i])
                both[truth[i]]++;
        }

        var dice = new double[classes];
        for (var c = 0; c < classes; c++)
            dice[c] = sum[c] == 0 ? ofAbsent : 2.0 * both[c] / sum[c];
        return dice;
    }

    private static IEnumerable<long> Begins(long length, int side)
    {
        var stride = side * 3 / 4;
        for (long begin = 0; begin < length - side; begin += stride)
            yield return begin;
        yield return length - side;
    }
}
