using System.Runtime.CompilerServices;

namespace Ditto.Interop;

/// <summary>An algorithm for one matrix product: 64 bytes that only the library reads.</summary>
[Abi("cublasLtMatmulAlgo_t")]
[InlineArray(8)]
internal struct CublasLtMatmulAlgo
{
    private ulong data;
}
