using static System.FormattableString;

namespace Ditto.Interop;

/// <summary>Everything that the choice of an algorithm for y = act(x W^T + bias + residual) depends on.</summary>
/// <param name="Input">Type of x and W.</param>
/// <param name="Output">Type of y, bias and residual.</param>
/// <param name="M">Rows of x and y.</param>
/// <param name="N">Rows of W, columns of y.</param>
/// <param name="K">Columns of x and W.</param>
/// <param name="Batch">Products, each with its own x and y and the same W.</param>
/// <param name="X">Strides of x.</param>
/// <param name="Weight">Strides of W.</param>
/// <param name="Residual">Strides of the residual; those of y where there is none.</param>
/// <param name="Y">Strides of y.</param>
/// <param name="Epilogue">Bias and activation.</param>
/// <param name="HasResidual">Whether a residual is read (beta = 1) or not (beta = 0).</param>
/// <param name="Alignments">The alignments of the five pointers, packed by <see cref="PackAlignments"/>.</param>
internal readonly record struct LinearKey(
    DType Input, DType Output, long M, long N, long K, int Batch, MatrixStrides X, MatrixStrides Weight, MatrixStrides Residual, MatrixStrides Y,
    CublasLtEpilogue Epilogue, bool HasResidual, ulong Alignments)
{
    private const int MaxAlignment = 256;

    /// <summary>The largest powers of two, at most 256, that divide the addresses, as exponents in one number.</summary>
    public static ulong PackAlignments(nuint weight, nuint x, nuint residual, nuint y, nuint bias) =>
        Exponent(weight) | (Exponent(x) << 8) | (Exponent(residual) << 16) | (Exponent(y) << 24) | (Exponent(bias) << 32);

    /// <summary>One of the packed alignments in bytes: 0 is W, 1 x, 2 the residual, 3 y.</summary>
    public uint Alignment(int operand) => 1u << (int)((Alignments >> (8 * operand)) & 0xff);

    /// <summary>For reports, for example <c>linear 512x3456x1152 bf16 +bias</c>: M x N x K, and what is fused into the product.</summary>
    public string ToShortText()
    {
        string epilogue = Epilogue switch
        {
            CublasLtEpilogue.CUBLASLT_EPILOGUE_BIAS => " +bias",
            CublasLtEpilogue.CUBLASLT_EPILOGUE_GELU => " +gelu",
            CublasLtEpilogue.CUBLASLT_EPILOGUE_GELU_BIAS => " +bias +gelu",
            _ => "",
        };
        string batch = Batch > 1 ? Invariant($"{Batch} x ") : "", residual = HasResidual ? " +residual" : "";
        return Invariant($"linear {batch}{M}x{N}x{K} {Input.ShortName()}{epilogue}{residual}");
    }

    private static ulong Exponent(nuint address) => (ulong)nuint.TrailingZeroCount(address | MaxAlignment);
}
