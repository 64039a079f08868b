namespace GpuLossTests;

/// <summary>Eight threads train at once, while another makes the finalizers run, which free tensors on a thread of their own.</summary>
public class ManyThreadsTests
{
    private const int Threads = 8;

    private static readonly TimeSpan Build = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Night = TimeSpan.FromMinutes(1);

    [Fact]
    public void Eight_threads_get_the_bits_of_one()
    {
        var works = LossCatalogue.All.Select((loss, index) => (Thread: index % Threads, Work: new Work(loss, 30 + index)))
            .ToLookup(pair => pair.Thread, pair => pair.Work);
        var end = DateTime.UtcNow + (Nightly.IsOn ? Night : Build);
        var runs = new int[Threads];
        var failures = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var threads = works.Select(ofThread => new Thread(() =>
        {
            while (DateTime.UtcNow < end && failures.IsEmpty)
            {
                var run = ++runs[ofThread.Key];
                foreach (var work in ofThread)
                {
                    if (Record.Exception(() => work.Repeat(disposes: run % 2 == 0)) is { } failure)
                        failures.Enqueue($"{work}: {failure}");
                }
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        while (DateTime.UtcNow < end)
        {
            NativeMemory.Collect();
            Thread.Sleep(5);
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
            var (logits, target) = Inputs();
            using var scope = disposes ? NewDisposeScope() : null;
            var criterion = loss.Make(new() { WeightSeed = 2 }, 4);
            var result = criterion.forward(logits, target);
            result.backward();
            var gradient = logits.grad!;
            return (result.item<float>(), gradient.data<float>().ToArray());
        }

        /// <summary>
        /// Logits and target without a scope. They are made in one: TorchSharp's finalizer frees a tensor that nothing refers to any more
        /// while a native operation still reads it, and only a scope refers to what is between two operations.
        /// </summary>
        private (Tensor Logits, Tensor Target) Inputs()
        {
            using var scope = NewDisposeScope();
            return (volume.Logits().DetachFromDisposeScope(), volume.Labels(LossOptions.UnusedNegative).DetachFromDisposeScope());
        }
    }
}
