using GpuLoss.Kernels.Objective;

namespace GpuLoss.Kernels.Host;

/// <summary>What Reduce and Spread read, in host memory.</summary>
internal readonly unsafe struct HostArguments
{
    /// <summary>The sums of the pass, at least one.</summary>
    public required HostSum[] Sums { get; init; }

    /// <summary>The sizes.</summary>
    public required LogitsShape Shape { get; init; }

    /// <summary>Logits [N, C, *S].</summary>
    public required void* Logits { get; init; }

    /// <summary>The type of the logits and of the gradient.</summary>
    public required LogitsType LogitsType { get; init; }

    /// <summary>The target, [N, *S] or [N, C, *S].</summary>
    public required void* Target { get; init; }

    /// <summary>What it holds.</summary>
    public TargetKind TargetKind { get; init; }

    /// <summary>The type of the labels, where it holds these.</summary>
    public LabelType LabelType { get; init; }

    /// <summary>The label of the voxels that do not count.</summary>
    public int IgnoreIndex { get; init; }

    /// <summary>Whether numbers outside of 0 to 1 in the target are counted with the invalid labels.</summary>
    public bool ChecksTarget { get; init; }

    /// <summary>The weights of the voxels [N, *S], or null.</summary>
    public void* Mask { get; init; }

    /// <summary>Their type.</summary>
    public MaskKind MaskKind { get; init; }

    /// <summary>Where logits, target, weights and gradient lie; null where all of them are contiguous.</summary>
    public VolumeLayout? Layout { get; init; }

    /// <summary>The sum whose voxel term is also wanted voxel by voxel, or given a gradient voxel by voxel.</summary>
    public int ValueSum { get; init; }

    /// <summary>Whether that is [N, C, V], class by class, and not [N, V]; contiguous in any case.</summary>
    public bool ValuesPerClass { get; init; }
}

/// <summary>One sum of a pass.</summary>
internal readonly unsafe struct HostSum
{
    /// <summary>What is summed.</summary>
    public required SumDefinition Definition { get; init; }

    /// <summary>a of every class, or null where all are 1.</summary>
    public double* Positive { get; init; }

    /// <summary>b of every class, or null where all are 1.</summary>
    public double* Negative { get; init; }

    /// <summary>The distances between classes [C, C], or null; see <see cref="SumDefinition.Distances"/>.</summary>
    public double* Distances { get; init; }

    /// <summary>A sum of a plan in host memory.</summary>
    public static HostSum Of(double* plan, int classes, int sum)
    {
        var layout = new SumPlan(classes);
        var positive = plan + layout.Positive(sum, 0);
        var negative = plan + layout.Negative(sum, 0);
        var definition = layout.Read(new PlanMemory(plan), sum);
        return new HostSum
        {
            Definition = definition,
            Distances = definition.Distances == 0 ? null : plan + definition.Distances,
            Positive = AreOnes(positive, classes) ? null : positive,
            Negative = AreOnes(negative, classes) ? null : negative,
        };
    }

    private static bool AreOnes(double* values, int count) => !new ReadOnlySpan<double>(values, count).ContainsAnyExcept(1.0);

    /// <summary>A plan in host memory.</summary>
    private readonly struct PlanMemory(double* values) : IScoreInput
    {
        public double Read(long index) => values[index];
    }
}
