namespace Ditto.Interop;

/// <summary>Flags of a new stream. Values and names are those of the CUDA headers.</summary>
[Abi("CUstream_flags_enum")]
internal enum CuStreamFlags : uint
{
    CU_STREAM_DEFAULT = 0,
    CU_STREAM_NON_BLOCKING = 1,
}
