namespace Ditto.Interop;

/// <summary>What is done to a product before it is stored. Values and names are those of the CUDA headers.</summary>
[Abi("cublasLtEpilogue_t")]
internal enum CublasLtEpilogue : uint
{
    CUBLASLT_EPILOGUE_DEFAULT = 1,
    CUBLASLT_EPILOGUE_RELU = 2,
    CUBLASLT_EPILOGUE_BIAS = 4,
    CUBLASLT_EPILOGUE_RELU_BIAS = 6,
    CUBLASLT_EPILOGUE_GELU = 32,
    CUBLASLT_EPILOGUE_GELU_BIAS = 36,
}
