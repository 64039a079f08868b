using GpuLoss.Interop.Shape;

namespace GpuLoss.Bench.Gpu.Comparison;

/// <summary>A problem of shapes in a driver's memory.</summary>
internal sealed class ShapeRun
{
    /// <summary>Rounded to float32, what is nearly the same is one of two neighbours.</summary>
    public static readonly (double Relative, double Absolute) StepOfFloat = (Math.ScaleB(1, -23), Math.ScaleB(1, -149));

    public ShapeRun(CudaShapes engine, DeviceRunMemory memory, ShapeInput input)
    {
        (Engine, Memory, Input) = (engine, memory, input);
        Problem = new ShapeProblem(ShapeInput.Samples, ShapeInput.Classes, FirstClass: 1, input.Grid, IsDouble: false)
        {
            Predictions = memory.Of(input.Predictions),
            Labels = memory.Of(input.Labels),
        };
    }

    public CudaShapes Engine { get; }

    public DeviceRunMemory Memory { get; }

    public ShapeInput Input { get; }

    public ShapeProblem Problem { get; }

    private int PlaneElements => checked((int)(Problem.Pairs * Problem.Grid.Voxels));

    private int Elements => checked((int)(ShapeInput.Samples * ShapeInput.Classes * Problem.Grid.Voxels));

    /// <summary>Memory for [N, C', V].</summary>
    public nint Slopes() => Memory.New(PlaneElements * (long)sizeof(float));

    /// <summary>Memory for [N, C, V].</summary>
    public nint Gradient() => Memory.New(Elements * (long)sizeof(float));

    /// <summary>Memory for doubles.</summary>
    public nint Values(int count) => Memory.New(count * (long)sizeof(double));

    /// <summary>Some gradient of doubles.</summary>
    public nint OfValues(int count) => Memory.Of(Enumerable.Range(0, count).Select(i => 1 + i % 5 / 4.0).ToArray());

    public double[] SlopesAt(nint address) => Floats(address, PlaneElements);

    public double[] GradientAt(nint address) => Floats(address, Elements);

    public double[] Doubles(nint address, int count) => Memory.Read<double>(address, count);

    public double[] Floats(nint address, int count) => Array.ConvertAll(Memory.Read<float>(address, count), number => (double)number);

    /// <summary>What is computed in float64, or in float32 in a few steps, and kept in float32.</summary>
    public static ComparedNumbers Floating(string name, double[] numbers) =>
        new(name, numbers, Closeness.Approximate) { OfLargest = true, Step = StepOfFloat };
}
