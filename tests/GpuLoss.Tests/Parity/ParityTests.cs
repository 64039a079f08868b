using static TorchSharp.torch;

namespace GpuLossTests.Parity;

/// <summary>
/// The table of losses, options, targets and masks against the peers' conventions in float64: hundreds of cases drawn over the grid of
/// options. Values agree to
/// 1e-6 and gradients to 1e-6 of the largest entry; in float64 to 1e-11.
/// </summary>
public class ParityTests : HostPath
{
    private const int CasesPerLoss = 45;

    public static TheoryData<string> Losses => [.. ParityCase.Losses];

    [Theory]
    [MemberData(nameof(Losses))]
    public void A_loss_agrees_with_its_peer(string loss)
    {
        var failures = new List<string>();
        for (var seed = 0; seed < CasesPerLoss; seed++)
        {
            using var scope = NewDisposeScope();
            var @case = new ParityCase(loss, seed);
            using var criterion = @case.Criterion;
            failures.AddRange(ParityCheck.Failures(@case, criterion, @case.Inputs(seed)));
        }

        Assert.True(failures.Count == 0, $"{failures.Count} of {CasesPerLoss} cases:\n{string.Join('\n', failures)}");
    }
}
