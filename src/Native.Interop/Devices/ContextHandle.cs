using System.Runtime.InteropServices;

namespace Ditto.Interop;

/// <summary>A device's context: the primary one, retained here and released with the last child, or one that somebody else made.</summary>
internal sealed unsafe class ContextHandle : SafeHandle
{
    private readonly bool retained;
    private volatile bool retired;

    private ContextHandle(DeviceBackend backend, int cuDevice, nint context, bool retained)
        : base(0, ownsHandle: true)
    {
        Backend = backend;
        CuDevice = cuDevice;
        this.retained = retained;
        SetHandle(context);
    }

    /// <summary>The functions that drive the device.</summary>
    public DeviceBackend Backend { get; }

    /// <summary>The driver's functions.</summary>
    public CudaDriver Driver => Backend.Driver;

    /// <summary>The driver's handle of the device.</summary>
    public int CuDevice { get; }

    /// <summary>True once the device is closed: children may still be freed, nothing else.</summary>
    public bool IsRetired => retired || IsClosed;

    /// <inheritdoc/>
    public override bool IsInvalid => handle == 0;

    /// <summary>Retains the device's primary context.</summary>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public static ContextHandle Retain(DeviceBackend backend)
    {
        CudaDriver driver = backend.Driver;
        Check(backend, driver.cuInit(0), nameof(driver.cuInit));
        int cuDevice;
        Check(backend, driver.cuDeviceGet(&cuDevice, backend.Ordinal), nameof(driver.cuDeviceGet));
        nint context;
        Check(backend, driver.cuDevicePrimaryCtxRetain(&context, cuDevice), nameof(driver.cuDevicePrimaryCtxRetain));
        return new ContextHandle(backend, cuDevice, context, retained: true);
    }

    /// <summary>Uses a context that somebody else made and will destroy, after everything that was made in it here.</summary>
    /// <exception cref="DeviceException">The context is not alive.</exception>
    public static ContextHandle Adopt(DeviceBackend backend, int cuDevice, nint context) => new(backend, cuDevice, context, retained: false);

    /// <summary>Makes the context current on this thread until the scope ends.</summary>
    /// <exception cref="ObjectDisposedException">The device is closed.</exception>
    public ContextScope Push()
    {
        ObjectDisposedException.ThrowIf(IsRetired, typeof(Device));
        return PushForRelease();
    }

    /// <summary>Ends the context's use by new calls. It stays alive until the last child is freed.</summary>
    public void Retire()
    {
        retired = true;
        Dispose();
    }

    /// <summary>As <see cref="Push"/>, for children that are freed after the device was closed: each keeps the context alive.</summary>
    public ContextScope PushForRelease()
    {
        CuResult result = Driver.cuCtxPushCurrent_v2(handle);
        if (result != CuResult.CUDA_SUCCESS) throw Error(result, nameof(CudaDriver.cuCtxPushCurrent_v2), "make the context current");
        return new ContextScope(Driver);
    }

    /// <summary>The exception for a failed call.</summary>
    public DeviceException Error(CuResult result, string call, string asked) =>
        new(call, NativeText.ErrorName(Driver, result), (int)result, asked, Backend.Name);

    /// <summary>An attribute of the device.</summary>
    /// <exception cref="DeviceException">The driver refused.</exception>
    public int Attribute(CuDeviceAttribute attribute)
    {
        int value;
        CuResult result = Driver.cuDeviceGetAttribute(&value, attribute, CuDevice);
        if (result != CuResult.CUDA_SUCCESS) throw Error(result, nameof(CudaDriver.cuDeviceGetAttribute), attribute.ToString());
        return value;
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => !retained || Driver.cuDevicePrimaryCtxRelease_v2(CuDevice) == CuResult.CUDA_SUCCESS;

    private static void Check(DeviceBackend backend, CuResult result, string call)
    {
        if (result == CuResult.CUDA_SUCCESS) return;
        string name = NativeText.ErrorName(backend.Driver, result);
        throw new DeviceException(call, name, (int)result, "start the device: " + NativeText.ErrorText(backend.Driver, result), backend.Name);
    }
}
