using static System.FormattableString;

namespace Ditto.Interop;

/// <summary>A device allocation. Disposing it frees the memory; it keeps its device's context alive until then.</summary>
public sealed unsafe class DeviceMemory : DeviceHandle
{
    private readonly AllocationCounter counter;

    private DeviceMemory(ContextHandle context, AllocationCounter counter, nint pointer, long byteCount)
        : base(context, pointer)
    {
        this.counter = counter;
        ByteCount = byteCount;
        counter.Add(byteCount);
    }

    /// <summary>Size in bytes.</summary>
    public long ByteCount { get; }

    /// <summary>Device address of the first byte, a multiple of 256.</summary>
    /// <exception cref="ObjectDisposedException">The memory was freed.</exception>
    public nint Pointer => Native;

    /// <summary>Allocates.</summary>
    /// <exception cref="DeviceException">The driver refused, for example with CUDA_ERROR_OUT_OF_MEMORY.</exception>
    internal static DeviceMemory Allocate(ContextHandle context, AllocationCounter counter, in MemoryNeed need)
    {
        long byteCount = need.Bytes;
        ArgumentOutOfRangeException.ThrowIfLessThan(byteCount, 1);
        using ContextScope current = context.Push();             // driver calls act on the thread's current context
        ulong pointer;
        CuResult result = context.Driver.cuMemAlloc_v2(&pointer, (nuint)byteCount);
        if (result != CuResult.CUDA_SUCCESS) throw context.Error(result, nameof(CudaDriver.cuMemAlloc_v2), need, counter.LiveBytes);
        return new DeviceMemory(context, counter, (nint)pointer, byteCount);
    }

    /// <summary>A contiguous tensor inside this memory. It must not be used after the memory is disposed.</summary>
    /// <param name="type">Element type.</param>
    /// <param name="byteOffset">Where the tensor starts, a multiple of the element's size.</param>
    /// <param name="shape">Lengths, outermost first.</param>
    /// <exception cref="ArgumentException">The tensor does not fit into the memory, or the offset is not aligned.</exception>
    /// <exception cref="ObjectDisposedException">The memory was freed.</exception>
    public Tensor View(DType type, long byteOffset, params ReadOnlySpan<long> shape)
    {
        Tensor whole = Tensor.FromDevicePointer(Pointer, type, shape);
        if (byteOffset < 0 || byteOffset > ByteCount - whole.ByteCount)
            throw new ArgumentException(Invariant($"{whole} ({whole.ByteCount} bytes) at {byteOffset} does not fit into {ByteCount} bytes"));
        if (byteOffset % type.ByteSize() != 0)
            throw new ArgumentException(Invariant($"offset {byteOffset} is no multiple of {type.ByteSize()}, the size of {type.ShortName()}"));
        return Tensor.FromDevicePointer(Pointer + (nint)byteOffset, type, shape);
    }

    private protected override bool Free(nint native) => Context.Driver.cuMemFree_v2((ulong)native) == CuResult.CUDA_SUCCESS;

    private protected override void Released() => counter.Remove(ByteCount);
}
