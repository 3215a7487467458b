namespace Ditto.Interop;

/// <summary>Where a pointer points to. Values and names are those of the CUDA headers.</summary>
[Abi("CUmemorytype_enum")]
internal enum CuMemoryType
{
    CU_MEMORYTYPE_HOST = 1,
    CU_MEMORYTYPE_DEVICE = 2,
    CU_MEMORYTYPE_ARRAY = 3,
    CU_MEMORYTYPE_UNIFIED = 4,
}
