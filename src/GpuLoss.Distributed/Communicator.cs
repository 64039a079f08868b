using GpuLoss.Distributed.Mpi;

namespace GpuLoss.Distributed;

/// <summary>
/// The processes that train together. It binds the libmpi of the launcher that started this process, <c>mpirun</c> or <c>mpiexec</c>, and
/// writes no transport of its own. Without a launcher it is one rank that needs no library.
/// </summary>
/// <remarks>
/// Every method is collective: all ranks call the same ones in the same order. MPI is finalised when the process ends. Where an exception
/// that nobody catches ends it, or an exit code that is not 0, the other ranks are ended too, by MPI_Abort, so that none waits for ever.
/// </remarks>
public sealed partial class Communicator
{
    private static readonly Lazy<Communicator> World = new(Start);

    private readonly MpiLibrary? library;
    private readonly Lock oneAtATime = new();
    private readonly int? onlyThread;

    private Communicator(MpiLibrary? library, bool takesAnyThread)
    {
        this.library = library;
        onlyThread = takesAnyThread ? null : Environment.CurrentManagedThreadId;
        (rank, size) = library is null ? (0, 1) : (library.Rank(), library.Size());
    }

    /// <summary>All ranks that were started together; MPI is initialised by the first who asks.</summary>
    /// <exception cref="DllNotFoundException">A launcher started this process, and its libmpi was not found.</exception>
    /// <exception cref="MpiException">MPI could not be initialised.</exception>
    public static Communicator world => World.Value;

    /// <summary>This process alone, whatever started it.</summary>
    public static Communicator single { get; } = new(null, takesAnyThread: true);

    /// <summary>The number of this process, from 0.</summary>
    public int rank { get; }

    /// <summary>How many there are.</summary>
    public int size { get; }

    /// <summary>The number of this process among those of its machine: the index of its GPU.</summary>
    public int local_rank => library is null ? 0 : MpiLaunch.LocalRank;

    /// <summary>The calls of MPI so far, of those that carry data.</summary>
    public long messages { get; private set; }

    /// <summary>The bytes that other ranks sent to this one so far.</summary>
    public long bytes_received { get; private set; }

    /// <inheritdoc/>
    public override string ToString() => library is null ? "one rank, without MPI" : $"rank {rank} of {size}, {library.Version}";

    /// <summary>Waits for all ranks.</summary>
    /// <exception cref="MpiException">MPI reported an error.</exception>
    public void barrier()
    {
        if (library is not null)
            Locked(library.Barrier);
    }

    /// <summary>Ends all ranks at once, this one too.</summary>
    /// <param name="exit_code">The exit code of the launcher.</param>
    public void abort(int exit_code = 1)
    {
        library?.Abort(exit_code);
        Environment.Exit(exit_code);
    }

    private static Communicator Start()
    {
        if (!MpiLaunch.IsLaunched)
            return single;
        if (!MpiLibrary.TryLoad(MpiLaunch.Libraries, isGlobal: true, out var library))
        {
            throw new DllNotFoundException(
                $"This process was started by a launcher of MPI, but none of {string.Join(", ", MpiLaunch.Libraries)} was found. "
                + $"{MpiLaunch.LibraryVariable} can name the library.");
        }

        var communicator = new Communicator(library, library.Initialize());
        AppDomain.CurrentDomain.UnhandledException += (_, arguments) => communicator.EndAll(arguments.ExceptionObject);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => communicator.End();
        return communicator;
    }

    /// <summary>An exception ends this process: nobody is to wait for it. MPI_Abort does not come back, so what .NET would print is printed
    /// here.</summary>
    private void EndAll(object exception)
    {
        Console.Error.WriteLine($"Rank {rank} of {size} ends all ranks. Unhandled exception. {exception}");
        Console.Error.Flush();
        library!.Abort(1);
    }

    /// <summary>Where this process fails, or a thread of it still waits for other ranks, the others cannot be waited for.</summary>
    private void End()
    {
        if (Environment.ExitCode != 0 || !oneAtATime.TryEnter())
        {
            Console.Out.Flush();
            library!.Abort(Environment.ExitCode == 0 ? 1 : Environment.ExitCode);
            return;
        }

        try
        {
            library!.Finish();
        }
        finally
        {
            oneAtATime.Exit();
        }
    }

    private void Locked(Action call)
    {
        if (onlyThread is { } thread && thread != Environment.CurrentManagedThreadId)
        {
            throw new InvalidOperationException(
                "This MPI takes calls only from the thread that initialised it, the first to ask for Communicator.world.");
        }

        lock (oneAtATime)
            call();
    }
}
