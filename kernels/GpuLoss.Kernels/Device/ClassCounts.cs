namespace GpuLoss.Kernels.Device;

/// <summary>How many of the leaves of a <see cref="IClassTree{TVector}"/> are classes. A type, so that a kernel knows what it
/// can.</summary>
internal interface IClassCount
{
    /// <summary>C.</summary>
    /// <param name="leaves">The leaves of the tree.</param>
    /// <param name="classes">C of the launch.</param>
    int Of(int leaves, int classes);

    /// <summary>The classes from here on do not exist.</summary>
    /// <param name="classes">C of the launch.</param>
    int End(int classes);

    /// <summary>Whether there may be leaves that are no classes.</summary>
    bool IsPadded { get; }
}

/// <summary>All leaves are classes: C is a constant of the kernel.</summary>
internal struct ExactClasses : IClassCount
{
    /// <inheritdoc/>
    public readonly int Of(int leaves, int classes) => leaves;

    /// <inheritdoc/>
    public readonly int End(int classes) => int.MaxValue;

    /// <inheritdoc/>
    public readonly bool IsPadded => false;
}

/// <summary>The first C leaves are classes.</summary>
internal struct PaddedClasses : IClassCount
{
    /// <inheritdoc/>
    public readonly int Of(int leaves, int classes) => classes;

    /// <inheritdoc/>
    public readonly int End(int classes) => classes;

    /// <inheritdoc/>
    public readonly bool IsPadded => true;
}
