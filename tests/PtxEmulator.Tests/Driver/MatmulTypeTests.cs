using System.Runtime.InteropServices;
using Ditto.Interop;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Driver;

/// <summary>Which types go together in a product, by the cuBLAS manual's table; and what the rarer rows compute.</summary>
public sealed class MatmulTypeTests
{
    private const CudaDataType F64 = CudaDataType.CUDA_R_64F, F32 = CudaDataType.CUDA_R_32F, F16 = CudaDataType.CUDA_R_16F;
    private const CudaDataType BF16 = CudaDataType.CUDA_R_16BF, I32 = CudaDataType.CUDA_R_32I, I8 = CudaDataType.CUDA_R_8I;

    // Compute type, scale type, A and B, C and D. Sums in f16 and 8-bit floats are in the manual, and not built here.
    private static readonly (CublasComputeType Compute, CudaDataType Scale, CudaDataType Input, CudaDataType Output)[] Table =
    [
        (CublasComputeType.CUBLAS_COMPUTE_32F, F32, F32, F32), (CublasComputeType.CUBLAS_COMPUTE_32F_PEDANTIC, F32, F32, F32),
        (CublasComputeType.CUBLAS_COMPUTE_32F, F32, BF16, BF16), (CublasComputeType.CUBLAS_COMPUTE_32F, F32, BF16, F32),
        (CublasComputeType.CUBLAS_COMPUTE_32F, F32, F16, F16), (CublasComputeType.CUBLAS_COMPUTE_32F, F32, F16, F32),
        (CublasComputeType.CUBLAS_COMPUTE_32F, F32, I8, F32),
        (CublasComputeType.CUBLAS_COMPUTE_32F_FAST_TF32, F32, F32, F32), (CublasComputeType.CUBLAS_COMPUTE_32F_FAST_16F, F32, F32, F32),
        (CublasComputeType.CUBLAS_COMPUTE_32F_FAST_16BF, F32, F32, F32),
        (CublasComputeType.CUBLAS_COMPUTE_32I, I32, I8, I32), (CublasComputeType.CUBLAS_COMPUTE_32I_PEDANTIC, I32, I8, I32),
        (CublasComputeType.CUBLAS_COMPUTE_32I, F32, I8, I8), (CublasComputeType.CUBLAS_COMPUTE_32I_PEDANTIC, F32, I8, I8),
        (CublasComputeType.CUBLAS_COMPUTE_64F, F64, F64, F64), (CublasComputeType.CUBLAS_COMPUTE_64F_PEDANTIC, F64, F64, F64),
    ];

    [TestCase("sm_90", false)]
    [TestCase("sm_100", true)]
    public void Nothing_but_the_rows_of_the_table_has_a_kernel(string architecture, bool emulatesSingles)
    {
        using EmulatedCalls calls = new(architecture);
        CudaDataType[] types = [F64, F32, F16, BF16, I32, I8, CudaDataType.CUDA_R_8F_E4M3];
        nint handle = calls.MakeBlas("cublasLtCreate"), preference = calls.MakeBlas("cublasLtMatmulPreferenceCreate");
        List<(CublasComputeType, CudaDataType, CudaDataType, CudaDataType)> found = [];
        foreach (CublasComputeType compute in Enum.GetValues<CublasComputeType>())
            foreach (CudaDataType scale in types)
                foreach (CudaDataType input in types)
                    foreach (CudaDataType output in types)
                        if (HasKernel(calls, handle, preference, compute, scale, input, output)) found.Add((compute, scale, input, output));
        (CublasComputeType, CudaDataType, CudaDataType, CudaDataType)[] expected =
            emulatesSingles ? [.. Table, (CublasComputeType.CUBLAS_COMPUTE_32F_EMULATED_16BFX9, F32, F32, F32)] : Table;
        Assert.That(found, Is.EquivalentTo(expected));
    }

    [TestCase(CublasComputeType.CUBLAS_COMPUTE_32F_FAST_TF32, 10)]
    [TestCase(CublasComputeType.CUBLAS_COMPUTE_32F_FAST_16F, 10)]
    [TestCase(CublasComputeType.CUBLAS_COMPUTE_32F_FAST_16BF, 7)]
    [TestCase(CublasComputeType.CUBLAS_COMPUTE_32F_PEDANTIC, 23)]
    public void Fast_types_round_their_operands(object compute, int fractionBits)
    {
        using EmulatedCalls calls = new();
        const int m = 9, n = 7, k = 33;
        MatmulCase test = new(calls, m, n, k);
        test.SetProduct(CublasLtMatmulDescAttribute.CUBLASLT_MATMUL_DESC_COMPUTE_TYPE, (int)(CublasComputeType)compute);
        Assert.That(test.Run(), Is.EqualTo(CublasStatus.CUBLAS_STATUS_SUCCESS), calls.Device.LastReport);
        double[] expected = new double[m * n];
        for (int i = 0; i < expected.Length; i++)
        {
            for (int depth = 0; depth < k; depth++)
                expected[i] += Keep(test.HostA[((i % m) * k) + depth], fractionBits) * Keep(test.HostB[((i / m) * k) + depth], fractionBits);
        }
        Assert.That(test.Download(test.D, m * n), TensorIs.Near(expected, 1e-12));
    }

    [Test]
    public void Integers_into_f32_are_scaled_in_f32()
    {
        using EmulatedCalls calls = new();
        const int m = 8, n = 5, k = 36;
        MatmulCase test = new(calls, m, n, k, DType.I8, DType.F32) { Alpha = 0.25, Beta = -1.5 };
        Assert.That(test.Run(), Is.EqualTo(CublasStatus.CUBLAS_STATUS_SUCCESS), calls.Device.LastReport);
        double[] expected = [.. Sums(test, m, n, k).Select((sum, i) => (double)((0.25f * sum) + (-1.5f * test.HostC[i])))];
        Assert.That(test.Download(test.D, m * n), Is.EqualTo(expected));
    }

    [Test]
    public void Integers_into_integers_are_rounded_to_even_and_saturated()
    {
        using EmulatedCalls calls = new();
        const int m = 12, n = 9, k = 36;
        MatmulCase test = new(calls, m, n, k, DType.I8, DType.I8) { Alpha = 1.0 / 128, Beta = 0.5 };
        Assert.That(test.Run(), Is.EqualTo(CublasStatus.CUBLAS_STATUS_SUCCESS), calls.Device.LastReport);
        double[] exact = [.. Sums(test, m, n, k).Select((sum, i) => (sum / 128.0) + (0.5 * test.HostC[i]))];
        Assert.That(exact, Has.Some.GreaterThan(127.5).And.Some.LessThan(-128.5), "the case must saturate");
        sbyte[] expected = [.. exact.Select(value => (sbyte)Math.Clamp(Math.Round(value, MidpointRounding.ToEven), -128, 127))];
        Assert.That(calls.Download<sbyte>(test.D, m * n), Is.EqualTo(expected));
    }

    private static bool HasKernel(
        EmulatedCalls calls, nint handle, nint preference, CublasComputeType compute, CudaDataType scale, CudaDataType input, CudaDataType output)
    {
        nint Layout(CudaDataType type) => calls.MakeBlas("cublasLtMatrixLayoutCreate", (nint)type, 16, 16, 16);
        nint product = calls.MakeBlas("cublasLtMatmulDescCreate", (nint)compute, (nint)scale), a = Layout(input), d = Layout(output);
        EmulatedCalls.CheckBlas("cublasLtMatmulDescSetAttribute", product, 3, calls.Host(1), sizeof(int));
        nint result = Marshal.AllocHGlobal(96), count = calls.Host(7);
        CublasStatus status = EmulatedCalls.Blas("cublasLtMatmulAlgoGetHeuristic", handle, product, a, a, d, d, preference, 1, result, count);
        int found = Marshal.ReadInt32(count);
        Marshal.FreeHGlobal(result);
        EmulatedCalls.CheckBlas("cublasLtMatmulDescDestroy", product);
        foreach (nint layout in new[] { a, d }) EmulatedCalls.CheckBlas("cublasLtMatrixLayoutDestroy", layout);
        bool has = status == CublasStatus.CUBLAS_STATUS_SUCCESS;
        Assert.That((status, found), Is.EqualTo(has ? (status, 1) : (CublasStatus.CUBLAS_STATUS_NOT_SUPPORTED, 0)));
        return has;
    }

    private static float[] Sums(MatmulCase test, int m, int n, int k)
    {
        float[] sums = new float[m * n];
        for (int i = 0; i < sums.Length; i++)
            for (int depth = 0; depth < k; depth++) sums[i] += test.HostA[((i % m) * k) + depth] * test.HostB[((i / m) * k) + depth];
        return sums;
    }

    // A normal number to the nearest with so many bits of fraction; by the definition of the format.
    private static double Keep(float value, int fractionBits)
    {
        if (value == 0) return 0;
        double unit = Math.ScaleB(1, Math.ILogB(value) - fractionBits);
        return Math.Round(value / unit, MidpointRounding.ToEven) * unit;
    }
}
