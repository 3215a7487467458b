using static System.FormattableString;

namespace Ditto.Interop;

/// <summary>A queue of work on a device: commands run in the order in which they were queued. One thread at a time may use it.</summary>
public sealed unsafe class DeviceStream : DeviceHandle
{
    private readonly AllocationCounter counter;
    private DeviceMemory? workspace;

    private DeviceStream(ContextHandle context, AllocationCounter counter, nint native)
        : base(context, native) => this.counter = counter;

    /// <summary>True where all queued work is done.</summary>
    /// <exception cref="DeviceException">Earlier work on the device failed.</exception>
    public bool IsIdle
    {
        get
        {
            using ContextScope current = Context.Push();
            CuResult result = Context.Driver.cuStreamQuery(Native);
            if (result is not CuResult.CUDA_SUCCESS and not CuResult.CUDA_ERROR_NOT_READY)
                throw Context.Error(result, nameof(CudaDriver.cuStreamQuery), "state of a stream, in or before it");
            return result == CuResult.CUDA_SUCCESS;
        }
    }

    /// <summary>True between <see cref="BeginCapture"/> and <see cref="EndCapture"/>.</summary>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public bool IsCapturing
    {
        get
        {
            using ContextScope current = Context.Push();
            CuStreamCaptureStatus status;
            CuResult result = Context.Driver.cuStreamIsCapturing(Native, &status);
            if (result != CuResult.CUDA_SUCCESS) throw Context.Error(result, nameof(CudaDriver.cuStreamIsCapturing), "state of a capture");
            return status != CuStreamCaptureStatus.CU_STREAM_CAPTURE_STATUS_NONE;
        }
    }

    /// <summary>Makes a stream.</summary>
    /// <exception cref="DeviceException">The driver refused.</exception>
    internal static DeviceStream Create(ContextHandle context, AllocationCounter counter)
    {
        using ContextScope current = context.Push();
        nint native;
        CuResult result = context.Driver.cuStreamCreate(&native, (uint)CuStreamFlags.CU_STREAM_NON_BLOCKING);
        if (result != CuResult.CUDA_SUCCESS) throw context.Error(result, nameof(CudaDriver.cuStreamCreate), "a new stream");
        return new DeviceStream(context, counter, native);
    }

    /// <summary>Waits until all queued work is done.</summary>
    /// <exception cref="DeviceException">Queued work failed; the driver says so here or at an earlier call.</exception>
    public void Synchronize()
    {
        using ContextScope current = Context.Push();
        CuResult result = Context.Driver.cuStreamSynchronize(Native);
        if (result != CuResult.CUDA_SUCCESS) throw Context.Error(result, nameof(CudaDriver.cuStreamSynchronize), "wait for a stream");
    }

    /// <summary>From now on commands are recorded instead of run. What they need (kernels, plans, workspace) must have been used before.</summary>
    /// <exception cref="DeviceException">The driver refused, for example because a capture is under way.</exception>
    public void BeginCapture()
    {
        using ContextScope current = Context.Push();
        CuResult result = Context.Driver.cuStreamBeginCapture_v2(Native, CuStreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
        if (result != CuResult.CUDA_SUCCESS) throw Context.Error(result, nameof(CudaDriver.cuStreamBeginCapture_v2), "start a capture");
    }

    /// <summary>Ends the recording. What it points to (memory, workspace of this stream, pinned memory) must outlive the graph.</summary>
    /// <exception cref="DeviceException">The driver refused, for example because a command was not allowed in a capture.</exception>
    public DeviceGraph EndCapture()
    {
        using ContextScope current = Context.Push();
        nint graph = 0;
        CuResult result = Context.Driver.cuStreamEndCapture(Native, &graph);
        if (result != CuResult.CUDA_SUCCESS || graph == 0)
            throw Context.Error(result, nameof(CudaDriver.cuStreamEndCapture), "the recorded graph");
        return DeviceGraph.Instantiate(Context, graph);
    }

    /// <summary>Ends a recording that went wrong and throws away what was recorded; the stream can be used again.</summary>
    public void AbandonCapture()
    {
        if (Context.TryPush() != CuResult.CUDA_SUCCESS) return;
        using ContextScope current = new(Context.Driver);
        nint graph = 0;
        Context.Driver.cuStreamEndCapture(Native, &graph);       // whatever it answers: the caller has the error that counts
        if (graph != 0) Context.Driver.cuGraphDestroy(graph);
    }

    /// <summary>Sets an event to this point of the stream's work.</summary>
    /// <param name="point">The event.</param>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public void Record(DeviceEvent point)
    {
        ArgumentNullException.ThrowIfNull(point);
        using ContextScope current = Context.Push();
        CuResult result = Context.Driver.cuEventRecord(point.Native, Native);
        if (result != CuResult.CUDA_SUCCESS) throw Context.Error(result, nameof(CudaDriver.cuEventRecord), "set an event");
    }

    /// <summary>Lets the commands queued from now on wait for an event of another stream.</summary>
    /// <param name="point">The event.</param>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public void Wait(DeviceEvent point)
    {
        ArgumentNullException.ThrowIfNull(point);
        using ContextScope current = Context.Push();
        CuResult result = Context.Driver.cuStreamWaitEvent(Native, point.Native, 0);
        if (result != CuResult.CUDA_SUCCESS) throw Context.Error(result, nameof(CudaDriver.cuStreamWaitEvent), "wait for an event");
    }

    /// <summary>Copies host memory to the device, in the stream's order, and waits until it is copied.</summary>
    /// <typeparam name="T">Host element type; the byte counts must agree.</typeparam>
    /// <param name="destination">Contiguous.</param>
    /// <param name="source">The elements.</param>
    /// <exception cref="ArgumentException">The sizes differ, or the tensor is not contiguous.</exception>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public void CopyToDevice<T>(Tensor destination, ReadOnlySpan<T> source)
        where T : unmanaged
    {
        Transfer.Check(destination, source.Length, sizeof(T));
        if (source.IsEmpty) return;
        fixed (T* host = source)
        {
            QueueToDevice(destination, host);
            Synchronize();
        }
    }

    /// <summary>Copies device memory to the host, in the stream's order, and waits until it is copied.</summary>
    /// <typeparam name="T">Host element type; the byte counts must agree.</typeparam>
    /// <param name="destination">Room for the elements.</param>
    /// <param name="source">Contiguous.</param>
    /// <exception cref="ArgumentException">The sizes differ, or the tensor is not contiguous.</exception>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public void CopyToHost<T>(Span<T> destination, Tensor source)
        where T : unmanaged
    {
        Transfer.Check(source, destination.Length, sizeof(T));
        if (destination.IsEmpty) return;
        fixed (T* host = destination)
        {
            QueueToHost(host, source);
            Synchronize();
        }
    }

    /// <summary>Queues a copy from pinned memory. The memory must not change until the stream has passed this point.</summary>
    /// <param name="destination">Contiguous.</param>
    /// <param name="source">Pinned memory; its first bytes are copied.</param>
    /// <exception cref="ArgumentException">The source is too small, or the tensor is not contiguous.</exception>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public void CopyToDevice(Tensor destination, HostMemory source)
    {
        ArgumentNullException.ThrowIfNull(source);
        Transfer.CheckFits(destination, source.ByteCount);
        if (destination.ElementCount > 0) QueueToDevice(destination, (void*)source.Native);
    }

    /// <summary>Queues a copy into pinned memory. Read it after the stream has passed this point.</summary>
    /// <param name="destination">Pinned memory; its first bytes are written.</param>
    /// <param name="source">Contiguous.</param>
    /// <exception cref="ArgumentException">The destination is too small, or the tensor is not contiguous.</exception>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public void CopyToHost(HostMemory destination, Tensor source)
    {
        ArgumentNullException.ThrowIfNull(destination);
        Transfer.CheckFits(source, destination.ByteCount);
        if (source.ElementCount > 0) QueueToHost((void*)destination.Native, source);
    }

    /// <summary>Room that matrix products of this stream may use: one allocation, made at first need.</summary>
    internal DeviceMemory Workspace(long byteCount)
    {
        if (workspace is not null && workspace.ByteCount >= byteCount) return workspace;
        if (workspace is not null)
        {
            Synchronize();                                       // queued products may still use the smaller one
            workspace.Dispose();
            workspace = null;                                    // also where the larger one is refused
        }
        return workspace = DeviceMemory.Allocate(
            Context, counter, new MemoryNeed(byteCount, "the workspace of matrix products", "a smaller batch or picture, or fewer sessions"));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && !IsClosed) workspace?.Dispose();
        base.Dispose(disposing);
    }

    private protected override bool Free(nint native) => Context.Driver.cuStreamDestroy_v2(native) == CuResult.CUDA_SUCCESS;

    private void QueueToDevice(in Tensor destination, void* host)
    {
        using ContextScope current = Context.Push();
        CuResult result = Context.Driver.cuMemcpyHtoDAsync_v2(destination.Pointer, host, (nuint)destination.ByteCount, Native);
        if (result != CuResult.CUDA_SUCCESS)
            throw Context.Error(result, nameof(CudaDriver.cuMemcpyHtoDAsync_v2), Invariant($"{destination.ByteCount} bytes to {destination}"));
    }

    private void QueueToHost(void* host, in Tensor source)
    {
        using ContextScope current = Context.Push();
        CuResult result = Context.Driver.cuMemcpyDtoHAsync_v2(host, source.Pointer, (nuint)source.ByteCount, Native);
        if (result != CuResult.CUDA_SUCCESS)
            throw Context.Error(result, nameof(CudaDriver.cuMemcpyDtoHAsync_v2), Invariant($"{source.ByteCount} bytes from {source}"));
    }
}
