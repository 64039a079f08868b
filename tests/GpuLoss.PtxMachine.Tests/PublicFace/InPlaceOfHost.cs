using GpuLoss.Interop.Engines;
using GpuLoss.Interop.Shape;
using GpuLoss.Interop.Top;

namespace GpuLoss.PtxMachine.Tests.PublicFace;

/// <summary>
/// Tests of the public losses with the engine of CUDA tensors in the place of the host's: what a user does on a GPU, but for the silicon.
/// The place is one for the whole process, so that they run one after another.
/// </summary>
[Collection(Place)]
public abstract class InPlaceOfHost : IDisposable
{
    public const string Place = "the host's place";

    /// <summary>The machine, with its approximations at their documented worst, to both sides in turn.</summary>
    private protected EngineOnMachine Machine { get; } = new(new MachineOptions { Error = ApproximationError.Alternating });

    /// <summary>The losses of shapes on the machine.</summary>
    private protected ShapesOnMachine Shapes { get; } = new();

    /// <summary>The largest voxels on the machine.</summary>
    private protected TopOnMachine Top { get; } = new();

    public void Dispose()
    {
        LossEngines.InPlaceOfHost = null;
        ShapeEngines.InPlaceOfHost = null;
        TopEngines.InPlaceOfHost = null;
        GC.SuppressFinalize(this);
    }

    /// <summary>Does something with the machine in the place of both of the host's engines. It is a fault of the test where no kernel of a
    /// loss
    /// of shapes runs.</summary>
    private protected T OnShapes<T>(Func<T> run, ShapesOnMachine? shapes = null)
    {
        var engine = shapes ?? Shapes;
        var launches = engine.Driver.Launches.Count;
        (LossEngines.InPlaceOfHost, ShapeEngines.InPlaceOfHost) = (Machine, engine);
        try
        {
            var result = run();
            Assert.True(engine.Driver.Launches.Count > launches, "Nothing ran on the machine.");
            return result;
        }
        finally
        {
            (LossEngines.InPlaceOfHost, ShapeEngines.InPlaceOfHost) = (null, null);
        }
    }

    /// <summary>Does something with the machine in the host's place. It is a fault of the test where no kernel runs.</summary>
    private protected T OnMachine<T>(Func<T> run, EngineOnMachine? machine = null, TopOnMachine? top = null)
    {
        var engine = machine ?? Machine;
        var launches = engine.Driver.Launches.Count;
        (LossEngines.InPlaceOfHost, TopEngines.InPlaceOfHost) = (engine, top ?? Top);
        try
        {
            var result = run();
            Assert.True(engine.Driver.Launches.Count > launches, "Nothing ran on the machine.");
            return result;
        }
        finally
        {
            (LossEngines.InPlaceOfHost, TopEngines.InPlaceOfHost) = (null, null);
        }
    }
}

/// <summary>Torch's one generator is drawn from here too.</summary>
[CollectionDefinition(InPlaceOfHost.Place)]
public sealed class HostsPlace;
