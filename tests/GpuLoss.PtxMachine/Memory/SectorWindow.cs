namespace GpuLoss.PtxMachine;

/// <summary>
/// The sectors that a warp touched last, as far as level 1 is sure to have them still: its share of 256 KB, if the 64 warps that a
/// multiprocessor of sm_90 holds are there (CUDA C++ programming guide, Compute Capabilities). Labels of eight bytes are such a case: a
/// lane that loads four of them, one after another, touches one sector four times.
/// </summary>
internal sealed class SectorWindow
{
    /// <summary>4 KB.</summary>
    public const int Sectors = 128;

    private const ulong Nothing = ulong.MaxValue;

    private readonly ulong[] sectors = new ulong[Sectors];
    private int next;

    /// <summary>Begins anew.</summary>
    public void Forget() => Array.Fill(sectors, Nothing);

    /// <summary>Touches a sector. Says whether it was not among the last ones.</summary>
    public bool Touch(ulong sector)
    {
        if (sectors.AsSpan().Contains(sector))
            return false;
        sectors[next] = sector;
        next = (next + 1) % Sectors;
        return true;
    }
}
