namespace Ditto.Interop;

/// <summary>Whether an operand is transposed. Values and names are those of the CUDA headers.</summary>
[Abi("cublasOperation_t")]
internal enum CublasOperation
{
    CUBLAS_OP_N = 0,
    CUBLAS_OP_T = 1,
    CUBLAS_OP_C = 2,
}
