using static System.FormattableString;

namespace Ditto.Interop;

/// <summary>
/// Descriptors and algorithm of one product. Row-major Y[M,N] = X[M,K] W[N,K]^T is column-major Y^T = W X^T: A = W (K x N, transposed),
/// B = X (K x M), C and D (N x M). This is the form that cuBLASLt takes for every type.
/// </summary>
internal sealed unsafe class LinearPlan : IDisposable
{
    private readonly BlasHandle blas;
    private readonly LinearKey key;
    private readonly BlasDescriptor product, weight, x, residual, y;
    private readonly List<BlasDescriptor> owned = new(5);
    private readonly CublasLtMatmulAlgo algorithm;
    private nuint biasPointer;

    /// <summary>Asks the library for an algorithm; host work only.</summary>
    /// <exception cref="DeviceException">The library has none for this product.</exception>
    public LinearPlan(BlasHandle blas, in LinearKey key, nuint bias, long workspaceLimit)
    {
        this.blas = blas;
        this.key = key;
        CudaDataType input = TypeOf(key.Input);
        CudaDataType output = TypeOf(key.Output);
        using ContextScope current = blas.Push();
        try
        {
            product = Own(BlasDescriptor.Product(blas, key.Input));
            product.Set(CublasLtMatmulDescAttribute.CUBLASLT_MATMUL_DESC_TRANSA, CublasOperation.CUBLAS_OP_T);
            product.Set(CublasLtMatmulDescAttribute.CUBLASLT_MATMUL_DESC_TRANSB, CublasOperation.CUBLAS_OP_N);
            product.Set(CublasLtMatmulDescAttribute.CUBLASLT_MATMUL_DESC_EPILOGUE, key.Epilogue);
            SetBias(bias);                                       // before the search: the library reads the pointer's alignment
            weight = Own(BlasDescriptor.Layout(blas, input, key.K, key.N, key.Weight, key.Batch));
            x = Own(BlasDescriptor.Layout(blas, input, key.K, key.M, key.X, key.Batch));
            residual = Own(BlasDescriptor.Layout(blas, output, key.N, key.M, key.Residual, key.Batch));
            y = Own(BlasDescriptor.Layout(blas, output, key.N, key.M, key.Y, key.Batch));
            CublasLtMatmulHeuristicResult found = Search(workspaceLimit);
            algorithm = found.algo;
            WorkspaceBytes = (long)found.workspaceSize;
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Workspace that the algorithm needs, in bytes.</summary>
    public long WorkspaceBytes { get; }

    /// <summary>Queues the product; the context is current.</summary>
    /// <exception cref="DeviceException">The library refused.</exception>
    public void Launch(nuint weightPointer, nuint xPointer, nuint residualPointer, nuint yPointer, nuint bias, DeviceMemory? workspace, nint stream)
    {
        SetBias(bias);
        double oneDouble = 1, zeroDouble = 0;                   // factors have the type that products are scaled in
        float oneSingle = 1, zeroSingle = 0;
        int oneWhole = 1, zeroWhole = 0;
        void* one = key.Input switch { DType.F64 => &oneDouble, DType.I8 => &oneWhole, _ => &oneSingle };
        void* zero = key.Input switch { DType.F64 => &zeroDouble, DType.I8 => &zeroWhole, _ => &zeroSingle };
        fixed (CublasLtMatmulAlgo* chosen = &algorithm)
        {
            CublasStatus status = blas.Library.cublasLtMatmul(
                blas.Native, product.Native, one, (void*)weightPointer, weight.Native, (void*)xPointer, x.Native,
                key.HasResidual ? one : zero, (void*)residualPointer, residual.Native, (void*)yPointer, y.Native,
                chosen, workspace is null ? null : (void*)workspace.Native, workspace is null ? 0 : (nuint)workspace.ByteCount, stream);
            if (status != CublasStatus.CUBLAS_STATUS_SUCCESS) throw blas.Error(status, nameof(CublasLt.cublasLtMatmul), Describe());
        }
    }

    /// <summary>Frees the descriptors.</summary>
    public void Dispose()
    {
        foreach (BlasDescriptor descriptor in owned) descriptor.Dispose();
    }

    /// <summary>Whether matrix products work on this type.</summary>
    public static bool IsSupported(DType type) => type is DType.F32 or DType.BF16 or DType.F16 or DType.F64;

    private static CudaDataType TypeOf(DType type) => type switch
    {
        DType.BF16 => CudaDataType.CUDA_R_16BF,
        DType.F16 => CudaDataType.CUDA_R_16F,
        DType.F64 => CudaDataType.CUDA_R_64F,
        DType.I8 => CudaDataType.CUDA_R_8I,
        DType.I32 => CudaDataType.CUDA_R_32I,
        _ => CudaDataType.CUDA_R_32F,
    };

    private BlasDescriptor Own(BlasDescriptor descriptor)
    {
        owned.Add(descriptor);
        return descriptor;
    }

    private void SetBias(nuint bias)
    {
        if (bias == biasPointer) return;
        product.Set(CublasLtMatmulDescAttribute.CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias);
        biasPointer = bias;
    }

    private CublasLtMatmulHeuristicResult Search(long workspaceLimit)
    {
        using BlasDescriptor limits = BlasDescriptor.Preference(blas);
        limits.Set(CublasLtMatmulPreferenceAttribute.CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, (ulong)workspaceLimit);
        limits.Set(
            CublasLtMatmulPreferenceAttribute.CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
            CublasLtReductionScheme.CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE);   // the others may add in a different order each run
        limits.Set(CublasLtMatmulPreferenceAttribute.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, key.Alignment(0));
        limits.Set(CublasLtMatmulPreferenceAttribute.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, key.Alignment(1));
        limits.Set(CublasLtMatmulPreferenceAttribute.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, key.Alignment(2));
        limits.Set(CublasLtMatmulPreferenceAttribute.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, key.Alignment(3));
        CublasLtMatmulHeuristicResult found;
        int count = 0;
        CublasStatus status = blas.Library.cublasLtMatmulAlgoGetHeuristic(
            blas.Native, product.Native, weight.Native, x.Native, residual.Native, y.Native, limits.Native, 1, &found, &count);
        if (status == CublasStatus.CUBLAS_STATUS_SUCCESS && count > 0) status = found.state;
        else if (status == CublasStatus.CUBLAS_STATUS_SUCCESS) status = CublasStatus.CUBLAS_STATUS_NOT_SUPPORTED;
        if (status != CublasStatus.CUBLAS_STATUS_SUCCESS) throw blas.Error(status, nameof(CublasLt.cublasLtMatmulAlgoGetHeuristic), Describe());
        return found;
    }

    private string Describe() => Invariant(
        $"linear: {key.Batch} x (M {key.M}, N {key.N}, K {key.K}), {key.Input.ShortName()} to {key.Output.ShortName()}, {key.Epilogue}, {key}");
}
