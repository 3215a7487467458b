namespace Ditto.Interop;

/// <summary>Which unsafe calls a capture forbids. Values and names are those of the CUDA headers.</summary>
[Abi("CUstreamCaptureMode_enum")]
internal enum CuStreamCaptureMode
{
    CU_STREAM_CAPTURE_MODE_GLOBAL = 0,
    CU_STREAM_CAPTURE_MODE_THREAD_LOCAL = 1,
    CU_STREAM_CAPTURE_MODE_RELAXED = 2,
}
