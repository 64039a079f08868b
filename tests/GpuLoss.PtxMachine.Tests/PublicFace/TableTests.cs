using GpuLossTests.Parity;
using static TorchSharp.torch;

namespace GpuLoss.PtxMachine.Tests.PublicFace;

/// <summary>The table of losses, options, targets and masks that the host's engine is tested with, of float32 logits.</summary>
public class TableTests : InPlaceOfHost
{
    private const int ByDay = 12;
    private const int AtNight = 100;

    /// <summary>
    /// What the gradient of the sigmoid's focal loss comes to where all approximations err to one side, by as much as they may: 1.13e-6 of
    /// the largest entry is the most that was seen in 100 cases of each loss. Elsewhere it is 1e-6, as on the host.
    /// </summary>
    private const double OfFocalToOneSide = 1.25e-6;

    private static readonly string[] SigmoidFocal = ["sigmoid focal", "dice + focal", "generalized dice + focal"];

    /// <summary>With approximations that err to both sides in turn and multiplications as they are written; at night in all ways.</summary>
    public static TheoryData<string, string, bool> Losses
    {
        get
        {
            var rows = new TheoryData<string, string, bool>();
            foreach (var loss in ParityCase.Losses)
            {
                foreach (var error in Nightly.IsOn ? Enum.GetValues<ApproximationError>() : [ApproximationError.Alternating])
                    rows.Add(loss, error.ToString(), Nightly.IsOn && error is ApproximationError.Up or ApproximationError.Down);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void A_loss_agrees_with_its_peer(string loss, string error, bool fuses)
    {
        var engine = new EngineOnMachine(new MachineOptions { Error = Enum.Parse<ApproximationError>(error), Fuses = fuses });
        var isToOneSide = error is nameof(ApproximationError.Up) or nameof(ApproximationError.Down);
        var tolerance = isToOneSide && SigmoidFocal.Contains(loss) ? OfFocalToOneSide : FaceRun.Tolerance;
        var (cases, failures) = (0, new List<string>());
        for (var seed = 0; cases < (Nightly.IsOn ? AtNight : ByDay); seed++)
        {
            using var scope = NewDisposeScope();
            var @case = new ParityCase(loss, seed);
            using var criterion = @case.Criterion;
            if (@case.Type != ScalarType.Float32)
                continue;
            cases++;
            var inputs = @case.Inputs(seed);
            failures.AddRange(OnMachine(() => ParityCheck.Failures(@case, criterion, inputs, tolerance).ToList(), engine));
        }

        Assert.True(failures.Count == 0, $"{failures.Count} of {cases} cases:\n{string.Join('\n', failures)}");
    }
}
