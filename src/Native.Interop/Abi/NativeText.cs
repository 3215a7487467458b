using System.Runtime.InteropServices;

namespace Ditto.Interop;

/// <summary>Strings that native libraries own, and their names for errors.</summary>
internal static unsafe class NativeText
{
    /// <summary>A copy of a NUL-terminated UTF-8 string; empty for null.</summary>
    public static string FromUtf8(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";

    /// <summary>The driver's name of an error, which may be newer than this build.</summary>
    public static string ErrorName(CudaDriver driver, CuResult result)
    {
        byte* name = null;
        return driver.cuGetErrorName(result, &name) == CuResult.CUDA_SUCCESS && name != null ? FromUtf8(name) : result.ToString();
    }

    /// <summary>The driver's sentence about an error.</summary>
    public static string ErrorText(CudaDriver driver, CuResult result)
    {
        byte* text = null;
        return driver.cuGetErrorString(result, &text) == CuResult.CUDA_SUCCESS && text != null ? FromUtf8(text) : "";
    }
}
