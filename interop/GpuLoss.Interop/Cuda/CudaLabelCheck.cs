using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Objective;

namespace GpuLoss.Interop.Cuda;

/// <summary>
/// Finds out about invalid labels without waiting for the GPU: every forward has its counts, one per sample, copied into the host's memory
/// once they are there, and a later call looks whether they have arrived.
/// </summary>
internal sealed unsafe class CudaLabelCheck(CudaDevice device)
{
    private const uint Portable = 1; // CU_MEMHOSTALLOC_PORTABLE
    private const uint WithoutTiming = 2; // CU_EVENT_DISABLE_TIMING
    private const int NotReady = 600; // CUDA_ERROR_NOT_READY

    private readonly Lock access = new();
    private readonly Queue<(Landing Landing, VoxelRule Rule)> underWay = new();
    private readonly List<Landing> free = [];

    /// <summary>Enqueues the copy of a reduction's counts.</summary>
    /// <param name="problem">The call.</param>
    /// <param name="statistics">Its statistics, on the device; those of the first sum are looked at.</param>
    /// <exception cref="CudaException">The driver refuses.</exception>
    public void Watch(LossProblem problem, nint statistics)
    {
        var labels = problem.Target == TargetKind.Labels ? DeviceVolume.LabelsOf(problem.Shape.Classes) : 0;
        Watch(new VoxelRule(problem.Shape, labels, problem.IgnoreIndex, problem.ChecksTarget, problem.Mask != MaskKind.None), statistics);
    }

    /// <summary>Reports the oldest forward with invalid labels that has not been reported yet; the next call reports the next
    /// one.</summary>
    /// <param name="wait">Whether to wait for the forwards that are still running.</param>
    /// <exception cref="ArgumentException">There is such a forward.</exception>
    /// <exception cref="CudaException">The driver refuses, or a kernel failed.</exception>
    public void ThrowIfAnyInvalid(bool wait)
    {
        lock (access)
        {
            if (underWay.Count == 0)
                return;
            using var scope = device.Enter();
            while (underWay.TryPeek(out var oldest) && HasArrived(oldest.Landing, wait))
            {
                underWay.Dequeue();
                free.Add(oldest.Landing);
                if (oldest.Landing.Sum(oldest.Rule.Shape.Samples) is var count and not 0)
                    throw Error(oldest.Rule, count);
            }

            scope.Leave();
        }
    }

    private void Watch(VoxelRule rule, nint statistics)
    {
        var (samples, layout) = (rule.Shape.Samples, new StatisticsLayout(rule.Shape.Classes));
        lock (access)
        {
            using var scope = device.Enter();
            var landing = Take(samples);
            try
            {
                var copy = new CudaCopy
                {
                    FromType = CudaCopy.Device,
                    FromDevice = statistics + (nint)layout.InvalidLabels(0) * sizeof(double),
                    FromPitch = layout.Stride * sizeof(double),
                    ToType = CudaCopy.Host,
                    ToHost = landing.Counts,
                    ToPitch = sizeof(double),
                    Width = sizeof(double),
                    Height = samples,
                };
                device.Check(device.Driver.Memcpy2DAsync(&copy, stream: 0), "cuMemcpy2DAsync");
                device.Check(device.Driver.EventRecord(landing.Arrival, stream: 0), "cuEventRecord");
            }
            catch
            {
                free.Add(landing);
                throw;
            }

            underWay.Enqueue((landing, rule));
            scope.Leave();
        }
    }

    private bool HasArrived(Landing landing, bool wait)
    {
        if (wait)
        {
            device.Check(device.Driver.EventSynchronize(landing.Arrival), "cuEventSynchronize");
            return true;
        }

        var result = device.Driver.EventQuery(landing.Arrival);
        if (result == NotReady)
            return false;
        device.Check(result, "cuEventQuery");
        return true;
    }

    private ArgumentException Error(VoxelRule rule, double count) => new(
        $"{rule}; in a forward on cuda:{device.Ordinal} {count:F0} of {rule.Elements} did not, and were left out. A GPU reports this "
        + "at the next forward or check_labels; set GpuLoss.nn.check_labels_at_once to have it from the forward itself.",
        rule.Argument);

    private Landing Take(int samples)
    {
        var index = free.FindLastIndex(landing => landing.Samples >= samples);
        if (index < 0)
            return Create(samples);
        var found = free[index];
        free.RemoveAt(index);
        return found;
    }

    private Landing Create(int samples)
    {
        nint arrival;
        void* counts;
        device.Check(device.Driver.EventCreate(&arrival, WithoutTiming), "cuEventCreate");
        var result = device.Driver.MemHostAlloc(&counts, (nint)samples * sizeof(double), Portable);
        if (result == 0)
            return new Landing(arrival, (double*)counts, samples);
        _ = device.Driver.EventDestroy(arrival);
        throw new CudaException(device.Driver, result, "cuMemHostAlloc");
    }

    /// <summary>What the voxels of a forward have to hold.</summary>
    /// <param name="Shape">The sizes.</param>
    /// <param name="Labels">The number of labels; 0 where the target holds none.</param>
    /// <param name="IgnoreIndex">The label of the voxels that do not count.</param>
    /// <param name="HasNumbers">Whether the target holds numbers from 0 to 1 instead.</param>
    /// <param name="HasWeights">Whether voxels have weights.</param>
    private readonly record struct VoxelRule(LogitsShape Shape, int Labels, long IgnoreIndex, bool HasNumbers, bool HasWeights)
    {
        public string Argument => Labels > 0 || HasNumbers ? "target" : "mask";

        /// <summary>The labels or numbers, where a weight is wrong the voxels.</summary>
        public long Elements => Shape.Samples * Shape.Voxels * (HasNumbers ? Shape.Classes : 1);

        public override string ToString()
        {
            const string weights = "weights that are finite and not negative";
            var numbers = HasNumbers ? "numbers from 0 to 1" : $"labels from 0 to {Labels - 1} or ignore_index = {IgnoreIndex}";
            var target = $"{Argument} must hold {numbers}";
            return !HasWeights ? target : Argument == "target" ? $"{target}, and mask {weights}" : $"{Argument} must hold {weights}";
        }
    }

    /// <summary>
    /// Page-locked memory for the counts of one forward and the event after their copy. Used again and again: there are as many as forwards
    /// were ever under way at once.
    /// </summary>
    private sealed class Landing(nint arrival, double* counts, int samples)
    {
        public nint Arrival => arrival;

        public double* Counts => counts;

        public int Samples => samples;

        public double Sum(int count)
        {
            var sum = 0.0;
            for (var i = 0; i < count; i++)
                sum += Volatile.Read(ref counts[i]);
            return sum;
        }
    }
}
