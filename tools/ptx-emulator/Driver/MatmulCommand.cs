using Ditto.Interop;

namespace Ditto.Emulation.Driver;

/// <summary>A matrix product: checks its operands' memory, multiplies, and notes the result as written.</summary>
/// <param name="Problem">Shapes and types.</param>
/// <param name="A">Address of the first operand.</param>
/// <param name="B">Of the second one.</param>
/// <param name="C">Of what is added.</param>
/// <param name="D">Of the result.</param>
/// <param name="Alpha">Factor of the product; every value of the scale types is a double.</param>
/// <param name="Beta">Factor of C; where it is 0, C is not read.</param>
internal sealed record MatmulCommand(MatmulProblem Problem, ulong A, ulong B, ulong C, ulong D, double Alpha, double Beta) : DeviceCommand
{
    /// <inheritdoc/>
    public override void Run(EmulatedContext context)
    {
        if (Problem.M == 0 || Problem.N == 0) return;
        if (Problem.K > 0)
        {
            RequireReadable(context, A, Problem.A, "A");
            RequireReadable(context, B, Problem.B, "B");
        }
        if (Beta != 0) RequireReadable(context, C, Problem.C, "C");
        ForEachRun(D, Problem.D, (start, bytes) => RequireMemory(context, start, bytes, "D"));
        if (Problem.HasBias) RequireReadable(context, Problem.Bias, Problem.BiasVector, "the bias");
        Multiply();
        ForEachRun(D, Problem.D, context.Memory.MarkWritten);
    }

    /// <inheritdoc/>
    public override string Describe() =>
        $"matrix product of {Problem.D.Batch} x (m {Problem.M}, n {Problem.N}, k {Problem.K}), {Problem.A.Type} to {Problem.D.Type}";

    /// <summary>Refuses operands that share memory with the result. C may be D.</summary>
    /// <exception cref="BlasException">They do.</exception>
    public void RequireApart()
    {
        BlasException.Require(!Problem.D.Overlaps(D, Problem.A, A), "D overlaps A");
        BlasException.Require(!Problem.D.Overlaps(D, Problem.B, B), "D overlaps B");
        BlasException.Require(!Problem.HasBias || !Problem.D.Overlaps(D, Problem.BiasVector, Problem.Bias), "D overlaps the bias");
        bool isSame = C == D && Problem.C.Covers(Problem.D);
        BlasException.Require(Beta == 0 || isSame || !Problem.D.Overlaps(D, Problem.C, C), "D overlaps C, and is not C");
    }

    private void Multiply()
    {
        switch (Problem.A.Type)
        {
            case CudaDataType.CUDA_R_64F:
                Gemm.Run<double, double, DoubleElement, DoubleElement>(this);
                break;
            case CudaDataType.CUDA_R_8I:
                MultiplyIntegers();
                break;
            case CudaDataType.CUDA_R_16BF:
                MultiplySingles<BFloat16Element>();
                break;
            case CudaDataType.CUDA_R_16F:
                MultiplySingles<HalfElement>();
                break;
            default:
                MultiplyRounded();
                break;
        }
    }

    private void MultiplyIntegers()
    {
        if (Problem.D.Type == CudaDataType.CUDA_R_32I) Gemm.Run<int, int, SByteElement, IntElement>(this);
        else if (Problem.D.Type == CudaDataType.CUDA_R_8I) Gemm.Run<int, float, SByteElement, SByteElement>(this);
        else Gemm.Run<float, float, SByteElement, SingleElement>(this);
    }

    // Of f32 operands; the fast types take what tensor cores take.
    private void MultiplyRounded()
    {
        switch (Problem.Compute)
        {
            case CublasComputeType.CUBLAS_COMPUTE_32F_FAST_TF32:
                MultiplySingles<RoundedElement<TensorFloatRounding>>();
                break;
            case CublasComputeType.CUBLAS_COMPUTE_32F_FAST_16F:
                MultiplySingles<RoundedElement<HalfRounding>>();
                break;
            case CublasComputeType.CUBLAS_COMPUTE_32F_FAST_16BF:
                MultiplySingles<RoundedElement<BFloat16Rounding>>();
                break;
            default:
                MultiplySingles<SingleElement>();
                break;
        }
    }

    private void MultiplySingles<TIn>()
        where TIn : struct, IMatmulElement<float>
    {
        if (Problem.D.Type == CudaDataType.CUDA_R_32F) Gemm.Run<float, float, TIn, SingleElement>(this);
        else if (Problem.D.Type == CudaDataType.CUDA_R_16BF) Gemm.Run<float, float, TIn, BFloat16Element>(this);
        else Gemm.Run<float, float, TIn, HalfElement>(this);
    }

    private static void RequireMemory(EmulatedContext context, ulong start, ulong bytes, string name)
    {
        if (!context.Memory.IsAllocated(start, bytes))
            throw new DriverException(CuResult.CUDA_ERROR_ILLEGAL_ADDRESS, $"{name}: {context.Explain(start, bytes)}");
    }

    private static void RequireReadable(EmulatedContext context, ulong address, MatmulOperand operand, string name) =>
        ForEachRun(address, operand, (start, bytes) =>
        {
            RequireMemory(context, start, bytes, name);
            if (!context.Device.Checks.Unwritten) return;
            long first = context.Memory.FirstUnwritten(start, bytes);
            if (first < 0) return;
            string place = $"the element at byte {(long)(start - address) + first}";
            throw new DriverException(CuResult.CUDA_ERROR_ILLEGAL_ADDRESS, $"{name} is read, and {place} was never written");
        });

    // The contiguous pieces of an operand: whole matrices, or columns where there is room between them.
    private static void ForEachRun(ulong address, MatmulOperand operand, Action<ulong, ulong> act)
    {
        ulong size = (ulong)operand.Size;
        bool whole = operand.Ld == operand.Rows;
        for (int batch = 0; batch < operand.Batch; batch++)
        {
            ulong start = address + ((ulong)batch * (ulong)operand.Stride * size);
            if (whole) act(start, (ulong)(operand.Rows * operand.Cols) * size);
            for (long column = 0; !whole && column < operand.Cols; column++)
                act(start + ((ulong)(column * operand.Ld) * size), (ulong)operand.Rows * size);
        }
    }
}
