namespace GpuLoss.Cli.Training;

/// <summary>The network cannot be trained here, since libtorch computes it wrongly. The program shows the message, one line, and exits with
/// 3.</summary>
internal sealed class WrongNetworkException(string message) : Exception(message);
