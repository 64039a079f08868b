using GpuLoss.Cli.Volumes;
using ScottPlot;
using SkiaSharp;

namespace GpuLoss.Cli.Reporting;

/// <summary>Three planes, and in each the image, the truth on it, the prediction on it, and where they differ.</summary>
internal static class SlicePicture
{
    private const int PanelSide = 360;
    private const int Margin = 24;
    private const int TextSize = 16;
    private const float Opacity = 0.55f;

    /// <summary>Writes the picture as a PNG.</summary>
    public static void Save(string path, LabelledVolume volume, byte[] predicted)
    {
        Slice[] slices = [.. Enum.GetValues<Plane>().Select(plane => Slice.MostVaried(volume, plane))];
        const int Cell = PanelSide + 2 * Margin;
        (Color Colour, string Name)[] key =
        [
            .. volume.ClassNames.Select((name, c) => (Palette.OfClass(c), name)).Skip(1), (Palette.Missed, "errors: missed"),
            (Palette.Added, "not there"),
            (Palette.Confused, "another class"),
        ];
        using var bitmap = new SKBitmap(4 * Cell, slices.Length * Cell + (key.Length + 3) / 4 * Margin + Margin);
        using var canvas = new SKCanvas(bitmap);
        canvas.Clear(SKColors.White);
        for (var row = 0; row < slices.Length; row++)
        {
            var slice = slices[row];
            (byte[] Png, string Title)[] panels =
            [
                (Encode(volume, slice, null), slice.Title(volume)), (Encode(volume, slice, volume.Labels), "truth"),
                (Encode(volume, slice, predicted), "prediction"), (EncodeErrors(volume, slice, predicted), "errors"),
            ];
            for (var column = 0; column < panels.Length; column++)
                Panel(canvas, panels[column], slice, slice.Aspect(volume), column * Cell + Margin, row * Cell + Margin);
        }

        for (var i = 0; i < key.Length; i++)
        {
            var (x, y) = (i % 4 * Cell + Margin, slices.Length * Cell + i / 4 * Margin);
            using var fill = new SKPaint { Color = new SKColor(key[i].Colour.ARGB) };
            canvas.DrawRect(x, y, TextSize, TextSize, fill);
            Text(canvas, key[i].Name, x + TextSize + 6, y + TextSize - 2, SKTextAlign.Left);
        }

        using var encoded = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        using var file = File.Create(path);
        encoded.SaveTo(file);
    }

    /// <summary>One slice, with classes laid over it where there are any, as a PNG of one pixel per voxel.</summary>
    public static byte[] Encode(LabelledVolume volume, Slice slice, byte[]? labels) =>
        Draw(volume, slice, voxel => labels?[voxel] is > 0 and var label ? Palette.OfClass(label) : null);

    /// <summary>One slice with the errors of a prediction: what was missed, what is not there, and what was taken for another
    /// class.</summary>
    public static byte[] EncodeErrors(LabelledVolume volume, Slice slice, byte[] predicted) =>
        Draw(volume, slice, voxel => (volume.Labels[voxel], predicted[voxel]) switch
    {
        var (truth, found) when truth == found => null,
        ( > 0, 0) => Palette.Missed,
        (0, > 0) => Palette.Added,
        _ => Palette.Confused,
    });

    private static byte[] Draw(LabelledVolume volume, Slice slice, Func<int, Color?> over)
    {
        var (width, height) = slice.Size(volume);
        var grey = new float[width * height];
        for (var pixel = 0; pixel < grey.Length; pixel++)
            grey[pixel] = volume.Image[slice.Voxel(volume, pixel % width, pixel / width)];
        var (low, high) = Range(grey);
        using var bitmap = new SKBitmap(width, height, SKColorType.Bgra8888, SKAlphaType.Opaque);
        for (var pixel = 0; pixel < grey.Length; pixel++)
        {
            var (column, row) = (pixel % width, pixel / width);
            var value = (byte)Math.Clamp(255 * (grey[pixel] - low) / (high - low), 0, 255);
            var colour = new Color(value, value, value);
            if (over(slice.Voxel(volume, column, row)) is { } laid)
                colour = colour.MixedWith(laid, Opacity);
            bitmap.SetPixel(column, row, new SKColor(colour.ARGB));
        }

        using var encoded = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return encoded.ToArray();
    }

    /// <summary>A picture with its title above it and its directions around it, nothing on it.</summary>
    private static void Panel(SKCanvas canvas, (byte[] Png, string Title) panel, Slice slice, double aspect, int x, int y)
    {
        using var picture = SKImage.FromEncodedData(panel.Png);
        var (width, height) = (picture.Width, picture.Height * aspect);
        var scale = (PanelSide - TextSize) / Math.Max(width, height);
        var place = SKRect.Create(x + TextSize, y + TextSize, (float)(width * scale), (float)(height * scale));
        canvas.DrawImage(picture, place, new SKSamplingOptions(SKFilterMode.Nearest));
        Text(canvas, panel.Title, place.MidX, place.Top - TextSize - 2, SKTextAlign.Center);
        Text(canvas, slice.Edges.Left, place.Left - 4, place.MidY, SKTextAlign.Right);
        Text(canvas, slice.Edges.Right, place.Right + 4, place.MidY, SKTextAlign.Left);
        Text(canvas, slice.Ends.Top, place.MidX, place.Top - 2, SKTextAlign.Center);
        Text(canvas, slice.Ends.Bottom, place.MidX, place.Bottom + TextSize, SKTextAlign.Center);
    }

    private static void Text(SKCanvas canvas, string text, float x, float y, SKTextAlign align)
    {
        using var font = new SKFont(ReportFont.Typeface, TextSize);
        using var paint = new SKPaint { Color = SKColors.Black, IsAntialias = true };
        canvas.DrawText(text, x, y, align, font, paint);
    }

    private static (float Low, float High) Range(ReadOnlySpan<float> slice)
    {
        var sorted = slice.ToArray();
        Array.Sort(sorted);
        var (low, high) = (sorted[sorted.Length / 100], sorted[^(sorted.Length / 100 + 1)]);
        return high > low ? (low, high) : (low, low + 1);
    }
}
