namespace Ditto.Interop;

/// <summary>Whether a stream is recording. Values and names are those of the CUDA headers.</summary>
[Abi("CUstreamCaptureStatus_enum")]
internal enum CuStreamCaptureStatus
{
    CU_STREAM_CAPTURE_STATUS_NONE = 0,
    CU_STREAM_CAPTURE_STATUS_ACTIVE = 1,
    CU_STREAM_CAPTURE_STATUS_INVALIDATED = 2,
}
