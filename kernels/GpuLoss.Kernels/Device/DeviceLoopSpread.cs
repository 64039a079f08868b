using GpuLoss.Kernels.Objective;
using ILGPU;

namespace GpuLoss.Kernels.Device;

/// <summary>
/// The gradient of any plan, see <see cref="DeviceLoopReduce"/>, one voxel per thread and turn: for each row of the plan with a softmax,
/// what it needs of all classes; then class by class the sum over the rows. It walks the voxels against the order of Reduce. A grid is
/// (blocks, samples).
/// </summary>
internal static class DeviceLoopSpread
{
    /// <summary>The most threads of a block: a voxel keeps twelve bytes for each row of the plan.</summary>
    public const int MostThreads = 128;

    /// <summary>Writes the gradient.</summary>
    /// <param name="logits">Logits [N, C, V].</param>
    /// <param name="target">Labels [N, V] or numbers [N, C, V], as bytes.</param>
    /// <param name="mask">Voxel weights [N, V], as bytes; empty where there are none.</param>
    /// <param name="plan">The sums, laid out as <see cref="SumPlan"/> says.</param>
    /// <param name="coefficients">[sums, N, C].</param>
    /// <param name="seeds">What is added to the voxel term's coefficient of one sum, [N, V] or [N, C, V]; empty where the pass has no
    /// values.</param>
    /// <param name="gradient">Receives [N, C, V].</param>
    /// <param name="volume">Sizes and types.</param>
    public static void Kernel<TLogits>(
        TLogits logits, ArrayView<byte> target, ArrayView<byte> mask, ArrayView<double> plan, ArrayView<DeviceCoefficients> coefficients,
        ArrayView<float> seeds, TLogits gradient, DeviceVolume volume)
        where TLogits : struct, ILogitsMemory<OneVoxel>
    {
        var definitions = SharedMemory.Allocate1D<SumDefinition>(SumDefinition.Most);
        var shifts = SharedMemory.Allocate1D<LoopShift>(SumDefinition.Most * MostThreads);
        for (var sum = Group.IdxX; sum < volume.Sums; sum += Group.DimX)
            definitions[sum] = new SumPlan(volume.Classes).Read(new DeviceScoreInput(plan), sum);
        Group.Barrier();

        var needsSoftmax = false;
        for (var sum = 0; sum < volume.Sums; sum++)
            needsSoftmax |= definitions[sum].Activation == Activation.Softmax;
        var slopes = new LoopSlopes(target, plan, coefficients, seeds, volume);
        var sample = Grid.IdxY;
        long step = Grid.DimX * Group.DimX;
        for (var v = volume.Vectors - 1 - (Grid.IdxX * Group.DimX + Group.IdxX); v >= 0; v -= step)
        {
            var voxel = DeviceVoxel.Load(target, mask, v, volume);
            if (voxel.Weight == 0f)
            {
                for (var @class = 0; @class < volume.Classes; @class++)
                    gradient.Store(gradient.AddressOf(volume.Gradient.At(sample, @class, v)), default);
                continue;
            }

            var softmax = default(LoopSoftmax);
            if (needsSoftmax)
                softmax = LoopSoftmax.Over(logits, volume.Logits.At(sample, 0, v), volume);
            for (var sum = 0; sum < volume.Sums; sum++)
            {
                if (definitions[sum].Activation == Activation.Softmax)
                    shifts[sum * Group.DimX + Group.IdxX] = Shift(logits, slopes, definitions[sum], sum, v, voxel, softmax);
            }

            for (var @class = 0; @class < volume.Classes; @class++)
            {
                var logit = new OneVoxel(logits.Load(logits.AddressOf(volume.Logits.At(sample, @class, v))).Value);
                var total = 0f;
                for (var sum = 0; sum < volume.Sums; sum++)
                {
                    var definition = definitions[sum];
                    var isSoftmax = definition.Activation == Activation.Softmax;
                    if (!isSoftmax && definition.Activation is not (Activation.Sigmoid or Activation.None))
                        continue;
                    var slope = slopes.At(definition, sum, @class, v, voxel, softmax, logit);
                    if (isSoftmax)
                    {
                        var shift = shifts[sum * Group.DimX + Group.IdxX];
                        total += slope.Value * (
                            slope.Overlap - shift.Reference - shift.Mean + (shift.Terms - slope.Term)) - slope.Rest * slope.Term;
                    }
                    else if (definition.Activation == Activation.Sigmoid)
                    {
                        total += slope.Value * slope.Rest * slope.Overlap + slope.Term;
                    }
                    else
                    {
                        total += slope.Overlap + slope.Term;
                    }
                }

                gradient.Store(gradient.AddressOf(volume.Gradient.At(sample, @class, v)), new OneVoxel(total));
            }
        }
    }

    private static LoopShift Shift<TLogits>(
        TLogits logits, LoopSlopes slopes, SumDefinition definition, int sum, long v, DeviceVoxel voxel,
        LoopSoftmax softmax)
        where TLogits : struct, ILogitsMemory<OneVoxel>
    {
        var largest = new OneVoxel(logits.Load(logits.AddressOf(slopes.Volume.Logits.At(Grid.IdxY, softmax.LargestClass, v))).Value);
        var reference = slopes.At(definition, sum, softmax.LargestClass, v, voxel, softmax, largest).Overlap;
        var (mean, terms) = (0f, 0f);
        for (var @class = 0; @class < slopes.Volume.Classes; @class++)
        {
            var logit = new OneVoxel(logits.Load(logits.AddressOf(slopes.Volume.Logits.At(Grid.IdxY, @class, v))).Value);
            var slope = slopes.At(definition, sum, @class, v, voxel, softmax, logit);
            mean += slope.Value * (slope.Overlap - reference);
            terms += slope.Term;
        }

        return new LoopShift { Reference = reference, Mean = mean, Terms = terms };
    }
}
