using GpuLoss.Kernels.Objective;

namespace GpuLoss.Autograd;

/// <summary>Joins the sums of one call with those of the rest: of a batch that is spread over processes, of a volume that is cut in
/// pieces.</summary>
internal interface IWhole
{
    /// <summary>Called once, when the sums of the call are there and its labels are known to be valid.</summary>
    PartOfWhole Join(SumsOfPart own);
}

/// <summary>What a call has summed.</summary>
/// <param name="Shape">Its sizes; no samples where it has nothing to sum.</param>
/// <param name="Form">What was summed.</param>
/// <param name="Statistics">[sums, N, 3·C + 3], as <see cref="StatisticsLayout"/> says.</param>
internal readonly record struct SumsOfPart(LogitsShape Shape, SumsForm Form, double[] Statistics);

/// <summary>What has been summed: sums of different forms are not of the same terms.</summary>
/// <param name="Sums">How many sums, 0 where there is nothing to sum.</param>
/// <param name="IsDense">Whether the target has a number for every class.</param>
internal readonly record struct SumsForm(int Sums, bool IsDense);

/// <summary>The sums of the whole.</summary>
/// <param name="Place">Where the call lies in it.</param>
/// <param name="Form">What was summed.</param>
/// <param name="Statistics">[sums, N, 3·C + 3] with the samples of the whole.</param>
internal sealed record PartOfWhole(PlaceInWhole Place, SumsForm Form, double[] Statistics);

/// <summary>Where the samples of a call lie among those of the whole.</summary>
/// <param name="Shape">The sizes of the whole.</param>
/// <param name="First">The first sample of the call.</param>
internal sealed record PlaceInWhole(LogitsShape Shape, int First);
