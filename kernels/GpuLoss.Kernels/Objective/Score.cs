namespace GpuLoss.Kernels.Objective;

/// <summary>
/// The middle step of every loss: from the statistics to the scalar, and from the gradient of the scalar to the coefficients of
/// <see cref="ClassCoefficients"/>. Written once, in double, and compiled for the host by .NET and for the device by ILGPU.
/// </summary>
/// <remarks>
/// A sample all of whose voxels are ignored contributes 0 and has a zero gradient. Where a denominator is 0, which takes a smoothing of 0
/// and a class that is neither present nor predicted, the ratio counts as 1: nothing was there and nothing was found.
/// </remarks>
internal static class Score
{
    /// <summary>Computes the value of the loss, or its values where they are not reduced.</summary>
    /// <param name="loss">The loss.</param>
    /// <param name="shape">The sizes of the logits.</param>
    /// <param name="statistics">The statistics, laid out as <see cref="StatisticsLayout"/> says.</param>
    /// <param name="weights">The weights of the C classes.</param>
    /// <param name="values">Receives <see cref="ValueCount"/> values: one, or those of each sample or group of samples, class after
    /// class.</param>
    /// <param name="team">The lanes that evaluate it.</param>
    /// <typeparam name="TInput">Where statistics and weights lie.</typeparam>
    /// <typeparam name="TValues">Where the values go.</typeparam>
    /// <typeparam name="TTeam">The lanes.</typeparam>
    /// <typeparam name="TTransform">Any, or <see cref="PlainComplement"/> for a term that is not transformed.</typeparam>
    public static void Loss<TInput, TValues, TTeam, TTransform>(
        LossDefinition loss, LogitsShape shape, TInput statistics, TInput weights, TValues values, TTeam team)
        where TInput : struct, IScoreInput
        where TValues : struct, IScoreValues
        where TTeam : struct, IScoreTeam
        where TTransform : struct, IOverlapTransform
    {
        var value = 0.0;
        if (loss.Overlap.Combination != OverlapCombination.None)
        {
            var groups = Groups(loss.Overlap, shape);
            for (var group = 0; group < groups; group++)
                value += OverlapOf<TInput, TValues, TTeam, TTransform>(loss, shape, statistics, weights, values, team, group);
            value *= OverlapFactor(loss, shape);
        }

        if (loss.HasVoxelTerm)
        {
            var layout = new StatisticsLayout(shape.Classes);
            var sum = 0.0;
            for (var sample = team.Rank; sample < shape.Samples; sample += team.Size)
                sum += statistics.Read(layout.VoxelTerm(sample));
            value += VoxelTermFactor(loss, shape, statistics, weights, team) * team.Sum(sum);
        }

        if (loss.Reduction != ScalarReduction.None && team.Rank == 0)
            values.Write(0, value);
    }

    /// <summary>How many values a loss has.</summary>
    public static long ValueCount(LossDefinition loss, LogitsShape shape) =>
        loss.Reduction == ScalarReduction.None ? Groups(loss.Overlap, shape) * (long)ValuesOfGroup(loss.Overlap, shape) : 1;

    /// <summary>The coefficients of the gradient of <see cref="Loss"/>.</summary>
    /// <param name="loss">The loss.</param>
    /// <param name="shape">The sizes of the logits.</param>
    /// <param name="statistics">The statistics that <see cref="Loss"/> saw.</param>
    /// <param name="weights">The weights of the C classes.</param>
    /// <param name="gradient">The gradient with respect to each value of the loss.</param>
    /// <param name="coefficients">Receives N·C coefficients.</param>
    /// <param name="team">The lanes that evaluate it.</param>
    /// <typeparam name="TInput">Where statistics and weights lie.</typeparam>
    /// <typeparam name="TGradient">Where the gradient lies.</typeparam>
    /// <typeparam name="TOutput">Where the coefficients go.</typeparam>
    /// <typeparam name="TTeam">The lanes.</typeparam>
    /// <typeparam name="TTransform">As in <see cref="Loss"/>.</typeparam>
    public static void VectorJacobian<TInput, TGradient, TOutput, TTeam, TTransform>(
        LossDefinition loss, LogitsShape shape, TInput statistics, TInput weights, TGradient gradient, TOutput coefficients, TTeam team)
        where TInput : struct, IScoreInput
        where TGradient : struct, IScoreInput
        where TOutput : struct, IScoreOutput
        where TTeam : struct, IScoreTeam
        where TTransform : struct, IOverlapTransform
    {
        var voxelTerm = loss.HasVoxelTerm
            ? gradient.Read(0) * VoxelTermFactor(loss, shape, statistics, weights, team)
            : 0.0;
        var overlap = OverlapFactor(loss, shape);
        var groups = Groups(loss.Overlap, shape);
        for (var group = 0; group < groups; group++)
        {
            var largest = 0.0;
            var ratio = default(OverlapRatio);
            if (loss.Overlap.Combination == OverlapCombination.RatioOfSums)
            {
                largest = LargestWeight(loss.Overlap, shape, statistics, team, group);
                ratio = RatioOfSums(loss.Overlap, shape, statistics, team, group, largest);
            }

            var counts = loss.Overlap.Combination != OverlapCombination.None
                && CountedVoxels(loss.Overlap, shape, statistics, team, group) > 0;

            for (var @class = team.Rank; @class < shape.Classes; @class += team.Size)
            {
                var result = default(ClassCoefficients);
                result.VoxelTerm = voxelTerm;
                if (counts && @class >= loss.Overlap.FirstClass)
                {
                    double weight;
                    if (loss.Overlap.Combination == OverlapCombination.MeanOfRatios)
                    {
                        ratio = default(TTransform).Ratio(loss.Overlap, SumsOf(loss.Overlap, shape, statistics, group, @class));
                        weight = weights.Read(@class);
                    }
                    else
                    {
                        weight = VolumeWeight(loss.Overlap, shape, statistics, group, @class, largest);
                    }

                    var factor = gradient.Read(ValueIndex(loss, shape, group, @class)) * overlap * weight * default(TTransform)
                        .Slope(loss.Overlap, ratio.Value);
                    var byPrediction = factor * ratio.ByPrediction;
                    result.Intersection = factor * ratio.ByIntersection;
                    if (loss.Overlap.SquaredPrediction != 0)
                        result.Linear = 2 * byPrediction;
                    else
                        result.Constant = byPrediction;
                }

                if (counts && @class < loss.Overlap.FirstClass && loss.Overlap.BackgroundIntersection != 0)
                {
                    result.Intersection = gradient.Read(ValueIndex(loss, shape, group, loss.Overlap.FirstClass)) * overlap
                        * default(TTransform).Slope(loss.Overlap, ratio.Value) * ratio.ByDenominator * loss.Overlap.BackgroundIntersection;
                }

                var first = loss.Overlap.PoolSamples != 0 ? 0 : group;
                var end = loss.Overlap.PoolSamples != 0 ? shape.Samples : group + 1;
                for (var sample = first; sample < end; sample++)
                    coefficients.Write((long)sample * shape.Classes + @class, result);
            }
        }
    }

    /// <summary>The sum of the values of a group; where they are not reduced they are written one by one.</summary>
    private static double OverlapOf<TInput, TValues, TTeam, TTransform>(
        LossDefinition loss, LogitsShape shape, TInput statistics, TInput weights, TValues values, TTeam team, int group)
        where TInput : struct, IScoreInput
        where TValues : struct, IScoreValues
        where TTeam : struct, IScoreTeam
        where TTransform : struct, IOverlapTransform
    {
        var overlap = loss.Overlap;
        var counts = CountedVoxels(overlap, shape, statistics, team, group) > 0;
        if (overlap.Combination == OverlapCombination.RatioOfSums)
        {
            var largest = LargestWeight(overlap, shape, statistics, team, group);
            var value = counts ? default(TTransform).Value(overlap, RatioOfSums(overlap, shape, statistics, team, group, largest).Value)
                : 0;
            if (loss.Reduction == ScalarReduction.None && team.Rank == 0)
                values.Write(group, overlap.Scale * value);
            return value;
        }

        var sum = 0.0;
        for (var @class = overlap.FirstClass + team.Rank; @class < shape.Classes; @class += team.Size)
        {
            var value = 0.0;
            if (counts)
            {
                var ratio = default(TTransform).Ratio(overlap, SumsOf(overlap, shape, statistics, group, @class)).Value;
                value = weights.Read(@class) * default(TTransform).Value(overlap, ratio);
            }

            if (loss.Reduction == ScalarReduction.None)
                values.Write(ValueIndex(loss, shape, group, @class), overlap.Scale * value);
            sum += value;
        }

        return team.Sum(sum);
    }

    /// <summary>The place of the value that a class of a group enters.</summary>
    private static long ValueIndex(LossDefinition loss, LogitsShape shape, int group, int @class)
    {
        if (loss.Reduction != ScalarReduction.None)
            return 0;
        return loss.Overlap.Combination == OverlapCombination.RatioOfSums
            ? group
            : group * (long)ValuesOfGroup(loss.Overlap, shape) + @class - loss.Overlap.FirstClass;
    }

    private static int ValuesOfGroup(OverlapTerm overlap, LogitsShape shape) =>
        overlap.Combination == OverlapCombination.MeanOfRatios ? shape.Classes - overlap.FirstClass : 1;

    /// <summary>The groups of samples whose sums are taken together: all in one, or each alone.</summary>
    private static int Groups(OverlapTerm overlap, LogitsShape shape) => overlap.PoolSamples != 0 ? 1 : shape.Samples;

    private static double OverlapFactor(LossDefinition loss, LogitsShape shape)
    {
        if (loss.Reduction != ScalarReduction.Mean)
            return loss.Overlap.Scale;
        double groups = Groups(loss.Overlap, shape);
        return loss.Overlap.Scale / (groups * ValuesOfGroup(loss.Overlap, shape));
    }

    private static double VoxelTermFactor<TInput, TTeam>(
        LossDefinition loss, LogitsShape shape, TInput statistics, TInput weights, TTeam team)
        where TInput : struct, IScoreInput
        where TTeam : struct, IScoreTeam
    {
        if (loss.Reduction == ScalarReduction.Sum)
            return loss.VoxelTermScale;
        var layout = new StatisticsLayout(shape.Classes);
        var weight = 0.0;
        if (loss.VoxelMean == VoxelMean.Weights)
        {
            for (var @class = team.Rank; @class < shape.Classes; @class += team.Size)
            {
                for (var sample = 0; sample < shape.Samples; sample++)
                    weight += weights.Read(@class) * statistics.Read(layout.Target(sample, @class));
            }
        }
        else
        {
            double elements = loss.VoxelMean == VoxelMean.Elements ? shape.Classes - loss.FirstVoxelClass : 1;
            for (var sample = team.Rank; sample < shape.Samples; sample += team.Size)
                weight += elements * statistics.Read(layout.Voxels(sample));
        }

        weight = team.Sum(weight);
        return weight > 0 ? loss.VoxelTermScale / weight : 0;
    }

    private static double CountedVoxels<TInput, TTeam>(
        OverlapTerm overlap, LogitsShape shape, TInput statistics, TTeam team, int group)
        where TInput : struct, IScoreInput
        where TTeam : struct, IScoreTeam
    {
        var layout = new StatisticsLayout(shape.Classes);
        var count = 0.0;
        var end = overlap.PoolSamples != 0 ? shape.Samples : group + 1;
        for (var sample = (overlap.PoolSamples != 0 ? 0 : group) + team.Rank; sample < end; sample += team.Size)
            count += statistics.Read(layout.Voxels(sample));
        return team.Sum(count);
    }

    private static OverlapSumsOfClass SumsOf<TInput>(OverlapTerm overlap, LogitsShape shape, TInput statistics, int group, int @class)
        where TInput : struct, IScoreInput
    {
        var layout = new StatisticsLayout(shape.Classes);
        var sums = default(OverlapSumsOfClass);
        var first = overlap.PoolSamples != 0 ? 0 : group;
        var end = overlap.PoolSamples != 0 ? shape.Samples : group + 1;
        for (var sample = first; sample < end; sample++)
        {
            sums.Intersection += statistics.Read(layout.Intersection(sample, @class));
            sums.Prediction += statistics.Read(layout.Prediction(sample, @class));
            sums.Target += statistics.Read(layout.Target(sample, @class));
            sums.Voxels += statistics.Read(layout.Voxels(sample));
        }

        return sums;
    }

    /// <summary>The largest finite weight of a group. An absent class, whose own is infinite, gets it instead, as in MONAI.</summary>
    private static double LargestWeight<TInput, TTeam>(
        OverlapTerm overlap, LogitsShape shape, TInput statistics, TTeam team, int group)
        where TInput : struct, IScoreInput
        where TTeam : struct, IScoreTeam
    {
        var largest = 0.0;
        for (var @class = overlap.FirstClass + team.Rank; @class < shape.Classes; @class += team.Size)
            largest = Math.Max(largest, VolumeWeight(overlap, shape, statistics, group, @class, 0));
        return team.Max(largest);
    }

    private static OverlapRatio RatioOfSums<TInput, TTeam>(
        OverlapTerm overlap, LogitsShape shape, TInput statistics, TTeam team, int group, double largest)
        where TInput : struct, IScoreInput
        where TTeam : struct, IScoreTeam
    {
        double numerator = 0, denominator = 0, background = 0;
        if (overlap.BackgroundIntersection != 0)
            background = overlap.BackgroundIntersection * SumsOf(overlap, shape, statistics, group, 0).Intersection;
        for (var @class = overlap.FirstClass + team.Rank; @class < shape.Classes; @class += team.Size)
        {
            var sums = SumsOf(overlap, shape, statistics, group, @class);
            var weight = VolumeWeight(overlap, shape, statistics, group, @class, largest);
            numerator += weight * overlap.Numerator.At(sums.Intersection, sums.Prediction, sums.Target);
            denominator += weight * overlap.Denominator.At(sums.Intersection, sums.Prediction, sums.Target);
        }

        return OverlapRatio.OfForms(
            overlap, team.Sum(numerator) + overlap.SmoothNumerator, team.Sum(denominator) + overlap.SmoothDenominator + background);
    }

    private static double VolumeWeight<TInput>(
        OverlapTerm overlap, LogitsShape shape, TInput statistics, int group, int @class, double ofAbsentClass)
        where TInput : struct, IScoreInput
    {
        if (overlap.Weighting == VolumeWeighting.Uniform)
            return 1;

        // Of whole numbers to choose from, ILGPU adds something else to a double.
        var volume = SumsOf(overlap, shape, statistics, group, @class).Target + (overlap.Weighting == VolumeWeighting.Smoothed ? 1.0 : 0.0);
        if (!(volume > 0))
            return ofAbsentClass;
        return overlap.Weighting == VolumeWeighting.Square ? 1 / (volume * volume) : 1 / volume;
    }
}
