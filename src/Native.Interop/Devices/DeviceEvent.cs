namespace Ditto.Interop;

/// <summary>A point in a stream's work: other streams can wait for it, and the time between two points can be read.</summary>
public sealed unsafe class DeviceEvent : DeviceHandle
{
    private DeviceEvent(ContextHandle context, nint native)
        : base(context, native)
    {
    }

    /// <summary>True where the work before this point is done, or nothing was recorded yet.</summary>
    /// <exception cref="DeviceException">Earlier work on the device failed.</exception>
    public bool IsComplete
    {
        get
        {
            using ContextScope current = Context.Push();
            CuResult result = Context.Driver.cuEventQuery(Native);
            if (result is not CuResult.CUDA_SUCCESS and not CuResult.CUDA_ERROR_NOT_READY)
                throw Context.Error(result, nameof(CudaDriver.cuEventQuery), "state of an event, in or before it");
            return result == CuResult.CUDA_SUCCESS;
        }
    }

    /// <summary>Makes an event.</summary>
    /// <exception cref="DeviceException">The driver refused.</exception>
    internal static DeviceEvent Create(ContextHandle context)
    {
        using ContextScope current = context.Push();
        nint native;
        CuResult result = context.Driver.cuEventCreate(&native, (uint)CuEventFlags.CU_EVENT_DEFAULT);
        if (result != CuResult.CUDA_SUCCESS) throw context.Error(result, nameof(CudaDriver.cuEventCreate), "a new event");
        return new DeviceEvent(context, native);
    }

    /// <summary>Waits until the work before this point is done.</summary>
    /// <exception cref="DeviceException">Earlier work on the device failed.</exception>
    public void Synchronize()
    {
        using ContextScope current = Context.Push();
        CuResult result = Context.Driver.cuEventSynchronize(Native);
        if (result != CuResult.CUDA_SUCCESS) throw Context.Error(result, nameof(CudaDriver.cuEventSynchronize), "wait for an event, in or before it");
    }

    /// <summary>Milliseconds on the device from an earlier event to this one. Both must be recorded and complete.</summary>
    /// <param name="since">The earlier event.</param>
    /// <exception cref="DeviceException">An event is not recorded or not complete.</exception>
    public float ElapsedMs(DeviceEvent since)
    {
        ArgumentNullException.ThrowIfNull(since);
        using ContextScope current = Context.Push();
        float elapsedMs;
        CuResult result = Context.Driver.cuEventElapsedTime(&elapsedMs, since.Native, Native);
        if (result != CuResult.CUDA_SUCCESS) throw Context.Error(result, nameof(CudaDriver.cuEventElapsedTime), "time between two events");
        return elapsedMs;
    }

    private protected override bool Free(nint native) => Context.Driver.cuEventDestroy_v2(native) == CuResult.CUDA_SUCCESS;
}
