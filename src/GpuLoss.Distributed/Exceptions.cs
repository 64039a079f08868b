namespace GpuLoss.Distributed;

/// <summary>A call of MPI failed.</summary>
public sealed class MpiException : Exception
{
    internal MpiException(string function, string text)
        : base($"{function} failed: {text}") => this.function = function;

    /// <summary>The function of MPI.</summary>
    public string function { get; }
}

/// <summary>Something went wrong on a rank, and all ranks say so instead of waiting for it.</summary>
public sealed class FailedRankException : Exception
{
    internal FailedRankException(int rank, string message, Exception? inner = null)
        : base(message, inner) => this.rank = rank;

    /// <summary>The first rank on which it went wrong.</summary>
    public int rank { get; }
}
