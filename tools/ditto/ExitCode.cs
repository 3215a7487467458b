using Ditto.Configuration;
using Ditto.Imaging;
using Ditto.Interop;
using Ditto.Pipelines;
using Ditto.Safetensors;

namespace Ditto.CommandLine;

/// <summary>The exit codes of every verb.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>A fault of Ditto itself.</summary>
    public const int Internal = 1;

    public const int Usage = 2;
    public const int ModelFile = 3;
    public const int DeviceUnavailable = 4;
    public const int OutOfMemory = 5;
    public const int Cancelled = 6;
    public const int CheckFailed = 7;

    /// <summary>The exit code that an exception leads to.</summary>
    public static int Of(Exception exception) => exception switch
    {
        RequestException or ImageFormatException or IOException or UnauthorizedAccessException => Usage,
        ModelFormatException or ModelConfigException => ModelFile,
        DeviceException { IsOutOfMemory: true } or OutOfMemoryException => OutOfMemory,
        DeviceException or KernelCompileException => DeviceUnavailable,
        OperationCanceledException => Cancelled,
        _ => Internal,
    };
}
