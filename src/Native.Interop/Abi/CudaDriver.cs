using System.Diagnostics.CodeAnalysis;

namespace Ditto.Interop;

/// <summary>The CUDA driver's functions, under the names that libcuda exports. Each field is documented in the CUDA driver API manual.</summary>
/// <param name="resolve">Export name to address: in libcuda, in the CPU device's library, or in any device that fills the table.</param>
internal sealed unsafe class CudaDriver(Func<string, nint> resolve)
{
    // Start-up and devices
    public readonly delegate* unmanaged<uint, CuResult> cuInit = (delegate* unmanaged<uint, CuResult>)resolve(nameof(cuInit));
    public readonly delegate* unmanaged<int*, CuResult> cuDriverGetVersion = (delegate* unmanaged<int*, CuResult>)resolve(nameof(cuDriverGetVersion));
    public readonly delegate* unmanaged<int*, CuResult> cuDeviceGetCount = (delegate* unmanaged<int*, CuResult>)resolve(nameof(cuDeviceGetCount));
    public readonly delegate* unmanaged<int*, int, CuResult> cuDeviceGet = (delegate* unmanaged<int*, int, CuResult>)resolve(nameof(cuDeviceGet));
    public readonly delegate* unmanaged<byte*, int, int, CuResult> cuDeviceGetName =
        (delegate* unmanaged<byte*, int, int, CuResult>)resolve(nameof(cuDeviceGetName));
    public readonly delegate* unmanaged<int*, CuDeviceAttribute, int, CuResult> cuDeviceGetAttribute =
        (delegate* unmanaged<int*, CuDeviceAttribute, int, CuResult>)resolve(nameof(cuDeviceGetAttribute));
    public readonly delegate* unmanaged<nuint*, int, CuResult> cuDeviceTotalMem_v2 =
        (delegate* unmanaged<nuint*, int, CuResult>)resolve(nameof(cuDeviceTotalMem_v2));
    public readonly delegate* unmanaged<CuUuid*, int, CuResult> cuDeviceGetUuid_v2 =
        (delegate* unmanaged<CuUuid*, int, CuResult>)resolve(nameof(cuDeviceGetUuid_v2));

    // Contexts
    public readonly delegate* unmanaged<nint*, int, CuResult> cuDevicePrimaryCtxRetain =
        (delegate* unmanaged<nint*, int, CuResult>)resolve(nameof(cuDevicePrimaryCtxRetain));
    public readonly delegate* unmanaged<int, CuResult> cuDevicePrimaryCtxRelease_v2 =
        (delegate* unmanaged<int, CuResult>)resolve(nameof(cuDevicePrimaryCtxRelease_v2));
    public readonly delegate* unmanaged<nint, CuResult> cuCtxSetCurrent = (delegate* unmanaged<nint, CuResult>)resolve(nameof(cuCtxSetCurrent));
    public readonly delegate* unmanaged<nint, CuResult> cuCtxPushCurrent_v2 =
        (delegate* unmanaged<nint, CuResult>)resolve(nameof(cuCtxPushCurrent_v2));
    public readonly delegate* unmanaged<nint*, CuResult> cuCtxPopCurrent_v2 =
        (delegate* unmanaged<nint*, CuResult>)resolve(nameof(cuCtxPopCurrent_v2));
    public readonly delegate* unmanaged<nint*, CuResult> cuCtxGetCurrent = (delegate* unmanaged<nint*, CuResult>)resolve(nameof(cuCtxGetCurrent));
    public readonly delegate* unmanaged<int*, CuResult> cuCtxGetDevice = (delegate* unmanaged<int*, CuResult>)resolve(nameof(cuCtxGetDevice));
    public readonly delegate* unmanaged<CuResult> cuCtxSynchronize = (delegate* unmanaged<CuResult>)resolve(nameof(cuCtxSynchronize));

    // Memory
    public readonly delegate* unmanaged<ulong*, nuint, CuResult> cuMemAlloc_v2 =
        (delegate* unmanaged<ulong*, nuint, CuResult>)resolve(nameof(cuMemAlloc_v2));
    public readonly delegate* unmanaged<ulong, CuResult> cuMemFree_v2 = (delegate* unmanaged<ulong, CuResult>)resolve(nameof(cuMemFree_v2));
    public readonly delegate* unmanaged<nuint*, nuint*, CuResult> cuMemGetInfo_v2 =
        (delegate* unmanaged<nuint*, nuint*, CuResult>)resolve(nameof(cuMemGetInfo_v2));
    public readonly delegate* unmanaged<void**, nuint, uint, CuResult> cuMemHostAlloc =
        (delegate* unmanaged<void**, nuint, uint, CuResult>)resolve(nameof(cuMemHostAlloc));
    public readonly delegate* unmanaged<void*, CuResult> cuMemFreeHost = (delegate* unmanaged<void*, CuResult>)resolve(nameof(cuMemFreeHost));
    public readonly delegate* unmanaged<ulong, nuint, CuMemAdvise, int, CuResult> cuMemAdvise =
        (delegate* unmanaged<ulong, nuint, CuMemAdvise, int, CuResult>)resolve(nameof(cuMemAdvise));
    public readonly delegate* unmanaged<void*, CuPointerAttribute, ulong, CuResult> cuPointerGetAttribute =
        (delegate* unmanaged<void*, CuPointerAttribute, ulong, CuResult>)resolve(nameof(cuPointerGetAttribute));

    // Copies and fills
    public readonly delegate* unmanaged<ulong, void*, nuint, CuResult> cuMemcpyHtoD_v2 =
        (delegate* unmanaged<ulong, void*, nuint, CuResult>)resolve(nameof(cuMemcpyHtoD_v2));
    public readonly delegate* unmanaged<void*, ulong, nuint, CuResult> cuMemcpyDtoH_v2 =
        (delegate* unmanaged<void*, ulong, nuint, CuResult>)resolve(nameof(cuMemcpyDtoH_v2));
    public readonly delegate* unmanaged<ulong, ulong, nuint, CuResult> cuMemcpyDtoD_v2 =
        (delegate* unmanaged<ulong, ulong, nuint, CuResult>)resolve(nameof(cuMemcpyDtoD_v2));
    public readonly delegate* unmanaged<ulong, void*, nuint, nint, CuResult> cuMemcpyHtoDAsync_v2 =
        (delegate* unmanaged<ulong, void*, nuint, nint, CuResult>)resolve(nameof(cuMemcpyHtoDAsync_v2));
    public readonly delegate* unmanaged<void*, ulong, nuint, nint, CuResult> cuMemcpyDtoHAsync_v2 =
        (delegate* unmanaged<void*, ulong, nuint, nint, CuResult>)resolve(nameof(cuMemcpyDtoHAsync_v2));
    public readonly delegate* unmanaged<ulong, ulong, nuint, nint, CuResult> cuMemcpyDtoDAsync_v2 =
        (delegate* unmanaged<ulong, ulong, nuint, nint, CuResult>)resolve(nameof(cuMemcpyDtoDAsync_v2));
    public readonly delegate* unmanaged<ulong, byte, nuint, CuResult> cuMemsetD8_v2 =
        (delegate* unmanaged<ulong, byte, nuint, CuResult>)resolve(nameof(cuMemsetD8_v2));
    public readonly delegate* unmanaged<ulong, uint, nuint, CuResult> cuMemsetD32_v2 =
        (delegate* unmanaged<ulong, uint, nuint, CuResult>)resolve(nameof(cuMemsetD32_v2));
    public readonly delegate* unmanaged<ulong, byte, nuint, nint, CuResult> cuMemsetD8Async =
        (delegate* unmanaged<ulong, byte, nuint, nint, CuResult>)resolve(nameof(cuMemsetD8Async));
    public readonly delegate* unmanaged<ulong, uint, nuint, nint, CuResult> cuMemsetD32Async =
        (delegate* unmanaged<ulong, uint, nuint, nint, CuResult>)resolve(nameof(cuMemsetD32Async));

    // Modules and launches
    public readonly delegate* unmanaged<nint*, void*, uint, CuJitOption*, void**, CuResult> cuModuleLoadDataEx =
        (delegate* unmanaged<nint*, void*, uint, CuJitOption*, void**, CuResult>)resolve(nameof(cuModuleLoadDataEx));
    public readonly delegate* unmanaged<nint*, nint, byte*, CuResult> cuModuleGetFunction =
        (delegate* unmanaged<nint*, nint, byte*, CuResult>)resolve(nameof(cuModuleGetFunction));
    public readonly delegate* unmanaged<nint, CuResult> cuModuleUnload = (delegate* unmanaged<nint, CuResult>)resolve(nameof(cuModuleUnload));
    public readonly delegate* unmanaged<int*, CuFunctionAttribute, nint, CuResult> cuFuncGetAttribute =
        (delegate* unmanaged<int*, CuFunctionAttribute, nint, CuResult>)resolve(nameof(cuFuncGetAttribute));
    public readonly delegate* unmanaged<nint, CuFunctionAttribute, int, CuResult> cuFuncSetAttribute =
        (delegate* unmanaged<nint, CuFunctionAttribute, int, CuResult>)resolve(nameof(cuFuncSetAttribute));
    public readonly delegate* unmanaged<int*, nint, int, nuint, CuResult> cuOccupancyMaxActiveBlocksPerMultiprocessor =
        (delegate* unmanaged<int*, nint, int, nuint, CuResult>)resolve(nameof(cuOccupancyMaxActiveBlocksPerMultiprocessor));
    public readonly delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, CuResult> cuLaunchKernel =
        (delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, CuResult>)resolve(nameof(cuLaunchKernel));

    // Streams and events
    public readonly delegate* unmanaged<nint*, uint, CuResult> cuStreamCreate =
        (delegate* unmanaged<nint*, uint, CuResult>)resolve(nameof(cuStreamCreate));
    public readonly delegate* unmanaged<nint, CuResult> cuStreamDestroy_v2 = (delegate* unmanaged<nint, CuResult>)resolve(nameof(cuStreamDestroy_v2));
    public readonly delegate* unmanaged<nint, CuResult> cuStreamSynchronize =
        (delegate* unmanaged<nint, CuResult>)resolve(nameof(cuStreamSynchronize));
    public readonly delegate* unmanaged<nint, CuResult> cuStreamQuery = (delegate* unmanaged<nint, CuResult>)resolve(nameof(cuStreamQuery));
    public readonly delegate* unmanaged<nint, nint, uint, CuResult> cuStreamWaitEvent =
        (delegate* unmanaged<nint, nint, uint, CuResult>)resolve(nameof(cuStreamWaitEvent));
    public readonly delegate* unmanaged<nint*, uint, CuResult> cuEventCreate =
        (delegate* unmanaged<nint*, uint, CuResult>)resolve(nameof(cuEventCreate));
    public readonly delegate* unmanaged<nint, CuResult> cuEventDestroy_v2 = (delegate* unmanaged<nint, CuResult>)resolve(nameof(cuEventDestroy_v2));
    public readonly delegate* unmanaged<nint, nint, CuResult> cuEventRecord =
        (delegate* unmanaged<nint, nint, CuResult>)resolve(nameof(cuEventRecord));
    public readonly delegate* unmanaged<nint, CuResult> cuEventQuery = (delegate* unmanaged<nint, CuResult>)resolve(nameof(cuEventQuery));
    public readonly delegate* unmanaged<nint, CuResult> cuEventSynchronize = (delegate* unmanaged<nint, CuResult>)resolve(nameof(cuEventSynchronize));
    public readonly delegate* unmanaged<float*, nint, nint, CuResult> cuEventElapsedTime =
        (delegate* unmanaged<float*, nint, nint, CuResult>)resolve(nameof(cuEventElapsedTime));

    // Graphs and capture
    public readonly delegate* unmanaged<nint, CuStreamCaptureMode, CuResult> cuStreamBeginCapture_v2 =
        (delegate* unmanaged<nint, CuStreamCaptureMode, CuResult>)resolve(nameof(cuStreamBeginCapture_v2));
    public readonly delegate* unmanaged<nint, nint*, CuResult> cuStreamEndCapture =
        (delegate* unmanaged<nint, nint*, CuResult>)resolve(nameof(cuStreamEndCapture));
    public readonly delegate* unmanaged<nint, CuStreamCaptureStatus*, CuResult> cuStreamIsCapturing =
        (delegate* unmanaged<nint, CuStreamCaptureStatus*, CuResult>)resolve(nameof(cuStreamIsCapturing));
    public readonly delegate* unmanaged<nint*, nint, ulong, CuResult> cuGraphInstantiateWithFlags =
        (delegate* unmanaged<nint*, nint, ulong, CuResult>)resolve(nameof(cuGraphInstantiateWithFlags));
    public readonly delegate* unmanaged<nint, nint, CuResult> cuGraphLaunch =
        (delegate* unmanaged<nint, nint, CuResult>)resolve(nameof(cuGraphLaunch));
    public readonly delegate* unmanaged<nint, CuResult> cuGraphDestroy = (delegate* unmanaged<nint, CuResult>)resolve(nameof(cuGraphDestroy));
    public readonly delegate* unmanaged<nint, CuResult> cuGraphExecDestroy = (delegate* unmanaged<nint, CuResult>)resolve(nameof(cuGraphExecDestroy));
    public readonly delegate* unmanaged<nint, nint*, nuint*, CuResult> cuGraphGetNodes =
        (delegate* unmanaged<nint, nint*, nuint*, CuResult>)resolve(nameof(cuGraphGetNodes));

    // Names of errors
    public readonly delegate* unmanaged<CuResult, byte**, CuResult> cuGetErrorName =
        (delegate* unmanaged<CuResult, byte**, CuResult>)resolve(nameof(cuGetErrorName));
    public readonly delegate* unmanaged<CuResult, byte**, CuResult> cuGetErrorString =
        (delegate* unmanaged<CuResult, byte**, CuResult>)resolve(nameof(cuGetErrorString));

    /// <summary>Loads the library once for the process.</summary>
    /// <param name="table">The functions, or null.</param>
    /// <param name="reason">Why there are none; empty on success.</param>
    public static bool TryLoad([NotNullWhen(true)] out CudaDriver? table, out string reason) =>
        LibraryLoader.TryFill(LibraryNames.Driver(), resolve => new CudaDriver(resolve), out table, out reason);
}
