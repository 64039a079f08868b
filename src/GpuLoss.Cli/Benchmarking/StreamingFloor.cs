using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuLoss.Interop.Torch;
using GpuLoss.Kernels.Host;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Cli.Benchmarking;

/// <summary>
/// The memory traffic of a loss without its arithmetic: read logits and labels; then read the labels again and copy the logits to a gradient
/// that is allocated already. These are the 3·L + 2·T bytes that no loss with a forward and a backward can avoid. Nothing here is the
/// product's but the threads.
/// </summary>
internal sealed unsafe class StreamingFloor : IDisposable
{
    /// <summary>A tile is a share of all three arrays; 64 KB of logits or more, so that claiming it costs nothing.</summary>
    private const long TileBytes = 1 << 16;
    private const int Line = 64;

    private readonly Tensor gradient;
    private readonly byte* logitsMemory;
    private readonly byte* labelsMemory;
    private readonly byte* gradientMemory;
    private readonly long logitsBytes;
    private readonly long labelsBytes;
    private readonly long tiles;
    private long claimed;
    private long checksum;

    /// <summary>Prepares the traffic over two contiguous tensors, which must live as long as this.</summary>
    public StreamingFloor(Tensor logits, Tensor labels)
    {
        gradient = torch.zeros_like(logits, requires_grad: false).DetachFromDisposeScope();
        logitsMemory = (byte*)TensorMemory.AddressOf(logits);
        labelsMemory = (byte*)TensorMemory.AddressOf(labels);
        logitsBytes = logits.numel() * logits.element_size();
        labelsBytes = labels.numel() * labels.element_size();
        gradientMemory = (byte*)TensorMemory.AddressOf(gradient);
        tiles = (logitsBytes + TileBytes - 1) / TileBytes;
    }

    /// <summary>What was copied.</summary>
    public Tensor Copy => gradient;

    /// <summary>The sum of everything that was read, as 64-bit integers.</summary>
    public long Checksum => checksum;

    /// <summary>Both passes. The second one runs backwards, because the end of the arrays is what the caches still hold.</summary>
    public void Run()
    {
        var team = TorchThreadTeam.Current;
        (claimed, checksum) = (0, 0);
        team.Run(team.Size, Read);
        claimed = 0;
        team.Run(team.Size, CopyBackwards);
    }

    public void Dispose() => gradient.Dispose();

    private void Read()
    {
        long sum = 0;
        for (long tile; (tile = Interlocked.Increment(ref claimed) - 1) < tiles;)
        {
            sum += Sum(logitsMemory, Begin(tile, logitsBytes), Begin(tile + 1, logitsBytes));
            sum += Sum(labelsMemory, Begin(tile, labelsBytes), Begin(tile + 1, labelsBytes));
        }

        Interlocked.Add(ref checksum, sum);
    }

    private void CopyBackwards()
    {
        long sum = 0;
        for (long tile; (tile = tiles - Interlocked.Increment(ref claimed)) >= 0;)
        {
            sum += Sum(labelsMemory, Begin(tile, labelsBytes), Begin(tile + 1, labelsBytes));
            CopyTile(logitsMemory, gradientMemory, Begin(tile, logitsBytes), Begin(tile + 1, logitsBytes));
        }

        Interlocked.Add(ref checksum, sum);
    }

    /// <summary>The first byte of a tile in an array, on a cache line; the last tile ends with the array.</summary>
    private long Begin(long tile, long bytes) => tile >= tiles ? bytes : bytes / tiles * tile / Line * Line;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static long Sum(byte* memory, long begin, long end)
    {
        const int Step = 4 * Line;
        var (a, b, c, d) = (Vector512<long>.Zero, Vector512<long>.Zero, Vector512<long>.Zero, Vector512<long>.Zero);
        var i = begin;
        for (; i + Step <= end; i += Step)
        {
            a += Vector512.Load((long*)(memory + i));
            b += Vector512.Load((long*)(memory + i + Line));
            c += Vector512.Load((long*)(memory + i + 2 * Line));
            d += Vector512.Load((long*)(memory + i + 3 * Line));
        }

        var sum = Vector512.Sum(a + b + (c + d));
        for (; i + sizeof(long) <= end; i += sizeof(long))
            sum += *(long*)(memory + i);
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void CopyTile(byte* from, byte* to, long begin, long end)
    {
        var i = begin;
        for (; i + Line <= end; i += Line)
            Vector512.StoreAlignedNonTemporal(Vector512.Load(from + i), to + i);
        new Span<byte>(from + i, (int)(end - i)).CopyTo(new Span<byte>(to + i, (int)(end - i)));
    }
}
