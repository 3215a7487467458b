using System.Collections.Frozen;
using System.Runtime.InteropServices;
using Ditto.Interop;

namespace Ditto.Emulation.Driver;

/// <summary>Names and texts of cuBLASLt's status codes, as C strings that live as long as the process.</summary>
internal static class BlasStatusText
{
    private static readonly FrozenDictionary<CublasStatus, nint> Names =
        Enum.GetValues<CublasStatus>().ToFrozenDictionary(status => status, status => Marshal.StringToCoTaskMemUTF8(status.ToString()));

    private static readonly FrozenDictionary<CublasStatus, nint> Texts =
        Enum.GetValues<CublasStatus>().ToFrozenDictionary(status => status, status => Marshal.StringToCoTaskMemUTF8(Describe(status)));

    private static readonly nint UnknownName = Marshal.StringToCoTaskMemUTF8("CUBLAS_STATUS_UNKNOWN");
    private static readonly nint UnknownText = Marshal.StringToCoTaskMemUTF8(Describe((CublasStatus)(-1)));

    /// <summary>A status's name in the headers.</summary>
    public static nint Name(CublasStatus status) => Names.GetValueOrDefault(status, UnknownName);

    /// <summary>What a status means.</summary>
    public static nint Text(CublasStatus status) => Texts.GetValueOrDefault(status, UnknownText);

    private static string Describe(CublasStatus status) => status switch
    {
        CublasStatus.CUBLAS_STATUS_SUCCESS => "success",
        CublasStatus.CUBLAS_STATUS_NOT_INITIALIZED => "the library was not initialized",
        CublasStatus.CUBLAS_STATUS_ALLOC_FAILED => "the resource allocation failed",
        CublasStatus.CUBLAS_STATUS_INVALID_VALUE => "an unsupported value or parameter was passed to the function",
        CublasStatus.CUBLAS_STATUS_ARCH_MISMATCH => "the function requires an architectural feature absent from the device",
        CublasStatus.CUBLAS_STATUS_MAPPING_ERROR => "an access to GPU memory space failed",
        CublasStatus.CUBLAS_STATUS_EXECUTION_FAILED => "the program failed to execute",
        CublasStatus.CUBLAS_STATUS_INTERNAL_ERROR => "an internal operation failed",
        CublasStatus.CUBLAS_STATUS_NOT_SUPPORTED => "the functionality requested is not supported",
        CublasStatus.CUBLAS_STATUS_LICENSE_ERROR => "the functionality requested requires a license that was not found",
        _ => "unknown status",
    };
}
