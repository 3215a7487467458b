using System.Diagnostics.CodeAnalysis;

namespace Ditto.Interop;

/// <summary>The run-time compiler's functions, under the names that libnvrtc exports. Each field is documented in the NVRTC manual.</summary>
/// <param name="resolve">Export name to address: in libnvrtc or in a library that stands for it. Throws where the export is missing.</param>
internal sealed unsafe class Nvrtc(Func<string, nint> resolve)
{
    // Compiler
    public readonly delegate* unmanaged<int*, int*, NvrtcResult> nvrtcVersion =
        (delegate* unmanaged<int*, int*, NvrtcResult>)resolve(nameof(nvrtcVersion));
    public readonly delegate* unmanaged<int*, NvrtcResult> nvrtcGetNumSupportedArchs =
        (delegate* unmanaged<int*, NvrtcResult>)resolve(nameof(nvrtcGetNumSupportedArchs));
    public readonly delegate* unmanaged<int*, NvrtcResult> nvrtcGetSupportedArchs =
        (delegate* unmanaged<int*, NvrtcResult>)resolve(nameof(nvrtcGetSupportedArchs));
    public readonly delegate* unmanaged<NvrtcResult, byte*> nvrtcGetErrorString =
        (delegate* unmanaged<NvrtcResult, byte*>)resolve(nameof(nvrtcGetErrorString));

    // Programs
    public readonly delegate* unmanaged<nint*, byte*, byte*, int, byte**, byte**, NvrtcResult> nvrtcCreateProgram =
        (delegate* unmanaged<nint*, byte*, byte*, int, byte**, byte**, NvrtcResult>)resolve(nameof(nvrtcCreateProgram));
    public readonly delegate* unmanaged<nint*, NvrtcResult> nvrtcDestroyProgram =
        (delegate* unmanaged<nint*, NvrtcResult>)resolve(nameof(nvrtcDestroyProgram));
    public readonly delegate* unmanaged<nint, byte*, NvrtcResult> nvrtcAddNameExpression =
        (delegate* unmanaged<nint, byte*, NvrtcResult>)resolve(nameof(nvrtcAddNameExpression));
    public readonly delegate* unmanaged<nint, int, byte**, NvrtcResult> nvrtcCompileProgram =
        (delegate* unmanaged<nint, int, byte**, NvrtcResult>)resolve(nameof(nvrtcCompileProgram));
    public readonly delegate* unmanaged<nint, nuint*, NvrtcResult> nvrtcGetProgramLogSize =
        (delegate* unmanaged<nint, nuint*, NvrtcResult>)resolve(nameof(nvrtcGetProgramLogSize));
    public readonly delegate* unmanaged<nint, byte*, NvrtcResult> nvrtcGetProgramLog =
        (delegate* unmanaged<nint, byte*, NvrtcResult>)resolve(nameof(nvrtcGetProgramLog));
    public readonly delegate* unmanaged<nint, nuint*, NvrtcResult> nvrtcGetPTXSize =
        (delegate* unmanaged<nint, nuint*, NvrtcResult>)resolve(nameof(nvrtcGetPTXSize));
    public readonly delegate* unmanaged<nint, byte*, NvrtcResult> nvrtcGetPTX =
        (delegate* unmanaged<nint, byte*, NvrtcResult>)resolve(nameof(nvrtcGetPTX));
    public readonly delegate* unmanaged<nint, nuint*, NvrtcResult> nvrtcGetCUBINSize =
        (delegate* unmanaged<nint, nuint*, NvrtcResult>)resolve(nameof(nvrtcGetCUBINSize));
    public readonly delegate* unmanaged<nint, byte*, NvrtcResult> nvrtcGetCUBIN =
        (delegate* unmanaged<nint, byte*, NvrtcResult>)resolve(nameof(nvrtcGetCUBIN));
    public readonly delegate* unmanaged<nint, byte*, byte**, NvrtcResult> nvrtcGetLoweredName =
        (delegate* unmanaged<nint, byte*, byte**, NvrtcResult>)resolve(nameof(nvrtcGetLoweredName));

    /// <summary>Loads the library once for the process.</summary>
    /// <param name="table">The functions, or null.</param>
    /// <param name="reason">Why there are none; empty on success.</param>
    public static bool TryLoad([NotNullWhen(true)] out Nvrtc? table, out string reason) =>
        LibraryLoader.TryFill(LibraryNames.Nvrtc(), resolve => new Nvrtc(resolve), out table, out reason);
}
