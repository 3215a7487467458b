using System.Runtime.InteropServices;
using static System.FormattableString;

namespace Ditto.Interop;

/// <summary>
/// One device: a GPU, the processor, or whatever else is registered with <see cref="DeviceBackends"/>. Everything above works alike on all.
/// Safe to use from several threads; a stream and its operations belong to one thread at a time.
/// </summary>
public sealed unsafe class Device : IDisposable
{
    private readonly AllocationCounter counter = new();
    private readonly ContextHandle context;
    private readonly Lock gate = new();
    private BlasHandle? blas;
    private int holders;
    private bool disposed;

    private Device(ContextHandle context)
    {
        this.context = context;
        DeviceBackend backend = context.Backend;
        Name = backend.Name;
        ComputeCapability = (10 * context.Attribute(CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR))
            + context.Attribute(CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
        Architecture = backend.Architecture ?? Invariant($"sm_{ComputeCapability}");
        MaxThreadsPerBlock = context.Attribute(CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK);
        WarpSize = context.Attribute(CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_WARP_SIZE);
        MultiprocessorCount = context.Attribute(CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
        Description = ReadDescription(context);
        nuint total;
        CuResult result = context.Driver.cuDeviceTotalMem_v2(&total, context.CuDevice);
        if (result != CuResult.CUDA_SUCCESS) throw context.Error(result, nameof(CudaDriver.cuDeviceTotalMem_v2), "size of the memory");
        TotalBytes = (long)total;
        Kernels = new KernelLibrary(this, context);
    }

    /// <summary>The device's name, for example <c>cuda:0</c> or <c>cpu</c>.</summary>
    public string Name { get; }

    /// <summary>The product's own name.</summary>
    public string Description { get; }

    /// <summary>What kernels are compiled for, for example <c>sm_90</c> or <c>x86-64-v4</c>.</summary>
    public string Architecture { get; }

    /// <summary>Ten times the major plus the minor compute capability, for example 90; 0 where the device has none.</summary>
    public int ComputeCapability { get; }

    /// <summary>Multiprocessors of a GPU, worker threads of a processor.</summary>
    public int MultiprocessorCount { get; private set; }

    /// <summary>The largest block: 1024 on a GPU, 1 on a processor.</summary>
    public int MaxThreadsPerBlock { get; }

    /// <summary>Threads that run in step: 32 on a GPU, 1 on a processor.</summary>
    public int WarpSize { get; }

    /// <summary>Threads that one multiprocessor holds at a time.</summary>
    public int MaxThreadsPerMultiprocessor => context.Attribute(CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR);

    /// <summary>The most bytes of shared memory that one block can ask for.</summary>
    public int MaxSharedBytesPerBlock => context.Attribute(CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);

    /// <summary>Size of the device's memory in bytes.</summary>
    public long TotalBytes { get; }

    /// <summary>Allocations that are not freed yet.</summary>
    public long LiveAllocations => counter.LiveCount;

    /// <summary>Allocations made since the device was opened.</summary>
    public long TotalAllocations => counter.TotalCount;

    /// <summary>Bytes allocated and not freed yet.</summary>
    public long LiveBytes => counter.LiveBytes;

    /// <summary>The most bytes that were allocated at one time.</summary>
    public long PeakBytes => counter.PeakBytes;

    /// <summary>The error that ended the device's context, so that everything made on it has to be disposed; null while it can be used.</summary>
    public DeviceException? Failure => context.Failure;

    /// <summary>The device's kernels, compiled at first use.</summary>
    public KernelLibrary Kernels { get; }

    /// <summary>Worker threads of a processor; 0 on devices that have none, where setting it has no effect. Results do not depend on it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A number below 1 is set.</exception>
    public int ThreadCount
    {
        get => context.Backend.Workers is WorkerThreads workers ? workers.dittoCpuGetThreadCount() : 0;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            if (context.Backend.Workers is not WorkerThreads workers) return;
            workers.dittoCpuSetThreadCount(value);
            MultiprocessorCount = context.Attribute(CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
        }
    }

    internal ContextHandle Context => context;

    internal BlasHandle Blas
    {
        get
        {
            if (Volatile.Read(ref blas) is BlasHandle made) return made;
            lock (gate) return blas ??= BlasHandle.Create(context);
        }
    }

    /// <summary>Opens a device.</summary>
    /// <param name="name"><c>auto</c> (a GPU if driver, NVRTC and cuBLASLt load and one is there, else the processor), <c>cuda:0</c>, <c>cpu</c>,
    /// <c>cpu:x86-64-v3</c>, <c>cpu:0</c>, or a registered kind.</param>
    /// <exception cref="DeviceException">The device cannot be used; the message says why.</exception>
    public static Device Open(string name = "auto")
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return name == "auto" ? OpenBest() : Open(DeviceBackends.Open(name));
    }

    /// <summary>Works in a CUDA context that another library made. The context must outlive the device and everything made from it.</summary>
    /// <param name="context">The context, a <c>CUcontext</c>.</param>
    /// <exception cref="DeviceException">The context is not alive, or a CUDA library is missing.</exception>
    public static Device FromCudaContext(nint context) => Adopt(DeviceBackends.Open("cuda"), context);

    /// <summary>Tries every device that is known here. Nothing stays open.</summary>
    /// <returns>One entry for each device, GPUs first; a kind without any device has one entry that says why.</returns>
    public static IReadOnlyList<DeviceProbe> Probe() => [.. DeviceBackends.List().Select(ProbeOne)];

    /// <summary>Free device memory in bytes, as the driver reports it now.</summary>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public long FreeBytes()
    {
        using ContextScope current = context.Push();
        nuint free, total;
        CuResult result = context.Driver.cuMemGetInfo_v2(&free, &total);
        if (result != CuResult.CUDA_SUCCESS) throw context.Error(result, nameof(CudaDriver.cuMemGetInfo_v2), "free memory");
        return (long)free;
    }

    /// <summary>Allocates device memory; its content is undefined.</summary>
    /// <param name="bytes">Size, at least 1.</param>
    /// <param name="purpose">What it is for, for the error where there is not enough memory.</param>
    /// <param name="advice">What to try then, for example <c>a smaller batch</c>.</param>
    /// <exception cref="DeviceException">The driver refused; where memory ran out, the error says how much there is and what to try.</exception>
    public DeviceMemory Allocate(long bytes, string purpose = MemoryNeed.AnyPurpose, string advice = MemoryNeed.AnyAdvice) =>
        DeviceMemory.Allocate(context, counter, new MemoryNeed(bytes, purpose, advice));

    /// <summary>Allocates pinned host memory, for copies that are queued without waiting.</summary>
    /// <param name="bytes">Size, at least 1.</param>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public HostMemory AllocateHost(int bytes) => HostMemory.Allocate(context, bytes);

    /// <summary>Makes a stream.</summary>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public DeviceStream CreateStream() => DeviceStream.Create(context, counter);

    /// <summary>Makes an event.</summary>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public DeviceEvent CreateEvent() => DeviceEvent.Create(context);

    /// <summary>Makes the operations that queue their work on a stream of this device.</summary>
    /// <param name="stream">The stream.</param>
    public Operations CreateOperations(DeviceStream stream) => new(this, stream);

    /// <summary>Starts a new <see cref="PeakBytes"/> from what is allocated now.</summary>
    public void ResetPeakBytes() => counter.ResetPeak();

    /// <summary>Waits for all work on the device.</summary>
    /// <exception cref="DeviceException">Queued work failed.</exception>
    public void Synchronize()
    {
        using ContextScope current = context.Push();
        CuResult result = context.Driver.cuCtxSynchronize();
        if (result != CuResult.CUDA_SUCCESS) throw context.Error(result, nameof(CudaDriver.cuCtxSynchronize), "wait for the device, in or before it");
    }

    /// <summary>Copies host memory to the device and waits. It is not ordered with the work of streams; see <see cref="DeviceStream"/>.</summary>
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
        using ContextScope current = context.Push();
        fixed (T* host = source)
        {
            CuResult result = context.Driver.cuMemcpyHtoD_v2(destination.Pointer, host, (nuint)destination.ByteCount);
            if (result != CuResult.CUDA_SUCCESS)
                throw context.Error(result, nameof(CudaDriver.cuMemcpyHtoD_v2), Invariant($"{destination.ByteCount} bytes to {destination}"));
        }
    }

    /// <summary>Copies device memory to the host and waits. It is not ordered with the work of streams; see <see cref="DeviceStream"/>.</summary>
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
        using ContextScope current = context.Push();
        fixed (T* host = destination)
        {
            CuResult result = context.Driver.cuMemcpyDtoH_v2(host, source.Pointer, (nuint)source.ByteCount);
            if (result != CuResult.CUDA_SUCCESS)
                throw context.Error(result, nameof(CudaDriver.cuMemcpyDtoH_v2), Invariant($"{source.ByteCount} bytes from {source}"));
        }
    }

    /// <summary>True where a tensor's first element lies in memory of this device's context, whoever allocated it.</summary>
    /// <param name="tensor">Any tensor.</param>
    public bool Owns(Tensor tensor)
    {
        if (tensor.IsNull) return false;
        using ContextScope current = context.Push();
        nint owner = 0;
        CuResult result = context.Driver.cuPointerGetAttribute(&owner, CuPointerAttribute.CU_POINTER_ATTRIBUTE_CONTEXT, tensor.Pointer);
        return result == CuResult.CUDA_SUCCESS && owner == context.DangerousGetHandle();
    }

    /// <summary>Says that this memory is written rarely, as weights are. A hint: a device may prepare for it, and results stay the same.</summary>
    /// <param name="tensor">Contiguous, and the whole of what a kernel reads through one pointer: the CPU device rearranges a matrix in its place
    /// for products, and puts it back when a kernel is given a pointer into the tensor.</param>
    /// <exception cref="DeviceException">The driver failed in another way than by not taking the hint.</exception>
    public void MarkReadMostly(Tensor tensor)
    {
        if (tensor.ElementCount == 0) return;
        using ContextScope current = context.Push();
        CuResult result = context.Driver.cuMemAdvise(
            tensor.Pointer, (nuint)tensor.ByteCount, CuMemAdvise.CU_MEM_ADVISE_SET_READ_MOSTLY, context.CuDevice);
        if (result is CuResult.CUDA_SUCCESS or CuResult.CUDA_ERROR_INVALID_VALUE or CuResult.CUDA_ERROR_INVALID_DEVICE
            or CuResult.CUDA_ERROR_NOT_SUPPORTED) return;        // a GPU takes hints about managed memory only
        throw context.Error(result, nameof(CudaDriver.cuMemAdvise), Invariant($"{tensor.ByteCount} read-mostly bytes, {tensor}"));
    }

    /// <summary>Keeps the device open for work that must not lose it midway: <see cref="Dispose"/> takes effect when the last hold ends.</summary>
    /// <returns>Ends the hold when it is disposed.</returns>
    /// <exception cref="ObjectDisposedException">The device is disposed.</exception>
    public IDisposable Hold()
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            holders++;
        }
        return new Holder(this);
    }

    /// <summary>
    /// Unloads kernels and releases the context. Memory, streams and events keep the context alive until they are disposed too. Safe while
    /// others work on the device: what <see cref="Hold"/> protects is finished first, and everything else is refused from then on.
    /// </summary>
    public void Dispose()
    {
        lock (gate)
        {
            if (disposed) return;
            disposed = true;
            if (holders > 0) return;                             // the last holder closes
        }
        Close();
    }

    /// <summary>The device's name and description.</summary>
    public override string ToString() => $"{Name} ({Description}, {Architecture})";

    internal static Device Open(DeviceBackend backend)
    {
        ContextHandle context = ContextHandle.Retain(backend);
        try
        {
            return new Device(context);
        }
        catch
        {
            context.Dispose();
            throw;
        }
    }

    internal static Device Adopt(DeviceBackend backend, nint context)
    {
        if (context == 0) throw new ArgumentException("the context is null", nameof(context));
        CudaDriver driver = backend.Driver;
        ContextHandle handle = ContextHandle.Adopt(backend, backend.Ordinal, context);
        int cuDevice;
        using (handle.Push())
        {
            CuResult result = driver.cuCtxGetDevice(&cuDevice);
            if (result != CuResult.CUDA_SUCCESS) throw handle.Error(result, nameof(driver.cuCtxGetDevice), "device of an adopted context");
        }
        return new Device(ContextHandle.Adopt(backend, cuDevice, context));
    }

    private void Close()
    {
        Kernels.Dispose();
        blas?.Dispose();
        context.Retire();
    }

    private void EndHold()
    {
        lock (gate)
        {
            if (--holders > 0 || !disposed) return;
        }
        Close();
    }

    private static Device OpenBest()
    {
        try
        {
            return Open(DeviceBackends.Open("cuda:0"));
        }
        catch (DeviceException noGpu)
        {
            try
            {
                return Open(DeviceBackends.Open("cpu"));
            }
            catch (DeviceException noCpu)
            {
                throw DeviceException.Unavailable("auto", $"{noGpu.Message}; {noCpu.Message}", noCpu);
            }
        }
    }

    private static DeviceProbe ProbeOne(string name)
    {
        try
        {
            using Device device = Open(DeviceBackends.Open(name));
            string size = Invariant($"{device.TotalBytes / (double)(1L << 30):F1} GiB, {device.MultiprocessorCount} multiprocessors or threads");
            return new DeviceProbe(name, true, "", $"{device.Description}, {device.Architecture}, {size}");
        }
        catch (DeviceException refused)
        {
            return new DeviceProbe(name, false, refused.IsUnavailable ? refused.Asked : refused.Message, "");
        }
    }

    private sealed class Holder(Device device) : IDisposable
    {
        private Device? held = device;

        public void Dispose() => Interlocked.Exchange(ref held, null)?.EndHold();
    }

    private static string ReadDescription(ContextHandle context)
    {
        const int capacity = 256;
        byte* name = stackalloc byte[capacity];
        CuResult result = context.Driver.cuDeviceGetName(name, capacity, context.CuDevice);
        if (result != CuResult.CUDA_SUCCESS) throw context.Error(result, nameof(CudaDriver.cuDeviceGetName), "name of the device");
        return Marshal.PtrToStringUTF8((nint)name) ?? "";
    }
}
