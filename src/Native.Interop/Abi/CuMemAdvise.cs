namespace Ditto.Interop;

/// <summary>Hints about the use of a memory range. Values and names are those of the CUDA headers.</summary>
[Abi("CUmem_advise_enum")]
internal enum CuMemAdvise
{
    CU_MEM_ADVISE_SET_READ_MOSTLY = 1,
    CU_MEM_ADVISE_UNSET_READ_MOSTLY = 2,
}
