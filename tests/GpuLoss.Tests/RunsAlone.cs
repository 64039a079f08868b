namespace GpuLossTests;

/// <summary>Tests that look at numbers of the whole process run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public class RunsAlone
{
    public const string Name = "process-wide";
}
