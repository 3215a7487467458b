using System.Runtime.InteropServices;

namespace Ditto.Interop;

/// <summary>One proposal of the library's heuristic.</summary>
[Abi("cublasLtMatmulHeuristicResult_t")]
[StructLayout(LayoutKind.Sequential)]
internal struct CublasLtMatmulHeuristicResult
{
    /// <summary>The algorithm.</summary>
    public CublasLtMatmulAlgo algo;

    /// <summary>Bytes of workspace that the algorithm needs.</summary>
    public nuint workspaceSize;

    /// <summary>Success, or why this proposal cannot be used.</summary>
    public CublasStatus state;

    /// <summary>How many waves of blocks the product takes.</summary>
    public float wavesCount;

    private readonly int reserved0, reserved1, reserved2, reserved3;
}
