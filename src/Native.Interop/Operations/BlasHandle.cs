namespace Ditto.Interop;

/// <summary>A cuBLASLt handle. It may be used from several threads.</summary>
internal sealed unsafe class BlasHandle : DeviceHandle
{
    private BlasHandle(ContextHandle context, nint native)
        : base(context, native)
    {
    }

    /// <summary>The library's functions.</summary>
    public CublasLt Library => Context.Backend.CublasLt;

    /// <summary>Makes a handle.</summary>
    /// <exception cref="DeviceException">The library refused.</exception>
    public static BlasHandle Create(ContextHandle context)
    {
        if (sizeof(CublasLtMatmulAlgo) != 64 || sizeof(CublasLtMatmulHeuristicResult) != 96)
            throw new InvalidProgramException("the runtime lays cuBLASLt's structs out in another way than C does");
        CublasLt library = context.Backend.CublasLt;
        using ContextScope current = context.Push();
        nint native;
        CublasStatus status = library.cublasLtCreate(&native);
        if (status != CublasStatus.CUBLAS_STATUS_SUCCESS)
            throw context.Error(status, nameof(library.cublasLtCreate), "a handle of the matrix product library");
        return new BlasHandle(context, native);
    }

    /// <summary>The exception for a failed call.</summary>
    public DeviceException Error(CublasStatus status, string call, string asked) => Context.Error(status, call, asked);

    /// <summary>Makes the device's context current on this thread until the scope ends.</summary>
    public ContextScope Push() => Context.Push();

    /// <summary>The context that descriptors of this handle belong to.</summary>
    public ContextHandle Owner => Context;

    private protected override bool Free(nint native) => Library.cublasLtDestroy(native) == CublasStatus.CUBLAS_STATUS_SUCCESS;
}
