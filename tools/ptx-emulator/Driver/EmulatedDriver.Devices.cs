using System.Runtime.InteropServices;
using System.Text;
using Ditto.Emulation.Counting;
using Ditto.Interop;

namespace Ditto.Emulation.Driver;

/// <summary>Start-up, devices and contexts.</summary>
internal static unsafe partial class EmulatedDriver
{
    [UnmanagedCallersOnly]
    private static CuResult cuInit(uint flags)
    {
        if (flags != 0) return Refuse(CuResult.CUDA_ERROR_INVALID_VALUE, $"flags {flags}; expected is 0");
        initialised = true;
        return CuResult.CUDA_SUCCESS;
    }

    [UnmanagedCallersOnly]
    private static CuResult cuDriverGetVersion(int* version)
    {
        if (version is null) return Refuse(CuResult.CUDA_ERROR_INVALID_VALUE, "version is null");
        *version = Version;
        return CuResult.CUDA_SUCCESS;
    }

    [UnmanagedCallersOnly]
    private static CuResult cuDeviceGetCount(int* count) => Call(() =>
    {
        RequirePointer(count, nameof(count));
        *count = EmulatedDevice.All.Count;
    });

    [UnmanagedCallersOnly]
    private static CuResult cuDeviceGet(int* device, int ordinal) => Call(() =>
    {
        RequirePointer(device, nameof(device));
        *device = EmulatedDevice.Of(ordinal).Ordinal;
    });

    [UnmanagedCallersOnly]
    private static CuResult cuDeviceGetName(byte* name, int length, int device) => Call(() =>
    {
        RequirePointer(name, nameof(name));
        DriverException.Require(length > 0, $"room for {length} bytes");
        byte[] text = Encoding.UTF8.GetBytes(EmulatedDevice.Of(device).Description);
        int copied = Math.Min(text.Length, length - 1);
        text.AsSpan(0, copied).CopyTo(new Span<byte>(name, length));
        name[copied] = 0;
    });

    [UnmanagedCallersOnly]
    private static CuResult cuDeviceGetAttribute(int* value, CuDeviceAttribute attribute, int device) => Call(() =>
    {
        RequirePointer(value, nameof(value));
        DriverException.Require((int)attribute is > 0 and < 144, $"attribute {(int)attribute}");
        *value = AttributeOf(EmulatedDevice.Of(device).Product, attribute);
    });

    [UnmanagedCallersOnly]
    private static CuResult cuDeviceTotalMem_v2(nuint* bytes, int device) => Call(() =>
    {
        RequirePointer(bytes, nameof(bytes));
        EmulatedDevice.Of(device);
        *bytes = (nuint)Memory.GlobalMemory.DefaultCapacity();
    });

    [UnmanagedCallersOnly]
    private static CuResult cuDeviceGetUuid_v2(CuUuid* uuid, int device) => Call(() =>
    {
        RequirePointer(uuid, nameof(uuid));
        byte[] text = Encoding.ASCII.GetBytes($"ditto-emu-{EmulatedDevice.Of(device).Product.Architecture}".PadRight(sizeof(CuUuid)));
        text.AsSpan(0, sizeof(CuUuid)).CopyTo(new Span<byte>(uuid, sizeof(CuUuid)));
    });

    [UnmanagedCallersOnly]
    private static CuResult cuDevicePrimaryCtxRetain(nint* context, int device) => Call(() =>
    {
        RequirePointer(context, nameof(context));
        *context = EmulatedDevice.Of(device).RetainPrimary();
    });

    [UnmanagedCallersOnly]
    private static CuResult cuDevicePrimaryCtxRelease_v2(int device) => Call(() => EmulatedDevice.Of(device).ReleasePrimary());

    [UnmanagedCallersOnly]
    private static CuResult cuCtxSetCurrent(nint context) => Call(() =>
    {
        EmulatedContext? found = context == 0 ? null : EmulatedContext.Find(context);
        ContextStack.Pop();
        if (found is not null) ContextStack.Push(found);
    });

    [UnmanagedCallersOnly]
    private static CuResult cuCtxPushCurrent_v2(nint context) => Call(() => ContextStack.Push(EmulatedContext.Find(context)));

    [UnmanagedCallersOnly]
    private static CuResult cuCtxPopCurrent_v2(nint* context) => Call(() =>
    {
        EmulatedContext popped = ContextStack.Pop() ?? throw new DriverException(CuResult.CUDA_ERROR_INVALID_CONTEXT, "no context is current");
        if (context is not null) *context = popped.Handle;
    });

    [UnmanagedCallersOnly]
    private static CuResult cuCtxGetCurrent(nint* context) => Call(() =>
    {
        RequirePointer(context, nameof(context));
        *context = ContextStack.Top?.Handle ?? 0;
    });

    [UnmanagedCallersOnly]
    private static CuResult cuCtxGetDevice(int* device) => Call(() =>
    {
        RequirePointer(device, nameof(device));
        *device = ContextStack.Current().Device.Ordinal;
    });

    [UnmanagedCallersOnly]
    private static CuResult cuCtxSynchronize() => Call(() => StreamCapture.RefuseUnsafe(ContextStack.Current()));   // all that was queued has run

    private static int AttributeOf(DataSheet product, CuDeviceAttribute attribute) => attribute switch
    {
        CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK => SmLimits.MaxThreadsPerBlock,
        CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X or CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y => LaunchLimits.MaxBlockXY,
        CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z => LaunchLimits.MaxBlockZ,
        CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X => int.MaxValue,
        CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y or CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z => LaunchLimits.MaxGridYZ,
        CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK => SmLimits.DefaultSharedBytesPerBlock,
        CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN => product.Limits.MaxSharedBytesPerBlock,
        CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR => product.Limits.SharedBytes,
        CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_RESERVED_SHARED_MEMORY_PER_BLOCK => product.Limits.ReservedSharedBytes,
        CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_TOTAL_CONSTANT_MEMORY => 64 * 1024,
        CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_WARP_SIZE => SmLimits.WarpSize,
        CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK
            or CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR => SmLimits.Registers,
        CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_CLOCK_RATE => product.ClockMHz * 1000,
        CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT => product.Multiprocessors,
        CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE => product.L2MiB << 20,
        CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR => product.Limits.MaxWarps * SmLimits.WarpSize,
        CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_MAX_BLOCKS_PER_MULTIPROCESSOR => product.Limits.MaxBlocks,
        CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR => product.ComputeCapability / 10,
        CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR => product.ComputeCapability % 10,
        CuDeviceAttribute.CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING => 1,
        _ => 0,                                                  // a feature that is not emulated
    };
}
