namespace Ditto.Interop;

/// <summary>A descriptor of cuBLASLt: a product, a matrix layout, or the limits of a search.</summary>
internal sealed unsafe class BlasDescriptor : DeviceHandle
{
    private readonly BlasHandle blas;
    private readonly Kind kind;

    private BlasDescriptor(BlasHandle blas, Kind kind, nint native)
        : base(blas.Owner, native)
    {
        this.blas = blas;
        this.kind = kind;
    }

    private enum Kind
    {
        Product,
        Layout,
        Preference,
    }

    /// <summary>A product summed in f32, or in f64 for f64 operands and in i32 for i8 ones.</summary>
    public static BlasDescriptor Product(BlasHandle blas, DType input)
    {
        (CublasComputeType compute, CudaDataType scale) = input switch
        {
            DType.F64 => (CublasComputeType.CUBLAS_COMPUTE_64F, CudaDataType.CUDA_R_64F),
            DType.I8 => (CublasComputeType.CUBLAS_COMPUTE_32I, CudaDataType.CUDA_R_32I),
            _ => (CublasComputeType.CUBLAS_COMPUTE_32F, CudaDataType.CUDA_R_32F),
        };
        nint native;
        CublasStatus status = blas.Library.cublasLtMatmulDescCreate(&native, compute, scale);
        Check(blas, status, nameof(CublasLt.cublasLtMatmulDescCreate), input.ShortName());
        return new BlasDescriptor(blas, Kind.Product, native);
    }

    /// <summary>A column-major matrix, or a batch of them.</summary>
    public static BlasDescriptor Layout(BlasHandle blas, CudaDataType type, long rows, long columns, MatrixStrides strides, int batch)
    {
        nint native;
        CublasStatus status = blas.Library.cublasLtMatrixLayoutCreate(&native, type, (ulong)rows, (ulong)columns, strides.Row);
        Check(blas, status, nameof(CublasLt.cublasLtMatrixLayoutCreate), $"{rows} x {columns}, leading dimension {strides.Row}");
        BlasDescriptor layout = new(blas, Kind.Layout, native);
        if (batch == 1) return layout;
        try
        {
            layout.Set(CublasLtMatrixLayoutAttribute.CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, batch);
            layout.Set(CublasLtMatrixLayoutAttribute.CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, strides.Batch);
            return layout;
        }
        catch
        {
            layout.Dispose();
            throw;
        }
    }

    /// <summary>The limits of a search for an algorithm.</summary>
    public static BlasDescriptor Preference(BlasHandle blas)
    {
        nint native;
        Check(blas, blas.Library.cublasLtMatmulPreferenceCreate(&native), nameof(CublasLt.cublasLtMatmulPreferenceCreate), "search limits");
        return new BlasDescriptor(blas, Kind.Preference, native);
    }

    /// <summary>Sets an attribute of a product; the size is that of the type.</summary>
    public void Set<T>(CublasLtMatmulDescAttribute attribute, T value)
        where T : unmanaged =>
        Check(blas, blas.Library.cublasLtMatmulDescSetAttribute(Native, attribute, &value, (nuint)sizeof(T)),
            nameof(CublasLt.cublasLtMatmulDescSetAttribute), attribute);

    /// <summary>Sets an attribute of a layout; the size is that of the type.</summary>
    public void Set<T>(CublasLtMatrixLayoutAttribute attribute, T value)
        where T : unmanaged =>
        Check(blas, blas.Library.cublasLtMatrixLayoutSetAttribute(Native, attribute, &value, (nuint)sizeof(T)),
            nameof(CublasLt.cublasLtMatrixLayoutSetAttribute), attribute);

    /// <summary>Sets a limit of a search; the size is that of the type.</summary>
    public void Set<T>(CublasLtMatmulPreferenceAttribute attribute, T value)
        where T : unmanaged =>
        Check(blas, blas.Library.cublasLtMatmulPreferenceSetAttribute(Native, attribute, &value, (nuint)sizeof(T)),
            nameof(CublasLt.cublasLtMatmulPreferenceSetAttribute), attribute);

    private protected override bool Free(nint native)
    {
        CublasStatus status = kind switch
        {
            Kind.Product => blas.Library.cublasLtMatmulDescDestroy(native),
            Kind.Layout => blas.Library.cublasLtMatrixLayoutDestroy(native),
            _ => blas.Library.cublasLtMatmulPreferenceDestroy(native),
        };
        return status == CublasStatus.CUBLAS_STATUS_SUCCESS;
    }

    private static void Check(BlasHandle blas, CublasStatus status, string call, string asked)
    {
        if (status != CublasStatus.CUBLAS_STATUS_SUCCESS) throw blas.Error(status, call, asked);
    }

    private static void Check<TAttribute>(BlasHandle blas, CublasStatus status, string call, TAttribute attribute)
        where TAttribute : struct, Enum
    {
        if (status != CublasStatus.CUBLAS_STATUS_SUCCESS) throw blas.Error(status, call, attribute.ToString());
    }
}
