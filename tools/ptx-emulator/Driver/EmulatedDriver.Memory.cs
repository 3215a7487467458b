using System.Runtime.InteropServices;
using Ditto.Interop;

namespace Ditto.Emulation.Driver;

/// <summary>Memory, copies and fills.</summary>
internal static unsafe partial class EmulatedDriver
{
    private const uint MaxHostFlags = 7;

    [UnmanagedCallersOnly]
    private static CuResult cuMemAlloc_v2(ulong* pointer, nuint bytes) => Call(() =>
    {
        EmulatedContext context = ContextStack.Current();
        RequirePointer(pointer, nameof(pointer));
        DriverException.Require(bytes > 0, "0 bytes");
        StreamCapture.RefuseUnsafe(context);
        *pointer = context.Allocate(bytes);
    });

    [UnmanagedCallersOnly]
    private static CuResult cuMemFree_v2(ulong pointer) => Call(() =>
    {
        EmulatedContext context = ContextStack.Current();
        if (pointer == 0) return;
        StreamCapture.RefuseUnsafe(context);
        DriverException.Require(context.Memory.Free(pointer), $"0x{pointer:x} is no living allocation of this context");
    });

    [UnmanagedCallersOnly]
    private static CuResult cuMemGetInfo_v2(nuint* free, nuint* total) => Call(() =>
    {
        EmulatedContext context = ContextStack.Current();
        RequirePointer(free, nameof(free));
        RequirePointer(total, nameof(total));
        *free = (nuint)context.Memory.FreeBytes;
        *total = (nuint)context.Memory.Capacity;
    });

    [UnmanagedCallersOnly]
    private static CuResult cuMemHostAlloc(void** pointer, nuint bytes, uint flags) => Call(() =>
    {
        EmulatedContext context = ContextStack.Current();
        RequirePointer(pointer, nameof(pointer));
        DriverException.Require(bytes > 0 && flags <= MaxHostFlags, $"{bytes} bytes, flags {flags}");
        StreamCapture.RefuseUnsafe(context);
        *pointer = (void*)context.AllocateHost(bytes);
    });

    [UnmanagedCallersOnly]
    private static CuResult cuMemFreeHost(void* pointer) => Call(() =>
    {
        EmulatedContext context = ContextStack.Current();
        if (pointer is not null) context.FreeHost((nint)pointer);
    });

    [UnmanagedCallersOnly]
    private static CuResult cuMemAdvise(ulong pointer, nuint bytes, CuMemAdvise advice, int device) => Call(() =>
    {
        EmulatedContext context = ContextStack.Current();
        DriverException.Require((int)advice is >= 1 and <= 6, $"advice {(int)advice}");
        DriverException.Require(bytes > 0, "0 bytes");
        context.RequireRange(pointer, bytes, "advice");          // a hint: it changes no result
        if (device >= 0) EmulatedDevice.Of(device);
    });

    [UnmanagedCallersOnly]
    private static CuResult cuPointerGetAttribute(void* data, CuPointerAttribute attribute, ulong pointer) => Call(() =>
    {
        EmulatedContext context = ContextStack.Current();
        RequirePointer(data, nameof(data));
        bool onDevice = context.Memory.TryFind(pointer, out _, out _);
        DriverException.Require(onDevice || context.IsPinned(pointer), $"0x{pointer:x} is no memory of this context");
        switch (attribute)
        {
            case CuPointerAttribute.CU_POINTER_ATTRIBUTE_CONTEXT:
                *(nint*)data = context.Handle;
                break;
            case CuPointerAttribute.CU_POINTER_ATTRIBUTE_MEMORY_TYPE:
                *(CuMemoryType*)data = onDevice ? CuMemoryType.CU_MEMORYTYPE_DEVICE : CuMemoryType.CU_MEMORYTYPE_HOST;
                break;
            case CuPointerAttribute.CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL:
                *(int*)data = context.Device.Ordinal;
                break;
            default:
                throw new DriverException(CuResult.CUDA_ERROR_NOT_SUPPORTED, $"attribute {(int)attribute}");
        }
    });

    [UnmanagedCallersOnly]
    private static CuResult cuMemcpyHtoD_v2(ulong to, void* from, nuint bytes) => CopyNow(to, (ulong)from, bytes, true, false);

    [UnmanagedCallersOnly]
    private static CuResult cuMemcpyDtoH_v2(void* to, ulong from, nuint bytes) => CopyNow((ulong)to, from, bytes, false, true);

    [UnmanagedCallersOnly]
    private static CuResult cuMemcpyDtoD_v2(ulong to, ulong from, nuint bytes) => CopyNow(to, from, bytes, true, true);

    [UnmanagedCallersOnly]
    private static CuResult cuMemcpyHtoDAsync_v2(ulong to, void* from, nuint bytes, nint stream) =>
        CopyQueued(to, (ulong)from, bytes, true, false, stream);

    [UnmanagedCallersOnly]
    private static CuResult cuMemcpyDtoHAsync_v2(void* to, ulong from, nuint bytes, nint stream) =>
        CopyQueued((ulong)to, from, bytes, false, true, stream);

    [UnmanagedCallersOnly]
    private static CuResult cuMemcpyDtoDAsync_v2(ulong to, ulong from, nuint bytes, nint stream) => CopyQueued(to, from, bytes, true, true, stream);

    [UnmanagedCallersOnly]
    private static CuResult cuMemsetD8_v2(ulong to, byte value, nuint count) => FillNow(to, value, 1, count);

    [UnmanagedCallersOnly]
    private static CuResult cuMemsetD32_v2(ulong to, uint value, nuint count) => FillNow(to, value, 4, count);

    [UnmanagedCallersOnly]
    private static CuResult cuMemsetD8Async(ulong to, byte value, nuint count, nint stream) => FillQueued(to, value, 1, count, stream);

    [UnmanagedCallersOnly]
    private static CuResult cuMemsetD32Async(ulong to, uint value, nuint count, nint stream) => FillQueued(to, value, 4, count, stream);

    private static CuResult CopyNow(ulong to, ulong from, ulong bytes, bool toDevice, bool fromDevice) => Call(() =>
        RunNow(ContextStack.Current(), context => Copy(context, to, from, bytes, toDevice, fromDevice)));

    private static CuResult CopyQueued(ulong to, ulong from, ulong bytes, bool toDevice, bool fromDevice, nint stream) => Call(() =>
    {
        EmulatedStream target = FindStream(stream);
        CopyCommand? copy = Copy(target.Context, to, from, bytes, toDevice, fromDevice);
        if (copy is not null) target.Enqueue(copy);
    });

    // Nothing where no byte is copied.
    private static CopyCommand? Copy(EmulatedContext context, ulong to, ulong from, ulong bytes, bool toDevice, bool fromDevice)
    {
        if (bytes == 0) return null;
        toDevice = RequireSide(context, to, bytes, toDevice, "destination");
        fromDevice = RequireSide(context, from, bytes, fromDevice, "source");
        return new CopyCommand(to, from, bytes, toDevice, fromDevice);
    }

    // Addresses are unified: where host memory is asked for, a device address is taken for what it is.
    private static bool RequireSide(EmulatedContext context, ulong address, ulong bytes, bool isDevice, string what)
    {
        DriverException.Require(address != 0, $"the {what} is null");
        isDevice |= context.Memory.Contains(address);
        if (isDevice) context.RequireRange(address, bytes, what);
        return isDevice;
    }

    private static CuResult FillNow(ulong to, uint value, uint width, ulong count) => Call(() =>
        RunNow(ContextStack.Current(), context => Fill(context, to, value, width, count)));

    private static CuResult FillQueued(ulong to, uint value, uint width, ulong count, nint stream) => Call(() =>
    {
        EmulatedStream target = FindStream(stream);
        FillCommand? fill = Fill(target.Context, to, value, width, count);
        if (fill is not null) target.Enqueue(fill);
    });

    private static FillCommand? Fill(EmulatedContext context, ulong to, uint value, uint width, ulong count)
    {
        DriverException.Require(to % width == 0, $"0x{to:x} is no multiple of {width}");
        if (count == 0) return null;
        DriverException.Require(count <= (ulong)long.MaxValue / width, $"{count} elements");
        context.RequireRange(to, count * width, "destination");
        return new FillCommand(to, value, width, count);
    }

    // The synchronous calls act on the legacy stream, and a capture forbids them.
    private static void RunNow(EmulatedContext context, Func<EmulatedContext, DeviceCommand?> make)
    {
        StreamCapture.RefuseUnsafe(context);
        StreamCapture.RefuseLegacy(context);
        if (make(context) is DeviceCommand command) context.Execute(command);
    }
}
