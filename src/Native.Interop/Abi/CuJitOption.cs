namespace Ditto.Interop;

/// <summary>Options of loading a module. Values and names are those of the CUDA headers.</summary>
[Abi("CUjit_option_enum")]
internal enum CuJitOption
{
    CU_JIT_INFO_LOG_BUFFER = 3,
    CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES = 4,
    CU_JIT_ERROR_LOG_BUFFER = 5,
    CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES = 6,
}
