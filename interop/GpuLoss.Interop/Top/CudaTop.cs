using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using GpuLoss.Interop.Cuda;
using GpuLoss.Kernels.Device;
using GpuLoss.Kernels.Top;
using GpuLoss.Kernels.Top.Device;

namespace GpuLoss.Interop.Top;

/// <summary>The largest of many values of CUDA tensors, in float32: launches on torch's stream, and no waiting for the host.</summary>
internal sealed class CudaTop(CudaDevice device, Func<TopKernel, PtxKernel> compile) : ITopEngine
{
    /// <summary>
    /// The most blocks of a launch; four of them fit into a multiprocessor. Sums are the same on all GPUs, since their order does not
    /// depend on how many multiprocessors one has.
    /// </summary>
    private const int MostBlocks = TopKernel.Threads;

    /// <summary>Values of a thread at least, against what it takes to begin and end a block.</summary>
    private const int LeastOfThread = 8;

    private const int Counts = DeviceTopCounts.Passes * DeviceTopCounts.Digits;
    private const int Places = DeviceTopCounts.Passes + 1;

    private static readonly ConcurrentDictionary<int, CudaTop> Engines = new();

    private readonly CudaKernels<TopKernel> kernels = new(compile);

    /// <inheritdoc/>
    public long ScratchBytes => Counts * sizeof(long) + Places * Unsafe.SizeOf<TopPlace>() + MostBlocks * sizeof(double);

    /// <summary>The engine of a GPU.</summary>
    /// <exception cref="NotSupportedException">There is no CUDA driver.</exception>
    /// <exception cref="CudaException">There is no such GPU.</exception>
    public static CudaTop For(int ordinal) =>
        Engines.GetOrAdd(ordinal, static number => new CudaTop(CudaDevice.For(number), PtxCompiler.Compile));

    /// <inheritdoc/>
    public void Select(TopValues values, long count, nint scratch, nint mean, double factor, nint value)
    {
        CheckType(values);
        var (counts, places) = (scratch, scratch + Counts * sizeof(long));
        var (partials, blocks) = (places + Places * Unsafe.SizeOf<TopPlace>(), BlocksOf(values.Length));
        var arguments = default(KernelArguments);
        arguments.View(counts, Counts).View(places, Places).Value(count).Value(values.Length);
        Launch(TopKernel.Begin, Counts / TopKernel.Threads, ref arguments);
        for (var pass = 0; pass < DeviceTopCounts.Passes; pass++)
        {
            arguments = default;
            View(ref arguments, values).View(counts, Counts).View(places, Places).Value(pass);
            Launch(TopKernel.Count, blocks, ref arguments);
        }

        arguments = default;
        View(ref arguments, values).View(counts, Counts).View(places, Places).View(partials, blocks);
        Launch(TopKernel.Sum, blocks, ref arguments);
        arguments = default;
        arguments.View(partials, blocks).View(places, Places).View(mean, 1).View(value, 1).Value(count).Value(factor);
        Launch(TopKernel.Finish, 1, ref arguments);
    }

    /// <inheritdoc/>
    public void Differentiate(TopValues values, ReadOnlySpan<WeightedMean> means, nint gradient, nint derivatives)
    {
        CheckType(values);
        for (var i = 0; i < means.Length; i++)
        {
            var arguments = default(KernelArguments);
            View(ref View(ref arguments, values).View(means[i].Mean, 1).View(gradient, 1), values with { Address = derivatives })
                .Value(means[i].Factor).Value(i > 0 ? 1 : 0);
            Launch(TopKernel.Differentiate, BlocksOf(values.Length), ref arguments);
        }
    }

    private static void CheckType(TopValues values)
    {
        if (values.IsDouble)
            throw new NotSupportedException("The largest values of a CUDA tensor are those of float32, not of float64.");
    }

    /// <summary>All values, and those that are read four at a time.</summary>
    private static ref KernelArguments View(ref KernelArguments arguments, TopValues values) =>
        ref arguments.View(values.Address, values.Length).View(values.Address, values.Length / TopQuad.Values);

    private static int BlocksOf(long length) =>
        (int)Math.Clamp((length + TopKernel.Threads * LeastOfThread - 1) / (TopKernel.Threads * LeastOfThread), 1, MostBlocks);

    private void Launch(TopKernel kernel, int blocks, scoped ref KernelArguments arguments) =>
        device.Launch(kernels, kernel, kernel.Name, (blocks, 1, 1), TopKernel.Threads, ref arguments);
}
