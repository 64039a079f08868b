using System.Collections.Concurrent;
using GpuLoss.Bench.Ptx;
using GpuLoss.Interop.Engines;
using GpuLoss.Kernels.Objective;
using GpuLoss.PtxMachine;
using TorchSharp;
using Tensor = TorchSharp.torch.Tensor;

namespace GpuLoss.Bench.Prediction;

/// <summary>Runs losses on the PTX machine, as a user calls them, and maps what it counts to machine code.</summary>
/// <param name="instructions">About how many instructions of warps of a launch the machine executes; more blocks of its grid are left out
/// then.</param>
internal sealed class PredictionRun(long instructions) : IDisposable
{
    private const string Architecture = "sm_90";
    private const int SectorBytes = 32;

    /// <summary>Logits are distributed uniformly from -3 to 3.</summary>
    private const int LogitsWidth = 6;

    private static readonly MachineOptions Machine = new() { WatchesMemory = false, Multiprocessors = GpuModel.Multiprocessors };

    private readonly string folder = Directory.CreateTempSubdirectory("gpuloss-ptx-").FullName;
    private readonly ConcurrentDictionary<string, Lazy<SassGraph>> graphs = new();

    /// <summary>The predictions of cases, in their order.</summary>
    /// <param name="cases">The cases.</param>
    /// <param name="done">Is told of each case that is done.</param>
    public IReadOnlyList<PassPrediction> Of(IReadOnlyList<PredictedCase> cases, Action<PredictedCase> done)
    {
        using var scope = torch.NewDisposeScope();
        torch.manual_seed(1);
        var logits = cases.GroupBy(one => one.Logits).ToDictionary(
            group => group.Key, group => Random(group.Max(one => one.Size.Classes * one.Size.Voxels), group.Key));
        var results = new PassPrediction[cases.Count][];
        LossEngines.InPlaceOfHost = new MachineOfThread();
        try
        {
            // The largest first, so that no thread is left alone with one of them.
            var order = Enumerable.Range(0, cases.Count).OrderByDescending(i => cases[i].LogitsBytes).ToArray();
            Parallel.ForEach(
                Partitioner.Create(order, EnumerablePartitionerOptions.NoBuffering),
                new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
                i =>
                {
                    results[i] = Of(cases[i], logits[cases[i].Logits]);
                    done(cases[i]);
                });
        }
        finally
        {
            LossEngines.InPlaceOfHost = null;
        }

        return [.. results.SelectMany(passes => passes)];
    }

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static Tensor Random(long elements, LogitsType type)
    {
        using var scope = torch.NewDisposeScope();
        var numbers = torch.rand(elements).sub_(0.5f).mul_(LogitsWidth);
        return (type == LogitsType.Float32 ? numbers : numbers.to_type(torch.ScalarType.BFloat16)).MoveToOuterDisposeScope();
    }

    private PassPrediction[] Of(PredictedCase @case, Tensor numbers)
    {
        using var scope = torch.NewDisposeScope();
        var (classes, side) = @case.Size;
        var logits = numbers.narrow(0, 0, classes * @case.Size.Voxels).view(1, classes, side, side, side).detach().requires_grad_();
        var target = @case.NewTarget();
        var machine = new EngineOnMachine(Machine with { Sample = new BlockSample(instructions) });
        var (forward, loss) = (0, @case.Create());
        MachineOfThread.With(machine, () =>
        {
            var value = loss(logits, target);
            forward = machine.Driver.Launches.Count;
            torch.autograd.grad([value], [logits]);
        });
        var (l, t) = (@case.LogitsBytes, @case.TargetBytes);
        return
        [
            Pass(PassPrediction.Forward, l + t, machine.Driver.Launches.Take(forward)),
            Pass(PassPrediction.Backward, 2 * l + t, machine.Driver.Launches.Skip(forward)),
        ];

        PassPrediction Pass(string name, long needed, IEnumerable<MachineLaunch> launches)
        {
            LaunchCost[] costs = [.. launches.Select(Cost)];
            return new(@case, name, needed, costs, [.. GpuModel.All.Select(gpu => gpu.Of(costs, needed))]);
        }
    }

    private LaunchCost Cost(MachineLaunch launch)
    {
        var counters = launch.Counters;
        var counts = SassCounts.Of(Assemble(launch.Ptx), counters.ExecutionsByLine());
        return new(
            counters.Blocks, counters.BlocksRun, launch.Threads, SectorBytes * (counters.SectorsLoaded + counters.SectorsStored),
            SectorBytes * (counters.SectorsLoadedAnew + counters.SectorsStoredAnew), counts.Instructions, counts.Of(SassUnit.Special),
            counts.Of(SassUnit.Double), counts.Of(SassUnit.Integer), counters.Wavefronts, counts.Agreement);
    }

    private SassGraph Assemble(string ptx) => graphs.GetOrAdd(ptx, text => new Lazy<SassGraph>(() =>
    {
        var path = Path.Combine(folder, $"{Guid.NewGuid():N}.ptx");
        var cubin = Path.ChangeExtension(path, "cubin");
        File.WriteAllText(path, text);
        AssembledKernel.From(path, Architecture, cubin);
        return SassGraph.Of(SassCode.Of(cubin));
    })).Value;
}
