using System.Globalization;
using System.Text;
using GpuLoss.Cli.Comparing.Explaining;
using GpuLoss.Cli.Comparing.Measures;
using GpuLoss.Cli.Reporting;
using GpuLoss.Cli.Training;

namespace GpuLoss.Cli.Comparing.Report;

/// <summary>A comparison as one page that needs nothing beside itself.</summary>
internal static class HtmlReport
{
    private const string Outcome = "Results", Training = "Over training", SlicesTitle = "Slices", Why = "Why: who moves the network",
        Background = "The background among the classes",
        Small = "Small objects", Weights = "Generalized Dice's weights", Methods = "Methods", Thesis = "Methods to cite";

    /// <summary>The page.</summary>
    /// <param name="analysis">The measures.</param>
    /// <param name="explanations">The explanations.</param>
    /// <param name="commands">The command line that made it, and the one that does it again.</param>
    /// <param name="machine">What it ran on.</param>
    public static string Of(Analysis analysis, Explanations explanations, ReportedCommands commands, MachineFacts machine)
    {
        var body = new StringBuilder();
        body.Append("<h1>Which loss segments these data better?</h1>\n<div class=\"conclusion\">");
        var answer = analysis.Runs.Count > 0 ? Answer.Of(analysis) : null;
        if (answer != null)
        {
            foreach (var sentence in Conclusion.Diverged(analysis))
                Paragraph(body, sentence);
            body.Append(CultureInfo.InvariantCulture,
                $"<p class=\"answer\"><strong>{Html.Escape(answer.Question)}</strong> "
                + $"{Html.Escape(string.Join("; ", answer.Parts))}.</p>\n");
            if (answer.Why is { } why)
                Paragraph(body, why);
        }

        foreach (var sentence in answer != null ? Conclusion.Details(analysis) : Conclusion.Of(analysis))
            Paragraph(body, sentence);
        body.Append("</div>\n");
        body.Append(Html.Contents(
            analysis.Runs.Count > 0 ? [Outcome, Training, SlicesTitle, Why, Background, Small, Weights, Methods, Thesis] : [Methods]));
        if (analysis.Runs.Count > 0)
        {
            Results(body, analysis);
            Slices(body, analysis);
            Gradients(body, analysis, explanations);
        }

        Method(body, analysis, commands, machine);
        if (analysis.Runs.Count > 0)
        {
            var paragraph = MethodsParagraph.Of(analysis);
            Heading(body, Thesis,
                "What was done as a paragraph of a thesis in LaTeX, and the papers it cites as BibTeX. "
                + "Check both against what you changed since.");
            body.Append(CultureInfo.InvariantCulture,
                $"<pre>{Html.Escape(paragraph)}</pre>\n<pre>{Html.Escape(MethodsParagraph.References(paragraph))}</pre>\n");
        }

        return Html.Page("Comparison of segmentation losses", body.ToString());
    }

    private static void Results(StringBuilder body, Analysis analysis)
    {
        Heading(body, Outcome,
            "Large marks are means over seeds, circles are single seeds. Numbers in brackets are 95 % t intervals of the mean over seeds.");
        body.Append(Html.Figure(
            ComparisonCharts.FinalDice(analysis), "Dice of every class on the validation data at the end of the runs."));
        body.Append(Tables.Paired(analysis));
        Paragraph(body, "A verdict is better or worse where p, corrected by Holm for the number of comparisons in this table, "
            + "is below 0.05, of three seeds or more. The intervals are of single comparisons: one that leaves out 0 is no verdict yet.");
        foreach (var c in analysis.Foreground)
            body.Append(Tables.OfClass(analysis, c));
        Paragraph(body, "The volume error is (predicted − true) / true, whose mean can be near 0 where errors of both signs cancel: "
            + "beside it is the mean of its absolute value. The Hausdorff distance and the precision are not defined where nothing was "
            + "predicted; such runs are counted and left out of the mean.");
        Heading(body, Training,
            "Checkpoints come at every tenth of a run: a milestone is known to that. The time is that of the steps alone, "
            + "on a machine that may have had other work.");
        body.Append(Tables.Speed(analysis));
        foreach (var c in analysis.Foreground)
            body.Append(Html.Figure(
                ComparisonCharts.DiceOverTraining(analysis, c),
                $"Dice of {analysis.Split.ClassNames[c]} over training; the band is from the lowest seed to the highest."));
        body.Append(Html.Figure(
            ComparisonCharts.TrainingLoss(analysis),
            "The value of each loss on the training patches. Losses are of different scales: compare the courses and not the heights."));
    }

    private static void Slices(StringBuilder body, Analysis analysis)
    {
        var volume = analysis.Split.Validation[0];
        var seed = analysis.Runs.Min(run => run.Run.Seed);
        var runs = analysis.Runs.Where(run => run.Run.Seed == seed).ToList();
        Heading(
            body, SlicesTitle,
            analysis.Marked($"Three planes through the first validation volume, seed {seed}")
                + ", each where the scarcest class is largest. "
            + "Positions are of the middle of the slice in the space of the scan: "
            + "x to the right, y to the front, z to the head, in mm from where its file has 0. "
            + "L and R are the left and the right of the patient, A and P front and back, S and I above and below.");
        Key(body, analysis.Foreground.Select(c => (Palette.OfClass(c), analysis.Split.ClassNames[c])));
        Key(body, [(Palette.Missed, "errors: missed"), (Palette.Added, "not there"), (Palette.Confused, "another class")]);
        foreach (var plane in Enum.GetValues<Plane>())
        {
            var slice = Slice.MostVaried(volume, plane);
            body.Append(CultureInfo.InvariantCulture, $"<h3>{Html.Escape(slice.Title(volume))}</h3>\n<div class=\"slices\">\n");
            body.Append(Html.Picture(SlicePicture.Encode(volume, slice, null), "image", slice.Edges, slice.Shape(volume)));
            body.Append(Html.Picture(SlicePicture.Encode(volume, slice, volume.Labels), "truth", slice.Edges, slice.Shape(volume)));
            foreach (var run in runs)
                body.Append(Html.Picture(
                    SlicePicture.Encode(volume, slice, run.Predictions[0]), run.Run.Loss, slice.Edges, slice.Shape(volume)));
            foreach (var run in runs)
                body.Append(Html.Picture(
                    SlicePicture.EncodeErrors(volume, slice, run.Predictions[0]), $"errors of {run.Run.Loss}", slice.Edges,
                    slice.Shape(volume)));
            body.Append("</div>\n");
        }
    }

    private static void Key(StringBuilder body, IEnumerable<(ScottPlot.Color Colour, string Name)> items)
    {
        body.Append("<p class=\"key\">");
        foreach (var (colour, name) in items)
            body.Append(CultureInfo.InvariantCulture, $"<span style=\"background:{colour.ToHex()}\"></span>{Html.Escape(name)}");
        body.Append("</p>\n");
    }

    private static void Gradients(StringBuilder body, Analysis analysis, Explanations explanations)
    {
        var reference = analysis.Losses[0];
        Heading(
            body, Why,
            "The share of a class is the sum of |dL/dz| over the logits of its voxels, as a part of the sum over all voxels, "
            + $"at the same logits for all losses: those of the training with {reference}. "
            + "Where the share of a small class is above its share of the voxels, the loss works for it.");
        body.Append(Html.Figure(
            ComparisonCharts.Shares(analysis, "Cross-entropy", share => share.CrossEntropy),
            "Share of the classes in the gradient of cross-entropy."));
        body.Append(Html.Figure(
            ComparisonCharts.Shares(analysis, "Dice, mean over all classes", share => share.Dice),
            "Share of the classes in the gradient of Dice."));
        body.Append(Tables.Shares(analysis));

        Heading(body, Background,
            "A mean over all classes contains the background's own Dice, and its voxels have a part of the gradient for that. "
            + "Without it they move the network only where they are taken for another class.");
        body.Append(Html.Figure(
            ComparisonCharts.Shares(analysis, "Dice, mean over the foreground", share => share.ForegroundDice),
            "Share of the classes in the gradient of Dice without background."));
        body.Append(Tables.Background(analysis));

        Heading(
            body, Small,
            "The gradient is that of the last layer for the logit of one class, on batches of two patches at the end of the training with "
            + $"{reference}, sorted by how many voxels of the class a batch has. A point is a class and a third of the batches, "
            + "of one seed.");
        body.Append(Html.Figure(ComparisonCharts.Spreads(analysis), "Spread of the gradient over batches by object size."));
        Paragraph(
            body, "\"Getting a single pixel wrong in a tiny object can have the same effect as missing nearly a whole large object\": "
            + "two samples, one with an object of the size below, one with a large one of "
            + $"{OneVoxelError.LargeObject} voxels; 1 means that one missed voxel of the first costs what missing all of the second does.");
        body.Append(Html.Figure(ComparisonCharts.VoxelErrors(explanations.VoxelErrors), "Effect of one missed voxel by object size."));

        Heading(body, Weights, "A class that a patch does not have gets the largest weight of those it has.");
        body.Append(Html.Figure(
            ComparisonCharts.Weights(analysis, explanations.Weights),
            "Generalized Dice's weights over the patches: 10th percentile, median and 90th percentile."));
        body.Append(Tables.Weights(analysis, explanations.Weights));
    }

    private static void Method(StringBuilder body, Analysis analysis, ReportedCommands commands, MachineFacts machine)
    {
        Heading(body, Methods, "The command:");
        body.Append(CultureInfo.InvariantCulture, $"<pre>{Html.Escape(commands.Typed)}</pre>\n");
        if (commands.Reproduces is { } again)
        {
            Paragraph(body, "How long a run is may have come from the budget and the speed of the machine; "
                + "this gives the same result again, on the same machine and with the same number of threads:");
            body.Append(CultureInfo.InvariantCulture, $"<pre>{Html.Escape(again)}</pre>\n");
        }
        else
        {
            Paragraph(body, "Runs got equal time: the steps that fit into it, and with them the result, differ from one time to the next, "
                + "and no command repeats them.");
        }

        Paragraph(body, $"Data, {analysis.Split.Description}:");
        foreach (var note in analysis.Split.Training.Concat(analysis.Split.Validation).SelectMany(volume => volume.Notes).Distinct())
            Paragraph(body, note);
        body.Append(Html.Table("Voxels", ["part", "size", "voxel edge, mm", .. analysis.Split.ClassNames], Parts(analysis)));
        if (analysis.Split.MirrorAxis is { } axis)
            Paragraph(body, $"Training patches are mirrored at random along axis {"ZYX"[axis]}, across which the volume was cut.");
        Paragraph(
            body, $"A 3-D U-Net, patches of {analysis.Settings.PatchSide}³ around voxels of all classes in turn, "
            + "the background among them, one a step, AdamW, the same constant learning rate over a run; "
            + $"{analysis.State.Length.Explanation}. Seeds: {string.Join(", ", analysis.Settings.AllSeeds)}.");
        Paragraph(
            body, "Losses are compared by the difference of Dice with the same seed: Student's t for the interval and the paired test, "
            + "and Holm's correction over all comparisons, so that a report holds a false better or worse in at most 5 % of cases. "
            + Conclusion.Reach(analysis.Split)
                + " A class that a validation volume does not have has no Dice there, unless it is predicted: then it is 0.");
        if (analysis.Findings.Count > 0)
            body.Append(Tables.PowerOfSeeds(analysis));
        if (analysis.State.Trials.Count > 0)
        {
            body.Append(Html.Table(
                "Learning rates tried: mean foreground Dice on the training data, with a seed of their own",
                ["loss", "learning rate", "steps", "Dice"],
                analysis.State.Trials.Select(trial => new[]
                {
                    trial.Loss, trial.LearningRate.ToString("0.######", CultureInfo.InvariantCulture),
                    trial.Steps.ToString(CultureInfo.InvariantCulture),
                    trial.Dice.ToString("F3", CultureInfo.InvariantCulture),
                })));
        }

        body.Append(Html.Table(
            "The losses", ["name", "what it is"],
            analysis.Settings.Losses.Select(loss => new[] { loss, SegmentationLosses.Get(loss).Description })));
        if (analysis.Settings.Losses.Contains("wce"))
        {
            var weights = SegmentationLosses.InverseFrequencyWeights(DataSplit.VoxelsPerClass(analysis.Split.Training));
            Paragraph(body, "Weights of wce: " + string.Join(", ", analysis.Split.ClassNames.Zip(weights, (name, weight) =>
                string.Create(CultureInfo.InvariantCulture, $"{name} {weight:0.###}"))) + ".");
        }

        body.Append(Html.Table(
            "What the runs of a seed have in common, by SHA-256", ["seed", "initial weights", "first patches", "same for all losses"],
            analysis.Runs.GroupBy(run => run.Run.Seed).Select(seed => new[]
            {
                seed.Key.ToString(CultureInfo.InvariantCulture), Start(seed.First().Run.InitialWeights), Start(seed.First().Run.Patches),
                seed.DistinctBy(run => (run.Run.InitialWeights, run.Run.Patches)).Count() == 1 ? "yes" : "no",
            })));
        body.Append(CultureInfo.InvariantCulture,
            $"<pre>{Html.Escape(machine.ToString())}\nTorchSharp {Html.Escape(Versions.TorchSharp)}</pre>\n");
    }

    private static IEnumerable<IEnumerable<string>> Parts(Analysis analysis) =>
        analysis.Split.Training.Select(volume => ("training: ", volume))
            .Concat(analysis.Split.Validation.Select(volume => ("validation: ", volume)))
            .Select(part => (IEnumerable<string>)
            [
                part.Item1 + part.volume.Source, part.volume.Size.ToString(),
                part.volume.Spacing.ToString("0.###", CultureInfo.InvariantCulture),
                .. part.volume.VoxelsPerClass().Select(count => count.ToString("N0", CultureInfo.InvariantCulture)),
            ]);

    private static string Start(string hash) => hash[..12];

    private static void Heading(StringBuilder body, string title, string text)
    {
        body.Append(Html.Heading(title));
        Paragraph(body, text);
    }

    private static void Paragraph(StringBuilder body, string text) =>
        body.Append(CultureInfo.InvariantCulture, $"<p>{Html.Escape(text)}</p>\n");
}
