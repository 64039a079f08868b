using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host.Simd;

namespace GpuLoss.Kernels.Host;

/// <summary>
/// What <see cref="SoftmaxKernel{TLanes, TMasked, TCrossEntropy}"/> leaves in a block, for the few blocks that hold logits of a size which its single
/// rounding does not stand: one voxel at a time, in double.
/// </summary>
/// <typeparam name="TLanes">The register type.</typeparam>
internal static unsafe class WideSoftmaxKernel<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    /// <summary>Where cross-entropy is so large nothing is left of p, and the factor of its gradient is 1.</summary>
    private const double MostCrossEntropy = 1e30;

    /// <summary>Computes the softmax of <paramref name="voxels"/>.</summary>
    /// <param name="block">The block.</param>
    /// <param name="logits">Their logits; may be the rows of the block.</param>
    /// <param name="voxels">The number of voxels.</param>
    /// <param name="gamma">The power of focal loss; 0 is cross-entropy.</param>
    /// <param name="sums">Receives the loss of the voxels of each class, to the base e, and the block none; or null, and the block receives the
    /// cross-entropy.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Run(in VoxelBlock<TLanes> block, ClassRows logits, int voxels, double gamma, double* sums)
    {
        for (var v = 0; v < voxels; v++)
        {
            var label = (int)Read(block.Labels.Lanes, v);
            var (largest, sum, own) = (double.NegativeInfinity, 0.0, 0.0);
            for (var c = 0; c < block.Classes; c++)
                largest = Math.Max(largest, label < 0 ? 0 : Read(logits[c], v));
            for (var c = 0; c < block.Classes; c++)
            {
                var distance = label < 0 ? 0 : Read(logits[c], v) - largest;
                own = c == label ? distance : own;
                var exponential = Math.Exp(distance);
                sum += exponential;
                Write(block.Rows[c], v, exponential);
            }

            var crossEntropy = label < 0 ? 0 : Math.Log(sum) - own;
            Write(block.Scale, v, label < 0 ? 0 : 1 / sum);
            Write(block.CrossEntropy, v, sums == null ? Math.Min(crossEntropy * LaneMath.Log2OfE, MostCrossEntropy) : 0);
            if (sums != null && label >= 0)
                sums[label] += gamma == 0 ? crossEntropy : crossEntropy * Math.Pow((sum - Math.Exp(own)) / sum, gamma);
        }
    }

    private static double Read(byte* row, int index) => TLanes.ScalarSize == sizeof(float) ? ((float*)row)[index] : ((double*)row)[index];

    private static void Write(byte* row, int index, double value) => TLanes.WriteScalar(row + index * TLanes.ScalarSize, value);
}
