namespace GpuLoss.PtxMachine.Tests.Top;

/// <summary>Values to choose the largest of.</summary>
internal static class TopValueKinds
{
    /// <summary>How values may lie.</summary>
    private static readonly Dictionary<string, Func<Random, int, float>> Kinds = new()
    {
        ["cross-entropies"] = (random, _) => (float)-Math.Log(1 - random.NextDouble()),
        ["few, of both signs"] = (random, _) => random.Next(-3, 4) / 4f,
        ["ties of many"] = (random, _) => random.Next(200),
        ["around 0"] = (random, _) => random.NextSingle() - 0.5f,
        ["all equal"] = (_, _) => 0.25f,
        ["all 0, of both signs"] = (random, _) => random.Next(2) == 0 ? 0f : -0f,
        ["of every exponent"] = (random, _) => BitConverter.UInt32BitsToSingle((uint)random.NextInt64(0x7F80_0000)),
        ["negative, of every exponent"] = (random, _) => -BitConverter.UInt32BitsToSingle((uint)random.NextInt64(0x7F80_0000)),
        ["apart by the last bit"] = (random, _) => BitConverter.UInt32BitsToSingle(0x4049_0FDB + (uint)random.Next(5)),
        ["rising"] = (_, i) => i / 1000f,
        ["falling"] = (_, i) => -i / 1000f,
        ["0 but for a few"] = (random, _) => random.Next(50) == 0 ? random.NextSingle() : 0f,
        ["with infinities"] = (random, _) =>
            random.Next(40) switch { 0 => float.PositiveInfinity, 1 => float.NegativeInfinity, _ => random.NextSingle() },
        ["with NaN"] = (random, _) => random.Next(300) == 0 ? float.NaN : random.NextSingle(),
        ["NaN of both signs, mostly"] = (random, _) => random.Next(3) switch { 0 => random.NextSingle(), 1 => float.NaN, _ => -float.NaN },
    };

    public static IEnumerable<string> Names => Kinds.Keys;

    /// <summary>Some values of a kind, always the same.</summary>
    public static float[] Values(string kind, int length)
    {
        var random = new Random(length);
        return [.. Enumerable.Range(0, length).Select(i => Kinds[kind](random, i))];
    }
}
