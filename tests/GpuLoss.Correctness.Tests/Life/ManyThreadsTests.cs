namespace GpuLossTests;

/// <summary>Eight threads train at once, while another makes the finalizers run, which free tensors on a thread of their own.</summary>
[Collection(RunsAlone.Name)]
public class ManyThreadsTests
{
    private const int Threads = 8;

    private static readonly TimeSpan Build = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Night = TimeSpan.FromMinutes(1);

    [Fact]
    public void Eight_threads_get_the_bits_of_one()
    {
        var cases = Enumerable.Range(0, Threads).Select(i => new Work(LossCatalogue.All[i % LossCatalogue.All.Count], 30 + i)).ToArray();
        var end = DateTime.UtcNow + (Nightly.IsOn ? Night : Build);
        var runs = new int[Threads];
        var failures = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var threads = cases.Select((work, index) => new Thread(() =>
        {
            while (DateTime.UtcNow < end && failures.IsEmpty)
            {
                runs[index]++;
                if (Record.Exception(() => work.Repeat(disposes: runs[index] % 2 == 0)) is { } failure)
                    failures.Enqueue($"{work}: {failure}");
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        while (DateTime.UtcNow < end)
        {
            NativeMemory.Collect();
            Thread.Sleep(100);
        }

        threads.ForEach(thread => thread.Join());
        Assert.True(failures.IsEmpty, string.Join('\n', failures));
        Assert.All(runs, count => Assert.InRange(count, 10, int.MaxValue));
    }

    /// <summary>One loss on one volume, and what comes out of it on a thread alone.</summary>
    private sealed class Work
    {
        private readonly CataloguedLoss loss;
        private readonly VolumeCase volume;
        private readonly float value;
        private readonly float[] gradient;

        public Work(CataloguedLoss loss, int seed)
        {
            this.loss = loss;
            volume = new(1, 4, [12, 11, 10], ScalarType.Float32, Layout.Contiguous, 2, (ScalarType.Int32, Layout.Contiguous, false), seed);
            (value, gradient) = Run(disposes: true);
        }

        /// <summary>Checks that it is the same once more.</summary>
        public void Repeat(bool disposes)
        {
            var (again, gradientAgain) = Run(disposes);
            Assert.Equal(value, again);
            Assert.True(gradient.AsSpan().SequenceEqual(gradientAgain));
        }

        public override string ToString() => $"{loss} on {volume}";

        private (float Value, float[] Gradient) Run(bool disposes)
        {
            using var scope = disposes ? NewDisposeScope() : null;
            using var criterion = loss.Make(new() { WeightSeed = 2 }, 4);
            var logits = volume.Logits();
            var result = criterion.forward(logits, volume.Labels(LossOptions.UnusedNegative));
            result.backward();
            return (result.item<float>(), logits.grad!.data<float>().ToArray());
        }
    }
}
