using System.Runtime.InteropServices;

namespace GpuLoss.Cli.Commands;

/// <summary>Ctrl-C and the system's request to end: the first asks for an orderly end, a second one ends the process.</summary>
internal sealed class Interruption : IDisposable
{
    /// <summary>The exit code of a command that was interrupted.</summary>
    public const int ExitCode = 130;

    private readonly CancellationTokenSource stop = new();
    private readonly PosixSignalRegistration interrupt;
    private readonly PosixSignalRegistration terminate;

    public Interruption()
    {
        interrupt = On(PosixSignal.SIGINT);
        terminate = On(PosixSignal.SIGTERM);
    }

    /// <summary>Set once an end was asked for.</summary>
    public CancellationToken Token => stop.Token;

    public void Dispose()
    {
        interrupt.Dispose();
        terminate.Dispose();
        stop.Dispose();
    }

    private PosixSignalRegistration On(PosixSignal signal) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = !stop.IsCancellationRequested;
        stop.Cancel();
    });
}
