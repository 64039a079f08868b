namespace GpuLoss.Autograd;

/// <summary>
/// Where the cause of a failed backward is kept: libtorch can carry the news out of <c>backward()</c>, but not the exception itself.
/// </summary>
internal static class BackwardFailure
{
    private static Exception? last;

    /// <summary>The cause of the last backward that failed, on any thread: with CUDA, autograd has threads of its own.</summary>
    public static Exception? Last
    {
        get => Volatile.Read(ref last);
        set => Volatile.Write(ref last, value);
    }
}
