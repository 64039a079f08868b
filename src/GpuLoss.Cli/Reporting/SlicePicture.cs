using GpuLoss.Cli.Volumes;
using ScottPlot;

namespace GpuLoss.Cli.Reporting;

/// <summary>One axial slice three times: the image, the truth on it, and the prediction on it.</summary>
internal static class SlicePicture
{
    private const int PanelWidth = 420;
    private const float Opacity = 0.55f;

    public static void Save(string path, LabelledVolume volume, byte[] predicted)
    {
        var slice = MostVaried(volume);
        var panels = new Multiplot();
        panels.AddPlots(3);
        panels.Layout = new ScottPlot.MultiplotLayouts.Columns();
        Draw(panels.GetPlot(0), volume, slice, null, "image");
        Draw(panels.GetPlot(1), volume, slice, volume.Labels, "truth");
        Draw(panels.GetPlot(2), volume, slice, predicted, "prediction");
        AddLegend(panels.GetPlot(2), volume);
        panels.SavePng(path, 3 * PanelWidth, (int)(PanelWidth * (volume.Size.Y * volume.Spacing.Y / (volume.Size.X * volume.Spacing.X))) + 60);
    }

    /// <summary>The slice in which the rarest class of the slice has the most voxels.</summary>
    public static int MostVaried(LabelledVolume volume)
    {
        var area = volume.Size.X * volume.Size.Y;
        return Enumerable.Range(0, volume.Size.Z).MaxBy(z =>
        {
            var counts = new int[volume.Classes];
            foreach (var label in volume.Labels.AsSpan(z * area, area))
                counts[label]++;
            return (counts.Count(count => count > 0), counts.Where(count => count > 0).Min());
        });
    }

    /// <summary>One axial slice, with classes laid over it where there are any, as a PNG of one pixel per voxel.</summary>
    public static byte[] Encode(LabelledVolume volume, int z, byte[]? labels)
    {
        var (width, height) = (volume.Size.X, volume.Size.Y);
        var offset = z * width * height;
        var slice = volume.Image.AsSpan(offset, width * height);
        var (low, high) = Range(slice);
        using var bitmap = new SkiaSharp.SKBitmap(width, height, SkiaSharp.SKColorType.Bgra8888, SkiaSharp.SKAlphaType.Opaque);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var grey = (byte)Math.Clamp(255 * (slice[y * width + x] - low) / (high - low), 0, 255);
                var label = labels?[offset + y * width + x] ?? 0;
                var colour = new Color(grey, grey, grey);
                if (label > 0)
                    colour = colour.MixedWith(Palette.OfClass(label), Opacity);

                // The first row of the picture is the top; y of RAS runs from the back of the head to the front, x to the right of the patient.
                bitmap.SetPixel(x, height - 1 - y, new SkiaSharp.SKColor(colour.ARGB));
            }
        }

        using var encoded = bitmap.Encode(SkiaSharp.SKEncodedImageFormat.Png, 100);
        return encoded.ToArray();
    }

    private static void Draw(Plot plot, LabelledVolume volume, int z, byte[]? labels, string title)
    {
        var (width, height) = (volume.Size.X * volume.Spacing.X, volume.Size.Y * volume.Spacing.Y);
        plot.Add.ImageRect(new Image(Encode(volume, z, labels)), new CoordinateRect(0, width, 0, height));
        plot.Axes.Frameless();
        plot.HideGrid();
        plot.Axes.SetLimits(0, width, 0, height);
        plot.Add.Annotation(title, Alignment.UpperLeft);
    }

    private static (float Low, float High) Range(ReadOnlySpan<float> slice)
    {
        var sorted = slice.ToArray();
        Array.Sort(sorted);
        var (low, high) = (sorted[sorted.Length / 100], sorted[^(sorted.Length / 100 + 1)]);
        return high > low ? (low, high) : (low, low + 1);
    }

    private static void AddLegend(Plot plot, LabelledVolume volume)
    {
        for (var c = 1; c < volume.Classes; c++)
        {
            plot.Legend.ManualItems.Add(new LegendItem
            {
                LabelText = volume.ClassNames[c],
                FillColor = Palette.OfClass(c),
            });
        }

        plot.ShowLegend(Alignment.LowerRight);
    }
}
