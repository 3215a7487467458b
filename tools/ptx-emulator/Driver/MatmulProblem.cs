using Ditto.Interop;

namespace Ditto.Emulation.Driver;

/// <summary>A product D = epilogue(alpha op(A) op(B) + beta C), its descriptors checked.</summary>
/// <param name="A">The first operand.</param>
/// <param name="B">The second one.</param>
/// <param name="C">What is added.</param>
/// <param name="D">The result.</param>
/// <param name="TransA">Whether A is transposed.</param>
/// <param name="TransB">Whether B is transposed.</param>
/// <param name="Epilogue">What is done to a sum before it is stored.</param>
/// <param name="Bias">Address of one number for each row of D.</param>
/// <param name="BiasStride">Elements from one matrix's bias to the next one's; 0 for one bias.</param>
/// <param name="Compute">What is summed in, and how operands may be rounded before.</param>
/// <param name="Scale">The type of alpha and beta.</param>
internal sealed record MatmulProblem(
    MatmulOperand A, MatmulOperand B, MatmulOperand C, MatmulOperand D, bool TransA, bool TransB, CublasLtEpilogue Epilogue, ulong Bias,
    long BiasStride, CublasComputeType Compute, CudaDataType Scale)
{
    private const int AnyType = -1, WholeMatrix = 2, FirstBlackwell = 100;

    private static readonly int[] ScalePointers = [17, 18, 19, 20, 21, 23, 24, 36], ScaleModes = [31, 32, 33, 34, 35, 37];
    private static readonly int[] AtomicSynchronization = [27, 28, 29, 30];

    /// <summary>Rows of D.</summary>
    public long M => D.Rows;

    /// <summary>Columns of D.</summary>
    public long N => D.Cols;

    /// <summary>Length of the sums.</summary>
    public long K => TransA ? A.Rows : A.Cols;

    /// <summary>Whether the epilogue adds a bias.</summary>
    public bool HasBias => ((uint)Epilogue & (uint)CublasLtEpilogue.CUBLASLT_EPILOGUE_BIAS) != 0;

    /// <summary>The bias as an operand.</summary>
    public MatmulOperand BiasVector => new(D.Type, D.Rows, 1, D.Rows, BiasStride == 0 ? 1 : D.Batch, BiasStride);

    /// <summary>Reads and checks descriptors.</summary>
    /// <param name="computeCapability">The device's, for example 90.</param>
    /// <param name="product">Of the product.</param>
    /// <param name="a">Layout of A.</param>
    /// <param name="b">Layout of B.</param>
    /// <param name="c">Layout of C.</param>
    /// <param name="d">Layout of D.</param>
    /// <exception cref="BlasException">Shapes differ: INVALID_VALUE. There is no kernel of these types: NOT_SUPPORTED.</exception>
    public static MatmulProblem Of(
        int computeCapability, BlasAttributes product, BlasAttributes a, BlasAttributes b, BlasAttributes c, BlasAttributes d)
    {
        MatmulProblem made = new(
            MatmulOperand.Of(a, 'A'), MatmulOperand.Of(b, 'B'), MatmulOperand.Of(c, 'C'), MatmulOperand.Of(d, 'D'),
            IsTransposed(product, 3), IsTransposed(product, 4), (CublasLtEpilogue)product[7, 1], (ulong)product[8], product[10],
            (CublasComputeType)product[0], (CudaDataType)product[1]);
        BlasException.Require(product[10] >= 0, $"the bias has batch stride {product[10]}");
        BlasException.Support(product[5] == 0, "C cannot be transposed");
        BlasException.Support(product[2] == 0, $"pointer mode {product[2]}; supported is 0, alpha and beta on the host");
        BlasException.Support(product[6, WholeMatrix] == WholeMatrix, $"fill mode {product[6]}; supported is 2, whole matrices");
        foreach (int scale in ScalePointers)
            BlasException.Require(product[scale] == 0, $"attribute {scale} scales matrices of 8-bit floats only");
        foreach (int mode in ScaleModes) BlasException.Support(product[mode] == 0, $"scale mode {product[mode]} in attribute {mode}");
        foreach (int counter in AtomicSynchronization) BlasException.Support(product[counter] == 0, $"atomic synchronization, attribute {counter}");
        made.CheckShapes();
        made.CheckTypes(computeCapability, product[26, AnyType]);
        return made;
    }

    private static bool IsTransposed(BlasAttributes product, int attribute)
    {
        BlasException.Require(product[attribute] is >= 0 and <= 2, $"operation {product[attribute]}");
        return product[attribute] != 0;
    }

    private void CheckShapes()
    {
        (long m, long k) = TransA ? (A.Cols, A.Rows) : (A.Rows, A.Cols);
        (long depth, long n) = TransB ? (B.Cols, B.Rows) : (B.Rows, B.Cols);
        BlasException.Require(k == depth, $"op(A) has {k} columns and op(B) {depth} rows");
        BlasException.Require(m == D.Rows && n == D.Cols, $"op(A) op(B) is {m} x {n} and D {D.Rows} x {D.Cols}");
        BlasException.Require(C.Rows == D.Rows && C.Cols == D.Cols, $"C is {C.Rows} x {C.Cols} and D {D.Rows} x {D.Cols}");
        BlasException.Require(A.Batch == D.Batch && B.Batch == D.Batch && C.Batch == D.Batch, "batch counts differ");
        BlasException.Require(D.IsApart, $"matrices of D overlap: stride {D.Stride}, leading dimension {D.Ld}, {D.Rows} x {D.Cols}");
    }

    // The combinations of the cuBLAS manual's table, but for sums in f16 and 8-bit floats.
    private bool HasKernel(int computeCapability) => A.Type == B.Type && C.Type == D.Type && Compute switch
    {
        CublasComputeType.CUBLAS_COMPUTE_32F => Scale == CudaDataType.CUDA_R_32F && A.Type switch
        {
            CudaDataType.CUDA_R_32F or CudaDataType.CUDA_R_8I => D.Type == CudaDataType.CUDA_R_32F,
            CudaDataType.CUDA_R_16BF or CudaDataType.CUDA_R_16F => D.Type == A.Type || D.Type == CudaDataType.CUDA_R_32F,
            _ => false,
        },
        CublasComputeType.CUBLAS_COMPUTE_32F_PEDANTIC or CublasComputeType.CUBLAS_COMPUTE_32F_FAST_16F
            or CublasComputeType.CUBLAS_COMPUTE_32F_FAST_16BF or CublasComputeType.CUBLAS_COMPUTE_32F_FAST_TF32 => AllAre(CudaDataType.CUDA_R_32F),
        CublasComputeType.CUBLAS_COMPUTE_32F_EMULATED_16BFX9 => computeCapability >= FirstBlackwell && AllAre(CudaDataType.CUDA_R_32F),
        CublasComputeType.CUBLAS_COMPUTE_64F or CublasComputeType.CUBLAS_COMPUTE_64F_PEDANTIC => AllAre(CudaDataType.CUDA_R_64F),
        CublasComputeType.CUBLAS_COMPUTE_32I or CublasComputeType.CUBLAS_COMPUTE_32I_PEDANTIC => A.Type == CudaDataType.CUDA_R_8I
            && (Scale, D.Type) is (CudaDataType.CUDA_R_32I, CudaDataType.CUDA_R_32I) or (CudaDataType.CUDA_R_32F, CudaDataType.CUDA_R_8I),
        _ => false,
    };

    private bool AllAre(CudaDataType type) => Scale == type && A.Type == type && D.Type == type;

    private void CheckTypes(int computeCapability, long biasType)
    {
        BlasException.Support(
            HasKernel(computeCapability), $"no kernel for {Compute}, scale {Scale}, A {A.Type}, B {B.Type}, C {C.Type}, D {D.Type}");
        BlasException.Support(Enum.IsDefined(Epilogue), $"epilogue {(uint)Epilogue}");
        BlasException.Require(!HasBias || Bias != 0, "the epilogue adds a bias; its pointer is null");
        BlasException.Support(!HasBias || biasType == AnyType || biasType == (int)D.Type, $"a bias of {(CudaDataType)biasType} for D of {D.Type}");
        if (A.Type != CudaDataType.CUDA_R_8I) return;
        BlasException.Support(Epilogue == CublasLtEpilogue.CUBLASLT_EPILOGUE_DEFAULT, $"epilogue {Epilogue} for 8-bit integers");
        BlasException.Support(TransA && !TransB, "8-bit integers need A transposed and B not");
        BlasException.Support(
            M % 4 == 0 && K % 4 == 0 && A.Ld % 4 == 0 && B.Ld % 4 == 0 && C.Ld % 4 == 0 && D.Ld % 4 == 0,
            "8-bit integers need m, k and leading dimensions that are multiples of 4");
        BlasException.Support(
            A.Batch == 1 || (A.Stride % 4 == 0 && B.Stride % 4 == 0 && C.Stride % 4 == 0 && D.Stride % 4 == 0),
            "8-bit integers need batch strides that are multiples of 4");
    }
}
