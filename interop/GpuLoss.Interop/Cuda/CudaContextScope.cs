namespace GpuLoss.Interop.Cuda;

/// <summary>
/// A device's context made current on this thread, for the length of a <c>using</c>: autograd calls from threads of its own, and whatever
/// was current before is so again afterwards.
/// </summary>
internal unsafe ref struct CudaContextScope
{
    private readonly CudaDevice device;
    private bool isInside;

    /// <summary>Enters the context.</summary>
    /// <exception cref="CudaException">The driver refuses.</exception>
    public CudaContextScope(CudaDevice device, nint context)
    {
        this.device = device;
        device.Check(device.Driver.CtxPushCurrent(context), "cuCtxPushCurrent");
        isInside = true;
    }

    /// <summary>Leaves the context where all went well.</summary>
    /// <exception cref="CudaException">The driver refuses.</exception>
    public void Leave()
    {
        isInside = false;
        nint left;
        device.Check(device.Driver.CtxPopCurrent(&left), "cuCtxPopCurrent");
    }

    /// <summary>Leaves the context where something failed: that failure is the one to hear of.</summary>
    public void Dispose()
    {
        nint left;
        if (isInside)
            _ = device.Driver.CtxPopCurrent(&left);
        isInside = false;
    }
}
