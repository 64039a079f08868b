namespace GpuLoss.Cli.Volumes;

/// <summary>The five classes of the built-in data, and how the regions of the AAL atlas (Tzourio-Mazoyer 2002) fall into them.</summary>
internal static class BrainClasses
{
    /// <summary>The names, background first.</summary>
    public static IReadOnlyList<string> Names { get; } = ["background", "cortex", "cerebellum", "deep grey matter", "hippocampus+amygdala"];

    private static readonly string[] Cerebellum = ["Cerebelum_", "Vermis_"];
    private static readonly string[] Deep = ["Caudate_", "Putamen_", "Pallidum_", "Thalamus_"];
    private static readonly string[] Medial = ["Hippocampus_", "Amygdala_"];

    /// <summary>
    /// The class of every label of <c>aal.nii.gz</c>, from the lines "number name code" of <c>aal.nii.txt</c>. The image holds the numbers
    /// of the first column, not the codes.
    /// </summary>
    public static ClassMap FromAtlasNames(string path)
    {
        var regions = File.ReadLines(path)
            .Select(line => line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length >= 2)
            .Select(fields => (Label: long.Parse(fields[0], System.Globalization.CultureInfo.InvariantCulture), Class: ClassOf(fields[1])))
            .ToLookup(region => region.Class, region => region.Label);
        return ClassMap.From([.. Enumerable.Range(1, Names.Count - 1).Select(c => (Names[c], (IReadOnlyList<long>)[.. regions[c]]))]);
    }

    private static int ClassOf(string region) =>
        StartsWithAny(region, Cerebellum) ? 2 : StartsWithAny(region, Deep) ? 3 : StartsWithAny(region, Medial) ? 4 : 1;

    private static bool StartsWithAny(string region, string[] prefixes) =>
        Array.Exists(prefixes, prefix => region.StartsWith(prefix, StringComparison.Ordinal));
}
