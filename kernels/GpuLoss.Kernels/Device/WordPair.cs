using System.Runtime.InteropServices;

namespace GpuLoss.Kernels.Device;

/// <summary>
/// Two words side by side in memory, so that one instruction moves both: <c>WordPair&lt;WordPair&lt;int&gt;&gt;</c> is 16 bytes, the widest
/// load there is.
/// </summary>
/// <typeparam name="TWord">Each of the two.</typeparam>
[StructLayout(LayoutKind.Sequential)]
internal struct WordPair<TWord>
    where TWord : unmanaged
{
    private TWord first;
    private TWord second;

    /// <summary>Puts two words side by side.</summary>
    public WordPair(TWord first, TWord second)
    {
        this.first = first;
        this.second = second;
    }

    /// <summary>The one at the lower address.</summary>
    public readonly TWord First => first;

    /// <summary>The one at the higher address.</summary>
    public readonly TWord Second => second;
}
