using static System.FormattableString;

namespace Ditto.Interop;

/// <summary>Pinned host memory: copies between it and a device can be queued on a stream without waiting for them.</summary>
public sealed unsafe class HostMemory : DeviceHandle
{
    private HostMemory(ContextHandle context, nint pointer, int byteCount)
        : base(context, pointer) => ByteCount = byteCount;

    /// <summary>Size in bytes.</summary>
    public int ByteCount { get; }

    /// <summary>The bytes as elements. Do not write while a queued copy still reads them.</summary>
    /// <typeparam name="T">Element type.</typeparam>
    /// <exception cref="ObjectDisposedException">The memory was freed.</exception>
    public Span<T> AsSpan<T>()
        where T : unmanaged => new((void*)Native, ByteCount / sizeof(T));

    /// <summary>Allocates.</summary>
    /// <exception cref="DeviceException">The driver refused.</exception>
    internal static HostMemory Allocate(ContextHandle context, int byteCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(byteCount, 1);
        using ContextScope current = context.Push();
        void* pointer;
        CuResult result = context.Driver.cuMemHostAlloc(&pointer, (nuint)byteCount, 0);
        if (result != CuResult.CUDA_SUCCESS)
            throw context.Error(result, nameof(CudaDriver.cuMemHostAlloc), Invariant($"{byteCount} bytes of pinned host memory"));
        return new HostMemory(context, (nint)pointer, byteCount);
    }

    private protected override bool Free(nint native) => Context.Driver.cuMemFreeHost((void*)native) == CuResult.CUDA_SUCCESS;
}
