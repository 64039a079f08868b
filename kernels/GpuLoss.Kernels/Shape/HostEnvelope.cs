using System.Runtime.CompilerServices;
using GpuLoss.Kernels.Host;

namespace GpuLoss.Kernels.Shape;

/// <summary>A contiguous line on the host, and memory for envelopes of lines of one length.</summary>
internal readonly unsafe struct HostEnvelope : IEnvelopeMemory
{
    private readonly double* line;
    private readonly double* inverses;
    private readonly double* lifted;
    private readonly double* borders;
    private readonly int* vertices;

    /// <summary>Takes the memory.</summary>
    /// <param name="length">Places of a line.</param>
    /// <param name="area">The square of the distance of two places.</param>
    /// <param name="scratch">Has <see cref="Bytes"/>.</param>
    public HostEnvelope(int length, double area, ScratchMemory scratch)
    {
        line = null;
        inverses = scratch.Take<double>(length);
        lifted = scratch.Take<double>(length);
        borders = scratch.Take<double>(length);
        vertices = scratch.Take<int>(length);
        for (var apart = 1; apart < length; apart++)
            inverses[apart] = 1 / (2 * area * apart);
    }

    private HostEnvelope(HostEnvelope other, double* line)
    {
        this = other;
        this.line = line;
    }

    /// <summary>The memory that lines of a length take.</summary>
    public static long Bytes(int length) => 3 * ScratchMemory.SizeOf<double>(length) + ScratchMemory.SizeOf<int>(length);

    /// <summary>The same memory for another line.</summary>
    public HostEnvelope Of(double* of) => new(this, of);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double Read(int place) => line[place];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(int place, double value) => line[place] = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double Lifted(int index) => lifted[index];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Lift(int index, double value) => lifted[index] = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double Border(int index) => borders[index];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Bound(int index, double border) => borders[index] = border;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Vertex(int index) => vertices[index];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Root(int index, int place) => vertices[index] = place;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double Inverse(int apart) => inverses[apart];
}
