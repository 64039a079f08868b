namespace GpuLossTests;

/// <summary>Collects the largest errors of every loss, type and width of registers into TestResults/accuracy.md and accuracy.png, and holds
/// them to what is claimed.</summary>
public class AccuracyReportTests
{
    /// <summary>Set in the processes that measure on narrower registers: where to write.</summary>
    internal const string Variable = "GPULOSS_TEST_ACCURACY_FILE";

    [Fact]
    public async Task Errors_are_collected_and_within_the_claims()
    {
        var own = AccuracyRow.Measure();
        if (Environment.GetEnvironmentVariable(Variable) is { } file)
        {
            await File.WriteAllLinesAsync(file, own.Select(row => row.ToLine()), TestContext.Current.CancellationToken);
            return;
        }

        List<AccuracyRow> rows = [.. own];
        foreach (var (instructions, _) in RegisterWidths.Without.Where(pair => pair.Value < HostPath.Expected))
            rows.AddRange(await RegisterWidths.LinesOf(Variable, instructions, AccuracyRow.Parse));

        // The narrowest registers are there twice: without AVX2, and without any instruction .NET knows by name.
        rows = [.. rows.GroupBy(row => (row.Loss, row.Type, row.Registers))
            .Select(group => group.MaxBy(row => Math.Max(row.Value, row.Gradient))!)];
        var sweep = VoxelSweep.Measure();
        AccuracyReport.Write(Path.Combine(Root(), "TestResults"), rows, sweep);

        Assert.All(rows, row => Assert.True(row.Value <= ToleranceOf(row.Type), row.ToLine()));
        Assert.All(rows, row => Assert.True(row.Gradient <= ToleranceOf(row.Type) + RoundingOf(row.Type), row.ToLine()));
        Assert.All(sweep, point => Assert.InRange(point.Fused, 0, 1e-6));
    }

    private static double ToleranceOf(ScalarType type) => type == ScalarType.Float64 ? 1e-11 : 1e-6;

    private static double RoundingOf(ScalarType type) => type switch
    {
        ScalarType.Float16 => 1.0 / 2048,
        ScalarType.BFloat16 => 1.0 / 256,
        _ => 0,
    };

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "GpuLoss.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException("These tests run inside the repository.");
        return folder.FullName;
    }
}
