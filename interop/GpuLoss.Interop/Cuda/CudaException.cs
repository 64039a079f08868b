namespace GpuLoss.Interop.Cuda;

/// <summary>A call of the CUDA driver failed.</summary>
internal sealed class CudaException : Exception
{
    internal CudaException(ICudaDriver driver, int error, string call, string details = "")
        : base($"{call} failed: {driver.ErrorName(error)} ({error}), "
            + $"{driver.ErrorText(error)}.{(details.Length == 0 ? "" : " " + details)}") =>
        (Error, ErrorName) = (error, driver.ErrorName(error));

    /// <summary>The driver's number of the error, a CUresult.</summary>
    public int Error { get; }

    /// <summary>The driver's name of the error, CUDA_ERROR_….</summary>
    public string ErrorName { get; }
}
