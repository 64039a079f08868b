namespace GpuLossTests;

/// <summary>Tens of thousands of steps: live tensors and memory stay where they are, however tensors are let go.</summary>
public class LongTrainingTests
{
    private const int Iterations = 20_000;
    private const int IterationsAtNight = 500_000;
    private const int IterationsPerCollection = 1000;
    private const int WarmUp = 2000;
    private const long AllowedGrowth = 6 << 20;

    private static readonly int[] Space = [6, 6, 6];

    public static TheoryData<string, Keeping> Cases => new(
        ("dice + cross-entropy", Keeping.Scopes), ("dice + cross-entropy", Keeping.Using), ("dice + cross-entropy", Keeping.Nothing),
        ("compound of three", Keeping.Scopes), ("compound of three", Keeping.Nothing));

    /// <summary>How a training loop lets go of tensors.</summary>
    public enum Keeping
    {
        /// <summary>A dispose scope for every step.</summary>
        Scopes,

        /// <summary>What it makes is disposed one by one.</summary>
        Using,

        /// <summary>It is left to the garbage collector.</summary>
        Nothing,
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Memory_stays_flat(string name, Keeping keeping)
    {
        using var weights = randn([1, 3, .. Space.Select(size => (long)size)]).requires_grad_(true);
        using var target = randint(3, [1, .. Space.Select(size => (long)size)], dtype: ScalarType.Byte);
        using var criterion = LossCatalogue.Of(name).Make(new() { WeightSeed = 1 }, 3);
        var iterations = Nightly.Times(Iterations, IterationsAtNight);
        Run(criterion, weights, target, keeping, WarmUp);
        var (tensors, resident) = (Tensor.TotalCount, NativeMemory.ResidentBytes());
        for (var done = 0; done < iterations; done += IterationsPerCollection)
        {
            Run(criterion, weights, target, keeping, IterationsPerCollection);
            NativeMemory.Collect();
            Assert.InRange(Tensor.TotalCount, 0, tensors + 2);
        }

        Assert.InRange(NativeMemory.ResidentBytes(), 0, resident + AllowedGrowth);
    }

    private static void Run(Loss criterion, Tensor weights, Tensor target, Keeping keeping, int iterations)
    {
        for (var i = 0; i < iterations; i++)
        {
            using var scope = keeping == Keeping.Scopes ? NewDisposeScope() : null;
            var logits = weights * 2;
            var loss = criterion.forward(logits, target);
            loss.backward();
            var gradient = weights.grad!;
            weights.grad = null;
            if (keeping != Keeping.Using)
                continue;
            gradient.Dispose();
            loss.Dispose();
            logits.Dispose();
        }
    }
}
