using System.Runtime.InteropServices;
using Ditto.Interop;
using Ditto.Testing;

namespace Ditto.Emulation.Tests.Driver;

/// <summary>A product through cuBLASLt's own calls: a right one, in which a test sets one thing wrong.</summary>
internal sealed class MatmulCase
{
    private const int AlgorithmBytes = 64, ResultBytes = 96;

    private readonly EmulatedCalls calls;

    /// <summary>D (m x n) = A^T B with operands of normal values; the operands are column-major.</summary>
    public MatmulCase(EmulatedCalls calls, int m = 8, int n = 12, int k = 16, DType input = DType.F32, DType output = DType.F32, int batch = 1)
    {
        this.calls = calls;
        (Input, Output) = (input, output);
        (CublasComputeType compute, CudaDataType scale) = (input, output) switch
        {
            (DType.F64, _) => (CublasComputeType.CUBLAS_COMPUTE_64F, CudaDataType.CUDA_R_64F),
            (DType.I8, DType.I32) => (CublasComputeType.CUBLAS_COMPUTE_32I, CudaDataType.CUDA_R_32I),
            (DType.I8, DType.I8) => (CublasComputeType.CUBLAS_COMPUTE_32I, CudaDataType.CUDA_R_32F),
            _ => (CublasComputeType.CUBLAS_COMPUTE_32F, CudaDataType.CUDA_R_32F),
        };
        Product = calls.MakeBlas("cublasLtMatmulDescCreate", (nint)compute, (nint)scale);
        Layouts = [Layout(input, k, m), Layout(input, k, n), Layout(output, m, n), Layout(output, m, n)];
        Preference = calls.MakeBlas("cublasLtMatmulPreferenceCreate");
        Handle = calls.MakeBlas("cublasLtCreate");
        SetProduct(CublasLtMatmulDescAttribute.CUBLASLT_MATMUL_DESC_TRANSA, 1);
        float[] Values(int seed, int count) => new RandomTensors(seed).Normal(count * batch);
        HostA = Round(Values(1, m * k), input);
        HostB = Round(Values(2, n * k), input);
        HostC = Round(Values(3, m * n), output);
        A = Upload(HostA, input);
        B = Upload(HostB, input);
        C = Upload(HostC, output);
        D = calls.Allocate(m * n * batch * output.ByteSize());
        if (batch == 1) return;
        long[] strides = [m * k, n * k, m * n, m * n];
        for (int operand = 0; operand < Layouts.Length; operand++)
        {
            SetLayout(operand, CublasLtMatrixLayoutAttribute.CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, batch);
            SetLayout(operand, CublasLtMatrixLayoutAttribute.CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, strides[operand]);
        }
    }

    public DType Input { get; }

    public DType Output { get; }

    public nint Handle { get; set; }

    public nint Product { get; set; }

    public nint Preference { get; set; }

    /// <summary>Of A, B, C and D.</summary>
    public nint[] Layouts { get; }

    public float[] HostA { get; }

    public float[] HostB { get; }

    public float[] HostC { get; }

    public nint A { get; set; }

    public nint B { get; set; }

    public nint C { get; set; }

    public nint D { get; set; }

    public double Alpha { get; set; } = 1;

    public double Beta { get; set; }

    public bool AlphaIsNull { get; set; }

    public bool UsesAlgorithm { get; set; } = true;

    public nint Workspace { get; set; }

    public nint WorkspaceBytes { get; set; }

    public nint Stream { get; set; }

    /// <summary>Changes the algorithm between search and product; may be null.</summary>
    public Action<byte[]>? Spoil { get; set; }

    public nint Layout(DType type, long rows, long cols, long? ld = null) =>
        calls.MakeBlas("cublasLtMatrixLayoutCreate", (nint)TypeOf(type), (nint)rows, (nint)cols, (nint)(ld ?? rows));

    public void SetProduct<T>(CublasLtMatmulDescAttribute attribute, T value)
        where T : unmanaged =>
        EmulatedCalls.CheckBlas("cublasLtMatmulDescSetAttribute", Product, (nint)attribute, calls.Host(value), Marshal.SizeOf<T>());

    public void SetLayout<T>(int operand, CublasLtMatrixLayoutAttribute attribute, T value)
        where T : unmanaged =>
        EmulatedCalls.CheckBlas("cublasLtMatrixLayoutSetAttribute", Layouts[operand], (nint)attribute, calls.Host(value), Marshal.SizeOf<T>());

    public void SetEpilogue(CublasLtEpilogue epilogue) =>
        SetProduct(CublasLtMatmulDescAttribute.CUBLASLT_MATMUL_DESC_EPILOGUE, (uint)epilogue);

    public void Align(uint bytes)
    {
        for (int id = 5; id <= 8; id++)
            EmulatedCalls.CheckBlas("cublasLtMatmulPreferenceSetAttribute", Preference, id, calls.Host(bytes), sizeof(uint));
    }

    public nint Upload(float[] values, DType type) => type switch
    {
        DType.I8 => calls.Upload(values.Select(value => (sbyte)value).ToArray()),
        _ => calls.Upload(Numbers.ToBytes(values, type)),
    };

    public double[] Download(nint address, int count) => Numbers.ToDoubles(calls.Download<byte>(address, count * Output.ByteSize()), Output);

    /// <summary>Searches an algorithm, then multiplies with it.</summary>
    public CublasStatus Run()
    {
        nint found = Marshal.AllocHGlobal(ResultBytes), count = Marshal.AllocHGlobal(sizeof(int));
        try
        {
            CublasStatus status = EmulatedCalls.Blas(
                "cublasLtMatmulAlgoGetHeuristic", Handle, Product, Layouts[0], Layouts[1], Layouts[2], Layouts[3], Preference, 1, found, count);
            return status == CublasStatus.CUBLAS_STATUS_SUCCESS ? Multiply(found) : status;
        }
        finally
        {
            Marshal.FreeHGlobal(found);
            Marshal.FreeHGlobal(count);
        }
    }

    private CublasStatus Multiply(nint algorithm)
    {
        byte[] bytes = new byte[AlgorithmBytes];
        Marshal.Copy(algorithm, bytes, 0, bytes.Length);
        Spoil?.Invoke(bytes);
        Marshal.Copy(bytes, 0, algorithm, bytes.Length);
        nint alpha = (Input, Output) switch
        {
            (DType.F64, _) => calls.Host(Alpha, Beta),
            (DType.I8, DType.I32) => calls.Host((int)Alpha, (int)Beta),
            _ => calls.Host((float)Alpha, (float)Beta),
        };
        nint beta = alpha + (Input == DType.F64 ? sizeof(double) : sizeof(float));
        return EmulatedCalls.Blas(
            "cublasLtMatmul", Handle, Product, AlphaIsNull ? 0 : alpha, A, Layouts[0], B, Layouts[1], beta, C, Layouts[2], D, Layouts[3],
            UsesAlgorithm ? algorithm : 0, Workspace, WorkspaceBytes, Stream);
    }

    private static float[] Round(float[] values, DType type) => type switch
    {
        DType.I8 => [.. values.Select(value => MathF.Round(Math.Clamp(value * 50, -127, 127)))],
        DType.I32 => [.. values.Select(value => MathF.Round(value * 1000))],
        _ => Numbers.Rounded(values, type),
    };

    private static CudaDataType TypeOf(DType type) => type switch
    {
        DType.F64 => CudaDataType.CUDA_R_64F,
        DType.F32 => CudaDataType.CUDA_R_32F,
        DType.BF16 => CudaDataType.CUDA_R_16BF,
        DType.F16 => CudaDataType.CUDA_R_16F,
        DType.I8 => CudaDataType.CUDA_R_8I,
        _ => CudaDataType.CUDA_R_32I,
    };
}
