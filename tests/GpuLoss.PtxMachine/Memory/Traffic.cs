using System.Numerics;

namespace GpuLoss.PtxMachine;

/// <summary>
/// What an access of a warp costs: the sectors of 32 bytes that it touches in global memory (CUDA C++ programming guide, Device Memory
/// Accesses), or the turns that it takes at the 32 banks of shared memory, four bytes wide (Shared Memory).
/// </summary>
internal static unsafe class Traffic
{
    private const int SectorBytes = 32;
    private const int Banks = 32;
    private const int BankBytes = 4;

    public static void Count(Warp warp, char space, ulong* addresses, uint lanes, int size, bool isStore)
    {
        var counters = warp.Launch.Counters;
        if (space == 'g' && isStore)
        {
            var (all, anew) = Sectors(warp.Stored, addresses, lanes);
            counters.SectorsStored += all;
            counters.SectorsStoredAnew += anew;
        }
        else if (space == 'g')
        {
            var (all, anew) = Sectors(warp.Loaded, addresses, lanes);
            counters.SectorsLoaded += all;
            counters.SectorsLoadedAnew += anew;
        }
        else if (space == 's')
        {
            counters.SharedAccesses++;
            counters.Wavefronts += Wavefronts(addresses, lanes, size);
        }
    }

    /// <summary>Accesses are aligned, so that each lies in one sector.</summary>
    private static (int All, int Anew) Sectors(SectorWindow window, ulong* addresses, uint lanes)
    {
        var seen = stackalloc ulong[Frame.Lanes];
        var (count, anew) = (0, 0);
        for (var left = lanes; left != 0; left &= left - 1)
        {
            var sector = addresses[BitOperations.TrailingZeroCount(left)] / SectorBytes;
            var at = count - 1;
            while (at >= 0 && seen[at] != sector)
                at--;
            if (at >= 0)
                continue;
            seen[count++] = sector;
            anew += window.Touch(sector) ? 1 : 0;
        }

        return (count, anew);
    }

    private static int Wavefronts(ulong* addresses, uint lanes, int size)
    {
        // Eight bytes a lane are served by halves of the warp, sixteen by quarters.
        var (group, turns) = (Frame.Lanes * BankBytes / Math.Max(BankBytes, size), 0);
        for (var first = 0; first < Frame.Lanes; first += group)
            turns += TurnsOf(addresses, lanes, first, group, Math.Max(1, size / BankBytes));
        return turns;
    }

    /// <summary>The most different words in one bank.</summary>
    private static int TurnsOf(ulong* addresses, uint lanes, int first, int group, int words)
    {
        var seen = stackalloc ulong[Frame.Lanes];
        var perBank = stackalloc int[Banks];
        new Span<int>(perBank, Banks).Clear();
        var (count, most) = (0, 0);
        for (var lane = first; lane < first + group; lane++)
        {
            for (var word = addresses[lane] / BankBytes; (lanes >> lane & 1) != 0
                && word < addresses[lane] / BankBytes + (ulong)words; word++)
            {
                var at = count - 1;
                while (at >= 0 && seen[at] != word)
                    at--;
                if (at >= 0)
                    continue;
                seen[count++] = word;
                most = Math.Max(most, ++perBank[word % Banks]);
            }
        }

        return most;
    }
}
