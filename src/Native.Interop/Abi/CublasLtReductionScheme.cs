namespace Ditto.Interop;

/// <summary>How partial sums of a split product are added. Values and names are those of the CUDA headers.</summary>
[Abi("cublasLtReductionScheme_t")]
internal enum CublasLtReductionScheme : uint
{
    CUBLASLT_REDUCTION_SCHEME_NONE = 0,
    CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE = 2,
}
