using System.Numerics;
using System.Numerics.Tensors;
using GpuLoss.Interop.Torch;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Distributed;

/// <content>Tensors. Those of a GPU travel through the host's memory.</content>
public sealed unsafe partial class Communicator
{
    private const int LargestMessage = 1 << 26;
    private const int LargestGathered = 1 << 14;

    /// <summary>
    /// Replaces a tensor by its sum over all ranks. Summands are added in the order of the ranks, whatever the library and its version: a
    /// sum has the same bits on every rank, in every run and with every MPI.
    /// </summary>
    /// <param name="tensor">Float32, Float64 or Int64, of the same sizes on all ranks.</param>
    /// <exception cref="ArgumentException">The tensor is of another type.</exception>
    /// <exception cref="MpiException">MPI reported an error.</exception>
    public void all_reduce(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.dtype is not (torch.ScalarType.Float32 or torch.ScalarType.Float64 or torch.ScalarType.Int64))
            throw new ArgumentException($"tensor must be Float32, Float64 or Int64, not {tensor.dtype}.", nameof(tensor));
        if (size == 1)
            return;
        OnHost(tensor, (address, elements) =>
        {
            switch (tensor.dtype)
            {
                case torch.ScalarType.Float32:
                    AllReduce((float*)address, elements);
                    break;
                case torch.ScalarType.Float64:
                    AllReduce((double*)address, elements);
                    break;
                default:
                    AllReduce((long*)address, elements);
                    break;
            }
        });
    }

    /// <summary>Replaces a tensor by that of one rank.</summary>
    /// <param name="tensor">Of the same type and sizes on all ranks.</param>
    /// <param name="root">The rank it comes from.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such rank.</exception>
    /// <exception cref="MpiException">MPI reported an error.</exception>
    public void broadcast(Tensor tensor, int root = 0)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (root < 0 || root >= size)
            throw new ArgumentOutOfRangeException(nameof(root), root, $"root must lie between 0 and {size - 1}.");
        if (size == 1)
            return;
        OnHost(tensor, (address, elements) =>
        {
            var bytes = elements * tensor.ElementSize;
            for (var begin = 0L; begin < bytes; begin += LargestMessage)
            {
                var length = (int)Math.Min(LargestMessage, bytes - begin);
                Locked(() => library!.Broadcast(address + (nint)begin, length, root));
                Count(root == rank ? 0 : length);
            }
        });
    }

    /// <summary>The tensors of all ranks, in their order.</summary>
    /// <param name="tensor">Of the same type and sizes on all ranks.</param>
    /// <returns>[size, *S], where the tensor is.</returns>
    /// <exception cref="MpiException">MPI reported an error.</exception>
    public Tensor all_gather(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        using var noGraph = torch.no_grad();
        var all = torch.zeros([size, .. tensor.shape], dtype: tensor.dtype, device: tensor.device);
        using (var own = all[rank])
            own.copy_(tensor);
        var bytes = tensor.numel() * tensor.ElementSize;
        if (size > 1 && tensor.device_type == DeviceType.CPU && bytes <= LargestMessage)
        {
            using var source = tensor.detach().contiguous();
            var (from, to) = (TensorMemory.AddressOf(source), TensorMemory.AddressOf(all));
            Locked(() => library!.AllGather((void*)from, (void*)to, (int)bytes));
            Count((size - 1) * bytes);
            return all;
        }

        for (var root = 0; root < size; root++)
        {
            using var part = all[root];
            broadcast(part, root);
        }

        return all;
    }

    /// <summary>The same number of values of every rank, one after another.</summary>
    internal T[] Gather<T>(ReadOnlySpan<T> own)
        where T : unmanaged
    {
        var all = new T[checked(own.Length * size)];
        if (size == 1)
        {
            own.CopyTo(all);
            return all;
        }

        var bytes = checked(own.Length * sizeof(T));
        fixed (T* from = own, to = all)
        {
            var (source, destination) = ((nint)from, (nint)to);
            Locked(() => library!.AllGather((void*)source, (void*)destination, bytes));
        }

        Count((size - 1L) * bytes);
        return all;
    }

    /// <summary>The values of every rank, as many as each has, one rank after another.</summary>
    /// <param name="own">This rank's.</param>
    /// <param name="counts">How many values each rank has, the same on all ranks.</param>
    internal T[] Gather<T>(ReadOnlySpan<T> own, int[] counts)
        where T : unmanaged
    {
        var all = new T[counts.Aggregate(0, (sum, count) => checked(sum + count))];
        if (size == 1)
        {
            own.CopyTo(all);
            return all;
        }

        var lengths = Array.ConvertAll(counts, count => checked(count * sizeof(T)));
        var offsets = new int[size];
        for (var i = 1; i < size; i++)
            offsets[i] = checked(offsets[i - 1] + lengths[i - 1]);
        fixed (T* from = own, to = all)
        fixed (int* eachLength = lengths, eachOffset = offsets)
        {
            var (source, destination, length, offset) = ((nint)from, (nint)to, (nint)eachLength, (nint)eachOffset);
            var bytes = lengths[rank];
            Locked(() => library!.AllGather((void*)source, bytes, (void*)destination, (int*)length, (int*)offset));
        }

        Count(all.Length * (long)sizeof(T) - lengths[rank]);
        return all;
    }

    private void Count(long bytes) => (messages, bytes_received) = (messages + 1, bytes_received + bytes);

    private void AllReduce<T>(T* values, long elements)
        where T : unmanaged, INumber<T>
    {
        var most = LargestMessage / sizeof(T);
        for (var begin = 0L; begin < elements; begin += most)
        {
            var part = new Span<T>(values + begin, (int)Math.Min(most, elements - begin));
            if (part.Length * sizeof(T) <= LargestGathered)
                Sum<T>(Gather<T>(part), part);
            else
                SumOfShares(part);
        }
    }

    /// <summary>Each rank adds up its share of the values, and all gather the sums: 2·(1 - 1/size) of the bytes, as the best
    /// all-reduce.</summary>
    private void SumOfShares<T>(Span<T> values)
        where T : unmanaged, INumber<T>
    {
        var share = (values.Length + size - 1) / size;
        var (padded, received) = (new T[share * size], new T[share * size]);
        values.CopyTo(padded);
        var bytes = share * sizeof(T);
        fixed (T* from = padded, to = received)
        {
            var (source, destination) = ((nint)from, (nint)to);
            Locked(() => library!.AllToAll((void*)source, (void*)destination, bytes));
        }

        Count((size - 1L) * bytes);
        var sum = padded.AsSpan(0, share);
        Sum<T>(received, sum);
        Gather<T>(sum).AsSpan(0, values.Length).CopyTo(values);
    }

    private void Sum<T>(ReadOnlySpan<T> all, Span<T> sum)
        where T : unmanaged, INumber<T>
    {
        var length = sum.Length;
        all[..length].CopyTo(sum);
        for (var i = 1; i < size; i++)
            TensorPrimitives.Add(sum, all.Slice(i * length, length), sum);
    }

    /// <summary>Works on the memory of a tensor, or on a copy of it on the host, which is written back.</summary>
    private static void OnHost(Tensor tensor, Action<nint, long> work)
    {
        using var noGraph = torch.no_grad();
        if (tensor.device_type == DeviceType.CPU && tensor.is_contiguous())
        {
            work(TensorMemory.AddressOf(tensor), tensor.numel());
            return;
        }

        using var onHost = tensor.detach().cpu();
        using var copy = onHost.contiguous();
        work(TensorMemory.AddressOf(copy), copy.numel());
        tensor.copy_(copy);
    }
}
