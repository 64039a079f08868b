using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using GpuLoss.Interop.Torch;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Cli.Benchmarking;

/// <summary>
/// The memory traffic of a loss without its arithmetic: read logits and labels; then read the labels again and copy the logits to a
/// gradient that is allocated already. These are the 3·L + 2·T bytes of every loss whose forward and backward each pass over its inputs
/// once. Only the threads are the product's.
/// </summary>
internal sealed unsafe class StreamingFloor : IDisposable
{
    /// <summary>Long enough that starting a tile costs nothing, short enough that two threads share 3 MB evenly.</summary>
    private const long TileBytes = 1 << 18;
    private const int Line = 64;

    /// <summary>
    /// A tile is walked as four streams at once. On two threads of a Zen 5 one stream took 1.1 to 1.25 times as long, eight were no faster.
    /// </summary>
    private const int Streams = 4;

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
        gradientMemory = (byte*)TensorMemory.AddressOf(gradient);
        logitsBytes = logits.numel() * logits.element_size();
        labelsBytes = labels.numel() * labels.element_size();
        tiles = (logitsBytes + TileBytes - 1) / TileBytes;
    }

    /// <summary>Both passes. The second one runs backwards: the end of the arrays is what the caches still hold.</summary>
    public void Run()
    {
        var team = TorchThreadTeam.Current;
        (claimed, checksum) = (0, 0);
        team.Run(team.Size, Read);
        claimed = 0;
        team.Run(team.Size, CopyBackwards);
    }

    /// <summary>Runs once, and makes sure that everything was read and copied.</summary>
    /// <exception cref="InvalidOperationException">It was not.</exception>
    public void Check()
    {
        Run();
        var (logits, labels) = (0L, 0L);
        var isCopied = true;
        for (long i = 0; i < logitsBytes / sizeof(long); i++)
        {
            logits += ((long*)logitsMemory)[i];
            isCopied &= ((long*)gradientMemory)[i] == ((long*)logitsMemory)[i];
        }

        for (long i = 0; i < labelsBytes / sizeof(long); i++)
            labels += ((long*)labelsMemory)[i];
        if (!isCopied || checksum != logits + 2 * labels)
            throw new InvalidOperationException("The streaming floor did not read all of its inputs or did not copy all logits.");
    }

    public void Dispose() => gradient.Dispose();

    private void Read()
    {
        long sum = 0;
        for (long tile; (tile = Interlocked.Increment(ref claimed) - 1) < tiles;)
            sum += Sum(logitsMemory, logitsBytes, tile) + Sum(labelsMemory, labelsBytes, tile);
        Interlocked.Add(ref checksum, sum);
    }

    private void CopyBackwards()
    {
        long sum = 0;
        for (long tile; (tile = tiles - Interlocked.Increment(ref claimed)) >= 0;)
        {
            sum += Sum(labelsMemory, labelsBytes, tile);
            Copy(tile);
        }

        Interlocked.Add(ref checksum, sum);
    }

    /// <summary>Where a tile begins in an array, on a cache line. The last one ends with the array.</summary>
    private long Begin(long tile, long bytes) => tile == tiles ? bytes : bytes / tiles * tile / Line * Line;

    private static long StreamLength(long bytes) => bytes / Streams / Line * Line;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private long Sum(byte* memory, long bytes, long tile)
    {
        var first = memory + Begin(tile, bytes);
        var end = memory + Begin(tile + 1, bytes);
        var stream = StreamLength(end - first);
        var (a, b, c, d) = (Vector512<long>.Zero, Vector512<long>.Zero, Vector512<long>.Zero, Vector512<long>.Zero);
        for (var line = first; line < first + stream; line += Line)
        {
            a += Vector512.Load((long*)line);
            b += Vector512.Load((long*)(line + stream));
            c += Vector512.Load((long*)(line + 2 * stream));
            d += Vector512.Load((long*)(line + 3 * stream));
        }

        var sum = Vector512.Sum(a + b + (c + d));
        for (var rest = (long*)(first + Streams * stream); rest + 1 <= (long*)end; rest++)
            sum += *rest;
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Copy(long tile)
    {
        var begin = Begin(tile, logitsBytes);
        var length = Begin(tile + 1, logitsBytes) - begin;
        var stream = StreamLength(length);
        var from = logitsMemory + begin;
        var to = gradientMemory + begin;
        for (long i = 0; i < stream; i += Line)
        {
            var a = Vector512.Load(from + i);
            var b = Vector512.Load(from + i + stream);
            var c = Vector512.Load(from + i + 2 * stream);
            var d = Vector512.Load(from + i + 3 * stream);
            Vector512.StoreAlignedNonTemporal(a, to + i);
            Vector512.StoreAlignedNonTemporal(b, to + i + stream);
            Vector512.StoreAlignedNonTemporal(c, to + i + 2 * stream);
            Vector512.StoreAlignedNonTemporal(d, to + i + 3 * stream);
        }

        var copied = Streams * stream;
        Buffer.MemoryCopy(from + copied, to + copied, length - copied, length - copied);
    }
}
