using System.Diagnostics;
using GpuLoss.Interop.Cuda;

namespace GpuLoss.Bench.Gpu;

/// <summary>What a contestant took.</summary>
/// <param name="MedianMs">The median of its times on the GPU.</param>
/// <param name="LeastMs">The shortest of them.</param>
/// <param name="HostMicroseconds">The median of the host's time until everything was enqueued.</param>
internal sealed record EventTime(double MedianMs, double LeastMs, double HostMicroseconds);

/// <summary>Times work between two events of the default stream, contestants in turn, round after round.</summary>
internal sealed unsafe class EventTimer : IDisposable
{
    private const int WarmUpRounds = 10;

    private readonly CudaDevice device;
    private readonly nint begin;
    private readonly nint end;

    public EventTimer(CudaDevice device)
    {
        this.device = device;
        (begin, end) = (Create(), Create());
    }

    /// <summary>Runs every contestant once a round.</summary>
    public Dictionary<string, EventTime> Run(int rounds, params (string Name, Action Enqueue)[] contestants)
    {
        var times = contestants.ToDictionary(contestant => contestant.Name, _ => new List<double>());
        var host = contestants.ToDictionary(contestant => contestant.Name, _ => new List<double>());
        for (var round = -WarmUpRounds; round < rounds; round++)
        {
            foreach (var (name, enqueue) in contestants)
            {
                var (milliseconds, microseconds) = Time(enqueue);
                if (round < 0)
                    continue;
                times[name].Add(milliseconds);
                host[name].Add(microseconds);
            }
        }

        return times.Keys.ToDictionary(name => name, name => new EventTime(Median(times[name]), times[name].Min(), Median(host[name])));
    }

    public void Dispose()
    {
        using var scope = device.Enter();
        device.Check(device.Driver.EventDestroy(begin), "cuEventDestroy");
        device.Check(device.Driver.EventDestroy(end), "cuEventDestroy");
        scope.Leave();
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private (double Milliseconds, double Microseconds) Time(Action enqueue)
    {
        using var scope = device.Enter();
        device.Check(device.Driver.EventRecord(begin, stream: 0), "cuEventRecord");
        var start = Stopwatch.GetTimestamp();
        enqueue();
        var microseconds = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        device.Check(device.Driver.EventRecord(end, stream: 0), "cuEventRecord");
        device.Check(device.Driver.EventSynchronize(end), "cuEventSynchronize");
        float milliseconds;
        device.Check(device.Driver.EventElapsedTime(&milliseconds, begin, end), "cuEventElapsedTime");
        scope.Leave();
        return (milliseconds, microseconds);
    }

    private nint Create()
    {
        using var scope = device.Enter();
        nint handle;
        device.Check(device.Driver.EventCreate(&handle, 0), "cuEventCreate");
        scope.Leave();
        return handle;
    }
}
