using System.Runtime.InteropServices;
using Ditto.Emulation.Driver;
using Ditto.Interop;
using Ditto.Testing;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Driver;

/// <summary>Matrix products against float64.</summary>
public sealed class MatmulTests
{
    private static readonly (DType Input, DType Output)[] Types =
    [
        (DType.F32, DType.F32), (DType.BF16, DType.BF16), (DType.BF16, DType.F32), (DType.F16, DType.F16), (DType.F16, DType.F32),
        (DType.F64, DType.F64),
    ];

    private static readonly (int M, int N, int K)[] Sizes = [(1, 1, 1), (16, 6, 64), (17, 7, 65), (5, 130, 200), (96, 33, 3), (40, 8, 0)];

    [Test]
    public void Matches_float64(
        [ValueSource(nameof(Sizes))] (int M, int N, int K) size, [Values(0, 1)] int transposeA, [Values(0, 1)] int transposeB,
        [Values(0, 1, 2, 3, 4, 5)] int types)
    {
        using EmulatedCalls calls = new();
        (int m, int n, int k) = size;
        MatmulCase test = new(calls, m, n, k == 0 ? 1 : k, Types[types].Input, Types[types].Output) { Alpha = 0.5, Beta = -2 };
        test.SetProduct(CublasLtMatmulDescAttribute.CUBLASLT_MATMUL_DESC_TRANSA, transposeA);
        test.SetProduct(CublasLtMatmulDescAttribute.CUBLASLT_MATMUL_DESC_TRANSB, transposeB);
        test.Layouts[0] = transposeA == 1 ? test.Layout(test.Input, k, m, Math.Max(k, 1)) : test.Layout(test.Input, m, k);
        test.Layouts[1] = transposeB == 1 ? test.Layout(test.Input, n, k) : test.Layout(test.Input, k, n, Math.Max(k, 1));
        Assert.That(test.Run(), Is.EqualTo(CublasStatus.CUBLAS_STATUS_SUCCESS), calls.Device.LastReport);
        double[] expected = new double[m * n];
        for (int i = 0; i < expected.Length; i++)
        {
            int row = i % m, column = i / m;
            double sum = 0;
            for (int depth = 0; depth < k; depth++)
            {
                sum += (double)test.HostA[transposeA == 1 ? (row * k) + depth : (depth * m) + row]
                    * test.HostB[transposeB == 1 ? (depth * n) + column : (column * k) + depth];
            }
            expected[i] = (0.5 * sum) - (2 * test.HostC[i]);
        }
        Assert.That(test.Download(test.D, m * n), TensorIs.Near(expected, MaxNmse(expected, test.Output)));
    }

    [Test]
    public void The_epilogue_adds_the_bias_of_each_row_and_applies_the_activation(
        [Values(1, 2, 4, 6, 32, 36)] int epilogue, [Values(DType.F32, DType.BF16)] DType type)
    {
        using EmulatedCalls calls = new();
        const int m = 19, n = 8, k = 24;
        MatmulCase test = new(calls, m, n, k, type, type) { Beta = 1 };
        float[] bias = Numbers.Rounded(new RandomTensors(4).Normal(m), type);
        test.SetEpilogue((CublasLtEpilogue)epilogue);
        test.SetProduct(CublasLtMatmulDescAttribute.CUBLASLT_MATMUL_DESC_BIAS_POINTER, (long)test.Upload(bias, type));
        Assert.That(test.Run(), Is.EqualTo(CublasStatus.CUBLAS_STATUS_SUCCESS), calls.Device.LastReport);
        double[] expected = new double[m * n];
        for (int i = 0; i < expected.Length; i++)
        {
            double sum = test.HostC[i] + ((epilogue & 4) != 0 ? bias[i % m] : 0);
            for (int depth = 0; depth < k; depth++) sum += (double)test.HostA[((i % m) * k) + depth] * test.HostB[((i / m) * k) + depth];
            if ((epilogue & 2) != 0) sum = Math.Max(sum, 0);
            if ((epilogue & 32) != 0) sum = 0.5 * sum * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (sum + (0.044715 * sum * sum * sum))));
            expected[i] = sum;
        }
        Assert.That(test.Download(test.D, m * n), TensorIs.Near(expected, MaxNmse(expected, type)));
    }

    [Test]
    public void Whole_numbers_are_exact()
    {
        using EmulatedCalls calls = new();
        const int m = 20, n = 9, k = 68;
        MatmulCase test = new(calls, m, n, k, DType.I8, DType.I32) { Alpha = 3, Beta = -1 };
        Assert.That(test.Run(), Is.EqualTo(CublasStatus.CUBLAS_STATUS_SUCCESS), calls.Device.LastReport);
        int[] expected = new int[m * n];
        for (int i = 0; i < expected.Length; i++)
        {
            expected[i] = -(int)test.HostC[i];
            for (int depth = 0; depth < k; depth++)
                expected[i] += 3 * (int)test.HostA[((i % m) * k) + depth] * (int)test.HostB[((i / m) * k) + depth];
        }
        Assert.That(calls.Download<int>(test.D, m * n), Is.EqualTo(expected));
    }

    [Test]
    public void Batches_are_products_of_their_own_and_a_stride_of_zero_repeats_an_operand([Values] bool repeats)
    {
        using EmulatedCalls calls = new();
        const int m = 6, n = 5, k = 7, batch = 3;
        MatmulCase test = new(calls, m, n, k, batch: batch);
        if (repeats) test.SetLayout(0, CublasLtMatrixLayoutAttribute.CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, 0L);
        Assert.That(test.Run(), Is.EqualTo(CublasStatus.CUBLAS_STATUS_SUCCESS), calls.Device.LastReport);
        double[] expected = new double[batch * m * n];
        for (int i = 0; i < expected.Length; i++)
        {
            int matrix = i / (m * n), row = ((repeats ? 0 : matrix) * m) + (i % m), column = i / m;
            for (int depth = 0; depth < k; depth++) expected[i] += (double)test.HostA[(row * k) + depth] * test.HostB[(column * k) + depth];
        }
        Assert.That(test.Download(test.D, expected.Length), TensorIs.Near(expected, MaxNmse(expected, DType.F32)));
    }

    [Test]
    public void Only_columns_are_written_and_marked()
    {
        using EmulatedCalls calls = new();
        MatmulCase test = new(calls);
        test.Layouts[3] = test.Layout(DType.F32, 8, 12, 10);
        test.D = calls.Allocate(12 * 10 * sizeof(float));
        Assert.That(test.Run(), Is.EqualTo(CublasStatus.CUBLAS_STATUS_SUCCESS), calls.Device.LastReport);
        nint next = test.D;
        test.Layouts[0] = test.Layout(DType.F32, 8, 8, 10);       // the columns, then what lies between them
        test.Layouts[1] = test.Layout(DType.F32, 8, 12);
        test.D = calls.Allocate(8 * 12 * sizeof(float));
        test.Layouts[3] = test.Layout(DType.F32, 8, 12);
        test.A = next;
        Assert.That(test.Run(), Is.EqualTo(CublasStatus.CUBLAS_STATUS_SUCCESS), calls.Device.LastReport);
        test.Layouts[0] = test.Layout(DType.F32, 9, 8, 10);
        test.Layouts[1] = test.Layout(DType.F32, 9, 12);
        Assert.That(test.Run(), Is.EqualTo(CublasStatus.CUBLAS_STATUS_EXECUTION_FAILED));
        Assert.That(calls.Device.LastReport, Does.Contain("A").And.Contain("never written").And.Contain("byte 32"));
    }

    [Test]
    public void A_result_may_lie_beside_its_operands_in_the_same_rows()
    {
        using EmulatedCalls calls = new();
        MatmulCase test = new(calls, 8, 12, 16);
        nint rows = calls.Upload(new float[12 * 24]);            // B in elements 0 to 15 of each row, D in 16 to 23
        (test.B, test.Layouts[1]) = (rows, test.Layout(DType.F32, 16, 12, 24));
        (test.D, test.Layouts[3]) = (rows + (16 * sizeof(float)), test.Layout(DType.F32, 8, 12, 24));
        test.Align(64);
        Assert.That(test.Run(), Is.EqualTo(CublasStatus.CUBLAS_STATUS_SUCCESS), calls.Device.LastReport);
        test.D = rows + (14 * sizeof(float));
        test.Align(8);
        Assert.That(test.Run(), Is.EqualTo(CublasStatus.CUBLAS_STATUS_INVALID_VALUE));
        Assert.That(calls.Device.LastReport, Does.Contain("D overlaps B"));
    }

    [Test]
    public void Bits_depend_on_nothing_but_the_operands()
    {
        using EmulatedCalls calls = new();
        MatmulCase wide = new(calls, 50, 31, 300);
        Assert.That(wide.Run(), Is.EqualTo(CublasStatus.CUBLAS_STATUS_SUCCESS), calls.Device.LastReport);
        double[] all = wide.Download(wide.D, 50 * 31);
        wide.Layouts[0] = wide.Layout(DType.F32, 300, 1);        // row 33 alone
        wide.A += 33 * 300 * sizeof(float);
        wide.Align(16);
        wide.Layouts[2] = wide.Layout(DType.F32, 1, 31);
        wide.Layouts[3] = wide.Layout(DType.F32, 1, 31);
        Assert.That(wide.Run(), Is.EqualTo(CublasStatus.CUBLAS_STATUS_SUCCESS), calls.Device.LastReport);
        Assert.That(wide.Download(wide.D, 31), Is.EqualTo(Enumerable.Range(0, 31).Select(column => all[(column * 50) + 33])));
    }

    [Test]
    public void A_product_is_a_node_of_a_graph()
    {
        using EmulatedCalls calls = new();
        MatmulCase test = new(calls) { Stream = calls.Stream() };
        EmulatedCalls.Check("cuStreamBeginCapture_v2", test.Stream, (nint)CuStreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL);
        Assert.That(test.Run(), Is.EqualTo(CublasStatus.CUBLAS_STATUS_SUCCESS), calls.Device.LastReport);
        nint graph = calls.Host<nint>(0);
        EmulatedCalls.Check("cuStreamEndCapture", test.Stream, graph);
        nint executable = calls.Make("cuGraphInstantiateWithFlags", Marshal.ReadIntPtr(graph), 0);
        EmulatedCalls.Check("cuMemsetD8_v2", test.D, 0, 8 * 12 * sizeof(float));
        EmulatedCalls.Check("cuGraphLaunch", executable, test.Stream);
        double[] replayed = test.Download(test.D, 8 * 12);
        Assert.That(replayed, Has.All.Not.Zero);
        test.Stream = 0;
        Assert.That(test.Run(), Is.EqualTo(CublasStatus.CUBLAS_STATUS_SUCCESS));
        Assert.That(test.Download(test.D, 8 * 12), Is.EqualTo(replayed));
        EmulatedCalls.Check("cuMemFree_v2", test.A);
        Assert.That(EmulatedCalls.Call("cuGraphLaunch", executable, 0), Is.EqualTo(CuResult.CUDA_ERROR_ILLEGAL_ADDRESS));
        Assert.That(EmulatedDriver.LastReport, Does.Contain("matrix product"));
    }

    // Twice the error of rounding the exact answer, and room for sums in f32.
    private static double MaxNmse(double[] expected, DType type)
    {
        double error = expected.Sum(value => Math.Pow((type == DType.F64 ? value : Numbers.Round((float)value, type)) - value, 2));
        return (2 * error / expected.Sum(value => value * value)) + (type == DType.F64 ? 1e-28 : 1e-12);
    }
}
