using CsCheck;

namespace GpuLossTests;

/// <summary>Checks a law on many cases.</summary>
internal static class Property
{
    private const ulong Seed = 20261125;
    private const int CasesAtNight = 100;
    private const int CasesToShrink = 500;

    /// <summary>
    /// Checks a law on cases that are the same in every run, and on many others at night. Of a case that breaks it, a simpler one is looked
    /// for.
    /// </summary>
    /// <param name="cases">Where cases come from.</param>
    /// <param name="count">How many are checked by every build.</param>
    /// <param name="law">Throws where it is broken.</param>
    public static void Holds<T>(Gen<T> cases, int count, Action<T> law)
    {
        void Check(T drawn)
        {
            using var scope = NewDisposeScope();
            law(drawn);
        }

        var random = Nightly.IsOn ? new PCG(0) : new PCG(0, Seed);
        for (var i = 0; i < Nightly.Times(count, CasesAtNight * count); i++)
        {
            var state = random.State;
            var drawn = cases.Generate(random, null, out _);
            try
            {
                Check(drawn);
            }
#pragma warning disable CA1031 // Whatever a law throws, the simplest case that makes it do so is what helps.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                cases.Sample(Check, seed: random.ToString(state), iter: CasesToShrink, threads: 1);
                throw new InvalidOperationException($"Broken once and not again, by {drawn}.", exception);
            }
        }
    }
}
