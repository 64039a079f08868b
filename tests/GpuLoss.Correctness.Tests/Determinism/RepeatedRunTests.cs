namespace GpuLossTests;

/// <summary>The same bits in a hundred runs and with any number of threads.</summary>
public class RepeatedRunTests : HostPath
{
    private const int Runs = 100;
    private const int RunsOfOtherTypes = 20;
    private const int MostThreads = 8;

    private static readonly ScalarType[] Types = [ScalarType.Float32, ScalarType.Float64, ScalarType.Float16, ScalarType.BFloat16];

    public static TheoryData<string> Losses => LossCatalogue.Names;

    [Theory]
    [MemberData(nameof(Losses))]
    public void The_bits_are_those_of_the_first_run(string name)
    {
        // Several tiles of every sample, the last of them ragged.
        foreach (var type in Types)
        {
            var volume = new VolumeCase(
                2, 3, [13, 29, 35], type, Layout.Contiguous, 2, (ScalarType.Int16, Layout.Contiguous, false), Seed: 17);
            using var scope = NewDisposeScope();
            var (logits, target) = (volume.Logits(), volume.Labels(LossOptions.UnusedNegative));
            var loss = LossCatalogue.Of(name);
            var options = new LossOptions { WeightSeed = 4 };
            var first = LossRun.Fused(loss, options, logits, target);
            var threads = get_num_threads();
            try
            {
                for (var run = 1; run < (type == ScalarType.Float32 ? Runs : Nightly.Times(RunsOfOtherTypes, Runs)); run++)
                {
                    using var inner = NewDisposeScope();
                    set_num_threads(1 + run % MostThreads);
                    var again = LossRun.Fused(loss, options, logits, target);
                    Assert.Equal(BitConverter.DoubleToInt64Bits(first.Value), BitConverter.DoubleToInt64Bits(again.Value));
                    Assert.True(first.Gradient.equal(again.Gradient).all().item<bool>(), $"{type}, run {run}");
                }
            }
            finally
            {
                set_num_threads(threads);
            }
        }
    }
}
