namespace Ditto.Interop;

/// <summary>Types that products are summed in. Values and names are those of the CUDA headers.</summary>
[Abi("cublasComputeType_t")]
internal enum CublasComputeType
{
    CUBLAS_COMPUTE_32F = 68,
    CUBLAS_COMPUTE_32F_PEDANTIC = 69,
    CUBLAS_COMPUTE_64F = 70,
    CUBLAS_COMPUTE_64F_PEDANTIC = 71,
    CUBLAS_COMPUTE_32I = 72,
    CUBLAS_COMPUTE_32I_PEDANTIC = 73,
}
