using System.Runtime.InteropServices;

namespace GpuLoss.Kernels.Top;

/// <summary>The mean of the largest of many values: four doubles, as tensors hold them.</summary>
/// <param name="Mean">It.</param>
/// <param name="Least">The smallest value that counts.</param>
/// <param name="ByLarger">Its derivative by a value above that.</param>
/// <param name="ByEqual">Its derivative by a value equal to that.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct TopMean(double Mean, double Least, double ByLarger, double ByEqual)
{
    /// <summary>How many doubles it is.</summary>
    public const int Numbers = 4;

    /// <summary>
    /// The mean of those that are larger than the smallest that counts and of what is left of those that are equal to it, which share it.
    /// </summary>
    /// <param name="ofLarger">The sum of the larger ones.</param>
    /// <param name="least">The smallest value that counts.</param>
    /// <param name="count">How many count.</param>
    /// <param name="left">How many of them are not larger.</param>
    /// <param name="equal">How many are equal to it.</param>
    public static TopMean Of(double ofLarger, double least, long count, long left, long equal) =>
        new((ofLarger + left * least) / count, least, 1.0 / count, (double)left / equal / count);

    /// <summary>The same mean as a term of a sum.</summary>
    public TopMean Times(double factor) => this with { Mean = Mean * factor, ByLarger = ByLarger * factor, ByEqual = ByEqual * factor };
}
