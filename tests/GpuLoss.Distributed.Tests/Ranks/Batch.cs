namespace DistributedTests.Ranks;

/// <summary>A batch that every rank can make, and the part of it that a rank holds.</summary>
/// <param name="Logits">[N, C, 4, 3, 5].</param>
/// <param name="Target">What the loss takes.</param>
/// <param name="Mask">[N, 1, 4, 3, 5], or null.</param>
internal sealed record Batch(Tensor Logits, Tensor Target, Tensor? Mask)
{
    public const int Classes = 4;
    public const int Ignored = 9;

    /// <summary>Draws a batch.</summary>
    public static Batch Draw(int samples, ScalarType type, Targets targets, bool hasMask)
    {
        using var generator = new Generator(17);
        long[] space = [4, 3, 5];
        var logits = 2 * randn([samples, Classes, .. space], dtype: ScalarType.Float64, generator: generator);
        var labels = randint(0, Classes, [samples, .. space], dtype: ScalarType.Int64, generator: generator);
        var chance = rand([samples, 1, .. space], dtype: ScalarType.Float64, generator: generator);
        if (targets == Targets.Ignored)
            labels = labels.masked_fill(chance.squeeze(1).lt(0.2), Ignored);
        if (targets == Targets.OneSampleIgnored)
            labels[samples - 1].fill_(Ignored);
        var target = targets switch
        {
            Targets.OneHot => nn.functional.one_hot(labels, Classes).permute(0, 4, 1, 2, 3).contiguous(),
            Targets.Probabilities =>
                rand([samples, Classes, .. space], dtype: ScalarType.Float64, generator: generator).softmax(1).to_type(type),
            _ => labels,
        };
        return new(logits.to_type(type), target, hasMask ? chance.mul(2).to_type(ScalarType.Float32) : null);
    }

    /// <summary>The samples of a rank: the later ranks have the more, and where there are fewer samples than ranks the first have
    /// none.</summary>
    public Batch Of(Communicator communicator)
    {
        var samples = Logits.shape[0];
        var begin = samples * communicator.rank / communicator.size;
        var length = samples * (communicator.rank + 1) / communicator.size - begin;
        return new(Logits.narrow(0, begin, length), Target.narrow(0, begin, length), Mask?.narrow(0, begin, length));
    }
}

/// <summary>What a target holds.</summary>
internal enum Targets
{
    Labels,
    Ignored,
    OneSampleIgnored,
    OneHot,
    Probabilities,
}
