namespace GpuLoss.Cli;

/// <summary>A mistake in what the user handed in. Its message is one line for a person; the program shows it and exits with 2.</summary>
internal sealed class InputException(string message) : Exception(message);
