using System.Globalization;
using static System.FormattableString;

namespace Ditto.Interop;

/// <summary>NVIDIA GPUs, through libcuda, libnvrtc and libcublasLt. The libraries are loaded at most once.</summary>
internal static unsafe class CudaBackend
{
    private static readonly Lazy<Libraries> Loaded = new(Load);

    /// <summary>The tables of the loaded libraries, for contexts that somebody else made.</summary>
    /// <exception cref="DeviceException">A library is missing.</exception>
    public static DeviceBackend Open(string ordinal)
    {
        string name = ordinal.Length == 0 ? "cuda:0" : $"cuda:{ordinal}";
        if (!int.TryParse(ordinal.Length == 0 ? "0" : ordinal, NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            throw DeviceException.Unavailable(name, $"'{ordinal}' is no device number");
        Libraries libraries = Loaded.Value;
        if (libraries.Driver is null || libraries.Nvrtc is null || libraries.CublasLt is null)
            throw DeviceException.Unavailable(name, libraries.Reason);
        int count = Count(libraries.Driver, name);
        if (number >= count) throw DeviceException.Unavailable(name, Invariant($"the driver reports {count} devices"));
        return new DeviceBackend(name, number, libraries.Driver, libraries.Nvrtc, libraries.CublasLt);
    }

    /// <summary>The GPUs that the driver reports; empty where it cannot be asked.</summary>
    public static IReadOnlyList<string> List()
    {
        if (Loaded.Value.Driver is not CudaDriver driver) return [];
        try
        {
            return [.. Enumerable.Range(0, Count(driver, "cuda")).Select(number => Invariant($"cuda:{number}"))];
        }
        catch (DeviceException)
        {
            return [];                                           // opening the bare "cuda" reports the reason
        }
    }

    /// <summary>Starts the driver and counts its devices.</summary>
    /// <exception cref="DeviceException">It does not start, or has none; the message says why and what to look at.</exception>
    internal static int Count(CudaDriver driver, string name)
    {
        CuResult result = driver.cuInit(0);
        int count = 0;
        if (result == CuResult.CUDA_SUCCESS) result = driver.cuDeviceGetCount(&count);
        if (result != CuResult.CUDA_SUCCESS)
        {
            string answer = Invariant($"libcuda answers {NativeText.ErrorName(driver, result)} ({(int)result})");
            throw DeviceException.Unavailable(name, $"{answer}: {Advice(result)}");
        }
        if (count == 0) throw DeviceException.Unavailable(name, "the driver reports no device: CUDA_VISIBLE_DEVICES may hide them");
        return count;
    }

    private static string Advice(CuResult result) => result switch
    {
        CuResult.CUDA_ERROR_STUB_LIBRARY =>
            "it is the toolkit's stub, made to link against; take its folder out of the library path, or install NVIDIA's driver",
        CuResult.CUDA_ERROR_NO_DEVICE =>
            "no GPU is visible; check CUDA_VISIBLE_DEVICES, and in a container that it was started with the GPU",
        CuResult.CUDA_ERROR_SYSTEM_DRIVER_MISMATCH =>
            "libcuda and the kernel's driver are of two versions; restart the machine, or match the container's driver",
        CuResult.CUDA_ERROR_OPERATING_SYSTEM or CuResult.CUDA_ERROR_UNKNOWN or CuResult.CUDA_ERROR_NOT_PERMITTED =>
            "the driver could not be reached; check the permissions of /dev/nvidia*, and what nvidia-smi says",
        _ => "check what nvidia-smi says",
    };

    private static Libraries Load()
    {
        List<string> missing = [];
        if (!CudaDriver.TryLoad(out CudaDriver? driver, out string reason)) missing.Add($"CUDA driver: {reason}");
        if (!Nvrtc.TryLoad(out Nvrtc? nvrtc, out reason)) missing.Add($"NVRTC: {reason}");
        CublasLt? cublasLt = null;
        if (driver is not null && !CublasLt.TryLoad(out cublasLt, out reason)) missing.Add($"cuBLASLt: {reason}");   // 700 MB: not without a GPU
        return new Libraries(driver, nvrtc, cublasLt, string.Join("; ", missing));
    }

    private sealed record Libraries(CudaDriver? Driver, Nvrtc? Nvrtc, CublasLt? CublasLt, string Reason);
}
