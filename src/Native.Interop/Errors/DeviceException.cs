using static System.FormattableString;

namespace Ditto.Interop;

/// <summary>A device refused a call. The message names the call, the driver's own error name and code, what was asked, and the device.</summary>
#pragma warning disable RCS1194 // no constructors without the facts that every such error carries
public sealed class DeviceException : DittoException
#pragma warning restore RCS1194
{
    /// <summary>The failed call, for example <c>cuMemAlloc_v2</c>, or <c>Device.Open</c> where no device could be taken.</summary>
    public string Call { get; }

    /// <summary>The library's own name of the error, for example <c>CUDA_ERROR_OUT_OF_MEMORY</c>.</summary>
    public string ErrorName { get; }

    /// <summary>The library's own number of the error.</summary>
    public int Code { get; }

    /// <summary>What was asked: bytes, kernel, geometry.</summary>
    public string Asked { get; }

    /// <summary>The device's name, for example <c>cuda:0</c>.</summary>
    public string Device { get; }

    /// <summary>True where memory ran out: a smaller request may succeed.</summary>
    public bool IsOutOfMemory => ErrorName is nameof(CuResult.CUDA_ERROR_OUT_OF_MEMORY) or nameof(CublasStatus.CUBLAS_STATUS_ALLOC_FAILED)
        or nameof(NvrtcResult.NVRTC_ERROR_OUT_OF_MEMORY);

    /// <summary>
    /// True where the error ended the device's context: nothing that was made on the device can be used any more. Dispose all of it and the
    /// device, then open the device again.
    /// </summary>
    public bool IsDeviceLost { get; private init; }

    /// <summary>Bytes of the allocation that was refused; 0 where the error is another.</summary>
    public long NeededBytes { get; internal init; }

    /// <summary>Bytes that were free when an allocation was refused; 0 where the error is another.</summary>
    public long AvailableBytes { get; internal init; }

    /// <summary>True where the device itself could not be taken: a library is missing, or there is no such device.</summary>
    public bool IsUnavailable => Call == OpenCall;

    internal const string OpenCall = "Device.Open";

    private const string Advice =
        "the device cannot be used any more: dispose everything that was made on it and open it again (a GPU may need a new process)";

    internal DeviceException(string call, string errorName, int code, string asked, string device, Exception? innerException = null)
        : base(Describe(call, errorName, code, asked, device), innerException)
    {
        Call = call;
        ErrorName = errorName;
        Code = code;
        Asked = asked;
        Device = device;
    }

    /// <summary>No device could be taken, and why.</summary>
    internal static DeviceException Unavailable(string device, string reason, Exception? innerException = null) =>
        new(OpenCall, nameof(CuResult.CUDA_ERROR_NO_DEVICE), (int)CuResult.CUDA_ERROR_NO_DEVICE, reason, device, innerException);

    /// <summary>An error that ended the device's context.</summary>
    internal static DeviceException Lost(string call, string errorName, int code, string asked, string device, Exception? innerException = null) =>
        new(call, errorName, code, $"{asked}; {Advice}", device, innerException) { IsDeviceLost = true };

    /// <summary>A call that was not made, as an earlier error ended the device's context.</summary>
    internal static DeviceException AfterFailure(DeviceException first) => new(
        first.Call, first.ErrorName, first.Code, $"this call came after the failure; the device failed at: {first.Asked}", first.Device, first)
    {
        IsDeviceLost = true,
    };

    private static string Describe(string call, string errorName, int code, string asked, string device) =>
        call == OpenCall ? $"device '{device}' cannot be used: {asked}" : Invariant($"{call} failed with {errorName} ({code}) on {device}: {asked}");
}
