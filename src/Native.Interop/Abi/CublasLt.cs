using System.Diagnostics.CodeAnalysis;

namespace Ditto.Interop;

/// <summary>The matrix product library's functions, under the names that libcublasLt exports; the cuBLAS manual documents them.</summary>
/// <param name="resolve">Export name to address: in libcublasLt or in a library that stands for it. Throws where the export is missing.</param>
internal sealed unsafe class CublasLt(Func<string, nint> resolve)
{
    // Handle
    public readonly delegate* unmanaged<nint*, CublasStatus> cublasLtCreate =
        (delegate* unmanaged<nint*, CublasStatus>)resolve(nameof(cublasLtCreate));
    public readonly delegate* unmanaged<nint, CublasStatus> cublasLtDestroy =
        (delegate* unmanaged<nint, CublasStatus>)resolve(nameof(cublasLtDestroy));
    public readonly delegate* unmanaged<nuint> cublasLtGetVersion = (delegate* unmanaged<nuint>)resolve(nameof(cublasLtGetVersion));
    public readonly delegate* unmanaged<CublasStatus, byte*> cublasLtGetStatusName =
        (delegate* unmanaged<CublasStatus, byte*>)resolve(nameof(cublasLtGetStatusName));
    public readonly delegate* unmanaged<CublasStatus, byte*> cublasLtGetStatusString =
        (delegate* unmanaged<CublasStatus, byte*>)resolve(nameof(cublasLtGetStatusString));

    // Descriptors
    public readonly delegate* unmanaged<nint*, CublasComputeType, CudaDataType, CublasStatus> cublasLtMatmulDescCreate =
        (delegate* unmanaged<nint*, CublasComputeType, CudaDataType, CublasStatus>)resolve(nameof(cublasLtMatmulDescCreate));
    public readonly delegate* unmanaged<nint, CublasStatus> cublasLtMatmulDescDestroy =
        (delegate* unmanaged<nint, CublasStatus>)resolve(nameof(cublasLtMatmulDescDestroy));
    public readonly delegate* unmanaged<nint, CublasLtMatmulDescAttribute, void*, nuint, CublasStatus> cublasLtMatmulDescSetAttribute =
        (delegate* unmanaged<nint, CublasLtMatmulDescAttribute, void*, nuint, CublasStatus>)resolve(nameof(cublasLtMatmulDescSetAttribute));
    public readonly delegate* unmanaged<nint*, CudaDataType, ulong, ulong, long, CublasStatus> cublasLtMatrixLayoutCreate =
        (delegate* unmanaged<nint*, CudaDataType, ulong, ulong, long, CublasStatus>)resolve(nameof(cublasLtMatrixLayoutCreate));
    public readonly delegate* unmanaged<nint, CublasStatus> cublasLtMatrixLayoutDestroy =
        (delegate* unmanaged<nint, CublasStatus>)resolve(nameof(cublasLtMatrixLayoutDestroy));
    public readonly delegate* unmanaged<nint, CublasLtMatrixLayoutAttribute, void*, nuint, CublasStatus> cublasLtMatrixLayoutSetAttribute =
        (delegate* unmanaged<nint, CublasLtMatrixLayoutAttribute, void*, nuint, CublasStatus>)resolve(nameof(cublasLtMatrixLayoutSetAttribute));
    public readonly delegate* unmanaged<nint*, CublasStatus> cublasLtMatmulPreferenceCreate =
        (delegate* unmanaged<nint*, CublasStatus>)resolve(nameof(cublasLtMatmulPreferenceCreate));
    public readonly delegate* unmanaged<nint, CublasStatus> cublasLtMatmulPreferenceDestroy =
        (delegate* unmanaged<nint, CublasStatus>)resolve(nameof(cublasLtMatmulPreferenceDestroy));
    public readonly delegate* unmanaged<nint, CublasLtMatmulPreferenceAttribute, void*, nuint, CublasStatus> cublasLtMatmulPreferenceSetAttribute =
        (delegate* unmanaged<nint, CublasLtMatmulPreferenceAttribute, void*, nuint, CublasStatus>)
            resolve(nameof(cublasLtMatmulPreferenceSetAttribute));

    // Products
    public readonly delegate* unmanaged<nint, nint, nint, nint, nint, nint, nint, int, CublasLtMatmulHeuristicResult*, int*, CublasStatus>
        cublasLtMatmulAlgoGetHeuristic =
        (delegate* unmanaged<nint, nint, nint, nint, nint, nint, nint, int, CublasLtMatmulHeuristicResult*, int*, CublasStatus>)
            resolve(nameof(cublasLtMatmulAlgoGetHeuristic));
    public readonly delegate* unmanaged<nint, nint, void*, void*, nint, void*, nint, void*, void*, nint, void*, nint, CublasLtMatmulAlgo*,
            void*, nuint, nint, CublasStatus> cublasLtMatmul =
        (delegate* unmanaged<nint, nint, void*, void*, nint, void*, nint, void*, void*, nint, void*, nint, CublasLtMatmulAlgo*,
            void*, nuint, nint, CublasStatus>)resolve(nameof(cublasLtMatmul));

    /// <summary>Loads the library once for the process.</summary>
    /// <param name="table">The functions, or null.</param>
    /// <param name="reason">Why there are none; empty on success.</param>
    public static bool TryLoad([NotNullWhen(true)] out CublasLt? table, out string reason) =>
        LibraryLoader.TryFill(LibraryNames.CublasLt(), resolve => new CublasLt(resolve), out table, out reason);
}
