namespace Ditto.Interop;

/// <summary>Flags of a new event. Values and names are those of the CUDA headers.</summary>
[Abi("CUevent_flags_enum")]
internal enum CuEventFlags : uint
{
    CU_EVENT_DEFAULT = 0,
    CU_EVENT_BLOCKING_SYNC = 1,
    CU_EVENT_DISABLE_TIMING = 2,
}
