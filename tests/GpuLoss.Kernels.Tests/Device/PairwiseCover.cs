namespace GpuLoss.Kernels.Tests.Device;

/// <summary>Chooses few of many combinations such that any two values that meet in one of the many meet in one of the few.</summary>
internal static class PairwiseCover
{
    /// <summary>Takes, again and again, the combination in which the most pairs meet that have not met yet; of equals, the first.</summary>
    /// <param name="candidates">The combinations.</param>
    /// <param name="values">The values of one, always as many.</param>
    public static List<T> Of<T>(IReadOnlyList<T> candidates, Func<T, object[]> values)
    {
        var pairs = candidates.Select(candidate => Pairs(values(candidate)).ToArray()).ToArray();
        var open = pairs.SelectMany(pair => pair).ToHashSet();
        var chosen = new List<T>();
        while (open.Count > 0)
        {
            var best = Enumerable.Range(0, candidates.Count).MaxBy(i => pairs[i].Count(open.Contains));
            chosen.Add(candidates[best]);
            open.ExceptWith(pairs[best]);
        }

        return chosen;
    }

    private static IEnumerable<(int, object, int, object)> Pairs(object[] values) =>
        from first in Enumerable.Range(0, values.Length)
        from second in Enumerable.Range(first + 1, values.Length - first - 1)
        select (first, values[first], second, values[second]);
}
