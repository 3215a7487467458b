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

    private static int Count(CudaDriver driver, string name)
    {
        CuResult result = driver.cuInit(0);
        int count = 0;
        if (result == CuResult.CUDA_SUCCESS) result = driver.cuDeviceGetCount(&count);
        if (result != CuResult.CUDA_SUCCESS)
            throw DeviceException.Unavailable(name, Invariant($"the driver starts with {NativeText.ErrorName(driver, result)} ({(int)result})"));
        if (count == 0) throw DeviceException.Unavailable(name, "the driver reports no device");
        return count;
    }

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
