namespace Ditto.Interop;

/// <summary>Element types of matrices. Values and names are those of the CUDA headers.</summary>
[Abi("cudaDataType_t")]
internal enum CudaDataType
{
    CUDA_R_32F = 0,
    CUDA_R_64F = 1,
    CUDA_R_16F = 2,
    CUDA_R_8I = 3,
    CUDA_R_32I = 10,
    CUDA_R_16BF = 14,
    CUDA_R_8F_E4M3 = 28,
    CUDA_R_8F_E5M2 = 29,
}
