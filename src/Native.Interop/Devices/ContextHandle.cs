using System.Runtime.InteropServices;
using static System.FormattableString;

namespace Ditto.Interop;

/// <summary>A device's context: the primary one, retained here and released with the last child, or one that somebody else made.</summary>
internal sealed unsafe class ContextHandle : SafeHandle
{
    private readonly bool retained;
    private volatile bool retired;
    private DeviceException? failure;

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

    /// <summary>The error that ended the context, so that every later call fails; null while it can be used.</summary>
    public DeviceException? Failure => Volatile.Read(ref failure);

    /// <summary>Makes the context current on this thread until the scope ends.</summary>
    /// <exception cref="ObjectDisposedException">The device is closed.</exception>
    /// <exception cref="DeviceException">The driver refused, or an earlier error ended the context.</exception>
    public ContextScope Push()
    {
        ObjectDisposedException.ThrowIf(IsRetired, typeof(Device));
        if (Failure is DeviceException first) throw DeviceException.AfterFailure(first);
        CuResult result = TryPush();
        if (result != CuResult.CUDA_SUCCESS) throw Error(result, nameof(CudaDriver.cuCtxPushCurrent_v2), "make the context current");
        return new ContextScope(Driver);
    }

    /// <summary>Ends the context's use by new calls. It stays alive until the last child is freed.</summary>
    public void Retire()
    {
        retired = true;
        Dispose();
    }

    /// <summary>Makes the context current whatever its state, for children that are freed late: each keeps it alive. A scope has to end it.</summary>
    public CuResult TryPush() => Driver.cuCtxPushCurrent_v2(handle);

    /// <summary>The exception for a failed call of the driver.</summary>
    public DeviceException Error(CuResult result, string call, string asked) =>
        Error(call, NativeText.ErrorName(Driver, result), (int)result, asked, IsFatal(result) || IsFatal(Probe()) || Probe() == result);

    /// <summary>The exception for a failed call of the matrix product library.</summary>
    public DeviceException Error(CublasStatus status, string call, string asked)
    {
        string name = NativeText.FromUtf8(Backend.CublasLt.cublasLtGetStatusName(status));
        return Error(call, name.Length > 0 ? name : status.ToString(), (int)status, asked, Probe() != CuResult.CUDA_SUCCESS);
    }

    /// <summary>The exception for an allocation that was refused; it says what there is and what may help.</summary>
    /// <param name="result">The driver's answer.</param>
    /// <param name="call">The call.</param>
    /// <param name="need">What the memory is for, its size, and what to do where there is less.</param>
    /// <param name="bytesInUse">Bytes that this device has allocated.</param>
    public DeviceException Error(CuResult result, string call, in MemoryNeed need, long bytesInUse)
    {
        if (result != CuResult.CUDA_ERROR_OUT_OF_MEMORY) return Error(result, call, $"{need}");
        nuint free = 0, total;
        if (Driver.cuMemGetInfo_v2(&free, &total) != CuResult.CUDA_SUCCESS) return Error(result, call, $"{need}");
        string asked = Invariant($"{need}, has {(long)free} free ({bytesInUse} are in use by Ditto); try {need.Advice}");
        return new DeviceException(call, NativeText.ErrorName(Driver, result), (int)result, asked, Backend.Name)
        {
            NeededBytes = need.Bytes,
            AvailableBytes = (long)free,
        };
    }

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

    private static bool IsFatal(CuResult result) => result is
        CuResult.CUDA_ERROR_ECC_UNCORRECTABLE or CuResult.CUDA_ERROR_NVLINK_UNCORRECTABLE or CuResult.CUDA_ERROR_ILLEGAL_ADDRESS
        or CuResult.CUDA_ERROR_LAUNCH_TIMEOUT or CuResult.CUDA_ERROR_CONTEXT_IS_DESTROYED or CuResult.CUDA_ERROR_ASSERT
        or CuResult.CUDA_ERROR_HARDWARE_STACK_ERROR or CuResult.CUDA_ERROR_ILLEGAL_INSTRUCTION or CuResult.CUDA_ERROR_MISALIGNED_ADDRESS
        or CuResult.CUDA_ERROR_INVALID_ADDRESS_SPACE or CuResult.CUDA_ERROR_INVALID_PC or CuResult.CUDA_ERROR_LAUNCH_FAILED;

    /// <summary>A harmless call: where it fails with the code of the call before, that error is one that stays.</summary>
    private CuResult Probe()
    {
        nuint free, total;
        return Driver.cuMemGetInfo_v2(&free, &total);
    }

    private DeviceException Error(string call, string name, int code, string asked, bool isLost)
    {
        string reason = Backend.FailureText();
        if (reason.Length > 0) asked = $"{asked}: {reason}";
        if (!isLost) return new DeviceException(call, name, code, asked, Backend.Name);
        DeviceException error = DeviceException.Lost(call, name, code, asked, Backend.Name);
        return Interlocked.CompareExchange(ref failure, error, null) is DeviceException first ? DeviceException.AfterFailure(first) : error;
    }

    private static void Check(DeviceBackend backend, CuResult result, string call)
    {
        if (result == CuResult.CUDA_SUCCESS) return;
        string name = NativeText.ErrorName(backend.Driver, result);
        throw new DeviceException(call, name, (int)result, "start the device: " + NativeText.ErrorText(backend.Driver, result), backend.Name);
    }
}
