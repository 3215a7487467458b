using Ditto.Interop;
using NUnit.Framework;

namespace Ditto.Emulation.Tests.Driver;

/// <summary>What cuBLASLt refuses by its documentation, and the emulator beside it. Each row sets one thing wrong in a right product.</summary>
public sealed class MatmulArgumentTests
{
    private const CublasStatus Ok = CublasStatus.CUBLAS_STATUS_SUCCESS, Invalid = CublasStatus.CUBLAS_STATUS_INVALID_VALUE;
    private const CublasStatus Unsupported = CublasStatus.CUBLAS_STATUS_NOT_SUPPORTED, Failed = CublasStatus.CUBLAS_STATUS_EXECUTION_FAILED;
    private const CublasStatus NotInitialized = CublasStatus.CUBLAS_STATUS_NOT_INITIALIZED;

    private static readonly (string What, CublasStatus Expected, Action<MatmulCase, EmulatedCalls> Change)[] Rows =
    [
        ("right", Ok, (_, _) => { }),
        ("no algorithm", Ok, (test, _) => test.UsesAlgorithm = false),
        ("C is D", Ok, (test, _) => { test.D = test.C; test.Beta = 1; }),
        ("C is null and beta 0", Ok, (test, _) => test.C = 0),
        ("a column of C for all", Ok, (test, _) => { test.Layouts[2] = test.Layout(DType.F32, 8, 12, 0); test.Beta = 1; }),
        ("C is D of one column, with another leading dimension", Ok, (test, _) =>
        {
            test.Layouts[1] = test.Layout(DType.F32, 16, 1);
            test.Layouts[2] = test.Layout(DType.F32, 8, 1, 12);
            test.Layouts[3] = test.Layout(DType.F32, 8, 1);
            (test.D, test.Beta) = (test.C, 1);
        }),
        ("C is D with another leading dimension", Invalid, (test, calls) =>
        {
            test.Layouts[2] = test.Layout(DType.F32, 8, 12, 12);
            test.C = test.D = calls.Upload(new float[8 * 24]);
            test.Beta = 1;
        }),
        ("C is D with another leading dimension and is not read", Ok, (test, calls) =>
        {
            test.Layouts[2] = test.Layout(DType.F32, 8, 12, 12);
            test.C = test.D = calls.Upload(new float[8 * 24]);
        }),
        ("no handle", NotInitialized, (test, _) => test.Handle = 0),
        ("foreign handle", NotInitialized, (test, _) => test.Handle = test.Product),
        ("no product", Invalid, (test, _) => test.Product = 0),
        ("a layout in place of a product", Invalid, (test, _) => test.Product = test.Layouts[0]),
        ("no layout", Invalid, (test, _) => test.Layouts[1] = 0),
        ("no preference", Invalid, (test, _) => test.Preference = 0),
        ("A is null", Invalid, (test, _) => test.A = 0),
        ("B is null", Invalid, (test, _) => test.B = 0),
        ("D is null", Invalid, (test, _) => test.D = 0),
        ("C is null and read", Invalid, (test, _) => { test.C = 0; test.Beta = 1; }),
        ("alpha is null", Invalid, (test, _) => test.AlphaIsNull = true),
        ("depths differ", Invalid, (test, _) => test.Layouts[1] = test.Layout(DType.F32, 15, 12)),
        ("rows of D differ", Invalid, (test, _) => test.Layouts[3] = test.Layout(DType.F32, 7, 12)),
        ("columns of C differ", Invalid, (test, _) => test.Layouts[2] = test.Layout(DType.F32, 8, 11)),
        ("leading dimension below rows", Invalid, (test, _) => test.Layouts[0] = test.Layout(DType.F32, 16, 8, 15)),
        ("leading dimension negative", Invalid, (test, _) => test.Layouts[0] = test.Layout(DType.F32, 16, 8, -16)),
        ("leading dimension 0 for D", Invalid, (test, _) => test.Layouts[3] = test.Layout(DType.F32, 8, 12, 0)),
        ("batch counts differ", Invalid, (test, _) => test.SetLayout(3, CublasLtMatrixLayoutAttribute.CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, 2)),
        ("batch count 0", Invalid, (test, _) => test.SetLayout(0, CublasLtMatrixLayoutAttribute.CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, 0)),
        ("results of a batch overlap", Invalid, (test, _) => Batch(test, 8 * 11)),
        ("order of rows", Unsupported, (test, _) => test.SetLayout(3, CublasLtMatrixLayoutAttribute.CUBLASLT_MATRIX_LAYOUT_ORDER, 1)),
        ("A of another type than B", Unsupported, (test, _) => test.Layouts[0] = test.Layout(DType.BF16, 16, 8)),
        ("C of another type than D", Unsupported, (test, _) => test.Layouts[2] = test.Layout(DType.BF16, 8, 12)),
        ("bf16 from f32", Unsupported, (test, _) =>
        {
            test.Layouts[2] = test.Layout(DType.BF16, 8, 12);
            test.Layouts[3] = test.Layout(DType.BF16, 8, 12);
        }),
        ("8-bit floats", Unsupported, (test, _) =>
        {
            for (int i = 0; i < 2; i++)
                test.SetLayout(i, CublasLtMatrixLayoutAttribute.CUBLASLT_MATRIX_LAYOUT_TYPE, (int)CudaDataType.CUDA_R_8F_E4M3);
        }),
        ("scale in f64", Unsupported, (test, _) =>
            test.SetProduct(CublasLtMatmulDescAttribute.CUBLASLT_MATMUL_DESC_SCALE_TYPE, (int)CudaDataType.CUDA_R_64F)),
        ("sums in f16", Unsupported, (test, _) => test.SetProduct(CublasLtMatmulDescAttribute.CUBLASLT_MATMUL_DESC_COMPUTE_TYPE, 64)),
        ("factors on the device", Unsupported, (test, _) => test.SetProduct(CublasLtMatmulDescAttribute.CUBLASLT_MATMUL_DESC_POINTER_MODE, 1)),
        ("half of D", Unsupported, (test, _) => test.SetProduct(CublasLtMatmulDescAttribute.CUBLASLT_MATMUL_DESC_FILL_MODE, 0)),
        ("a scale for the output", Invalid, (test, _) => test.SetProduct((CublasLtMatmulDescAttribute)36, (long)test.A)),
        ("a scale for every row", Unsupported, (test, _) => test.SetProduct((CublasLtMatmulDescAttribute)31, 3)),
        ("atomic synchronization", Unsupported, (test, _) => test.SetProduct((CublasLtMatmulDescAttribute)27, 2)),
        ("sums in f32 by the letter, of bf16", Unsupported, (test, _) =>
        {
            for (int i = 0; i < 4; i++) test.Layouts[i] = i < 2 ? test.Layout(DType.BF16, 16, i == 0 ? 8 : 12) : test.Layout(DType.BF16, 8, 12);
            test.SetProduct(
                CublasLtMatmulDescAttribute.CUBLASLT_MATMUL_DESC_COMPUTE_TYPE, (int)CublasComputeType.CUBLAS_COMPUTE_32F_PEDANTIC);
        }),
        ("no such operation", Invalid, (test, _) => test.SetProduct(CublasLtMatmulDescAttribute.CUBLASLT_MATMUL_DESC_TRANSB, 3)),
        ("scale of an f32 matrix", Invalid, (test, _) =>
            test.SetProduct(CublasLtMatmulDescAttribute.CUBLASLT_MATMUL_DESC_A_SCALE_POINTER, (long)test.A)),
        ("bias without a pointer", Invalid, (test, _) => test.SetEpilogue(CublasLtEpilogue.CUBLASLT_EPILOGUE_BIAS)),
        ("bias", Ok, Bias),
        ("bias of which each matrix has its own, before the last one", Invalid, (test, calls) =>
        {
            Bias(test, calls);
            test.SetProduct(CublasLtMatmulDescAttribute.CUBLASLT_MATMUL_DESC_BIAS_BATCH_STRIDE, -8L);
        }),
        ("bias off its element's alignment", Unsupported, (test, calls) =>
        {
            Bias(test, calls);
            test.SetProduct(CublasLtMatmulDescAttribute.CUBLASLT_MATMUL_DESC_BIAS_POINTER, (long)calls.Upload(new float[16]) + 2);
        }),
        ("bias in D", Invalid, (test, calls) =>
        {
            Bias(test, calls);
            test.SetProduct(CublasLtMatmulDescAttribute.CUBLASLT_MATMUL_DESC_BIAS_POINTER, (long)test.D + 64);
        }),
        ("bias in bf16 for f32", Unsupported, (test, calls) =>
        {
            Bias(test, calls);
            test.SetProduct(CublasLtMatmulDescAttribute.CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, (int)CudaDataType.CUDA_R_16BF);
        }),
        ("an epilogue with a second output", Unsupported, (test, _) => test.SetEpilogue((CublasLtEpilogue)160)),
        ("workspace off its alignment", Invalid, (test, calls) => { test.Workspace = calls.Allocate(1024) + 128; test.WorkspaceBytes = 512; }),
        ("workspace that is no memory", Invalid, (test, calls) => { test.Workspace = calls.Allocate(1024); test.WorkspaceBytes = 1025; }),
        ("workspace", Ok, (test, calls) => { test.Workspace = calls.Allocate(1024); test.WorkspaceBytes = 1024; }),
        ("foreign algorithm", Invalid, (test, _) => test.Spoil = bytes => bytes[0] ^= 1),
        ("algorithm of another problem", Invalid, (test, _) => test.Spoil = bytes => bytes[8] ^= 1),
        ("algorithm of another epilogue", Invalid, (test, _) =>
            test.Spoil = _ => test.SetEpilogue(CublasLtEpilogue.CUBLASLT_EPILOGUE_RELU)),
        ("algorithm of another leading dimension", Invalid, (test, calls) =>
        {
            test.D = calls.Allocate(12 * 12 * sizeof(float));
            test.Spoil = _ => test.Layouts[3] = test.Layout(DType.F32, 8, 12, 12);
        }),
        ("algorithm of another compute type", Invalid, (test, _) => test.Spoil = _ => test.SetProduct(
            CublasLtMatmulDescAttribute.CUBLASLT_MATMUL_DESC_COMPUTE_TYPE, (int)CublasComputeType.CUBLAS_COMPUTE_32F_PEDANTIC)),
        ("bias of less alignment than the algorithm's", Invalid, (test, calls) =>
        {
            Bias(test, calls);
            nint other = calls.Upload(new float[16]) + 4;
            test.Spoil = _ => test.SetProduct(CublasLtMatmulDescAttribute.CUBLASLT_MATMUL_DESC_BIAS_POINTER, (long)other);
        }),
        ("said to be aligned to half an element", Unsupported, (test, _) => test.Align(2)),
        ("algorithm of another device", CublasStatus.CUBLAS_STATUS_ARCH_MISMATCH, (test, _) => test.Spoil = bytes => bytes[16] ^= 1),
        ("less alignment than was said", Invalid, (test, _) => Shift(test, 16)),
        ("less alignment, no algorithm", Invalid, (test, _) => { Shift(test, 16); test.UsesAlgorithm = false; }),
        ("as much alignment as was said", Ok, (test, _) => { Shift(test, 16); test.Align(16); }),
        ("no multiple of an element", Unsupported, (test, _) => { Shift(test, 2); test.Align(2); }),
        ("alignment of no power of two", Invalid, (test, _) => test.Align(24)),
        ("D is A", Invalid, (test, _) => test.D = test.A),
        ("D is a column beside the rows of B", Ok, (test, calls) =>
        {
            nint rows = calls.Upload(new float[64 * 12]);
            (test.B, test.Layouts[1]) = (rows, test.Layout(DType.F32, 16, 12, 64));
            (test.D, test.Layouts[0]) = (rows + (32 * sizeof(float)), test.Layout(DType.F32, 16, 1));
            (test.Layouts[2], test.Layouts[3]) = (test.Layout(DType.F32, 1, 12), test.Layout(DType.F32, 1, 12, 64));
            test.Align(128);
        }),
        ("D is in B", Invalid, (test, _) => test.D = test.B + 256),
        ("D is partly C", Invalid, (test, calls) => { test.C = calls.Upload(new float[256]); test.D = test.C + 256; test.Beta = 1; }),
        ("A beyond its allocation", Failed, (test, _) => test.A += 256),
        ("D beyond its allocation", Failed, (test, calls) => test.D = calls.Allocate((8 * 12 * 4) - 4)),
        ("A was never written", Failed, (test, calls) => test.A = calls.Allocate(8 * 16 * 4)),
        ("C was never written", Failed, (test, calls) => { test.C = calls.Allocate(8 * 12 * 4); test.Beta = 1; }),
        ("C was never written and is not read", Ok, (test, calls) => test.C = calls.Allocate(8 * 12 * 4)),
        ("nothing to write", Ok, (test, _) =>
        {
            test.Layouts[1] = test.Layout(DType.F32, 16, 0);
            test.Layouts[2] = test.Layout(DType.F32, 8, 0);
            test.Layouts[3] = test.Layout(DType.F32, 8, 0);
            test.D = 0;
        }),
    ];

    // Of 8-bit integers.
    private static readonly (string What, CublasStatus Expected, Action<MatmulCase, EmulatedCalls> Change)[] Int8Rows =
    [
        ("right", Ok, (_, _) => { }),
        ("A not transposed", Unsupported, (test, _) =>
        {
            test.SetProduct(CublasLtMatmulDescAttribute.CUBLASLT_MATMUL_DESC_TRANSA, 0);
            test.Layouts[0] = test.Layout(DType.I8, 8, 16);
        }),
        ("k no multiple of 4", Unsupported, (test, _) =>
        {
            test.Layouts[0] = test.Layout(DType.I8, 15, 8, 16);
            test.Layouts[1] = test.Layout(DType.I8, 15, 12, 16);
        }),
        ("leading dimension no multiple of 4", Unsupported, (test, _) => test.Layouts[3] = test.Layout(DType.I32, 8, 12, 9)),
        ("address no multiple of 4", Unsupported, (test, _) => { test.A += 2; test.Align(2); }),
        ("an activation", Unsupported, (test, _) => test.SetEpilogue(CublasLtEpilogue.CUBLASLT_EPILOGUE_GELU)),
        ("a bias", Unsupported, Bias),
        ("batches no multiple of 4 apart", Unsupported, (test, _) =>
        {
            Batch(test, 8 * 12);
            test.SetLayout(1, CublasLtMatrixLayoutAttribute.CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, 2L);
        }),
        ("n no multiple of 4", Ok, (test, calls) =>
        {
            test.Layouts[1] = test.Layout(DType.I8, 16, 11);
            test.Layouts[2] = test.Layout(DType.I32, 8, 11);
            test.Layouts[3] = test.Layout(DType.I32, 8, 11);
        }),
        ("sums in f32", Unsupported, (test, _) =>
            test.SetProduct(CublasLtMatmulDescAttribute.CUBLASLT_MATMUL_DESC_COMPUTE_TYPE, (int)CublasComputeType.CUBLAS_COMPUTE_32F)),
    ];

    private static IEnumerable<TestCaseData> Names() =>
        Rows.Select(row => new TestCaseData(row.What, false)).Concat(Int8Rows.Select(row => new TestCaseData(row.What, true)));

    [TestCaseSource(nameof(Names))]
    public void A_product_is_checked(string what, bool isInt8)
    {
        using EmulatedCalls calls = new();
        MatmulCase test = isInt8 ? new MatmulCase(calls, input: DType.I8, output: DType.I32) : new MatmulCase(calls);
        (string _, CublasStatus expected, Action<MatmulCase, EmulatedCalls> change) = (isInt8 ? Int8Rows : Rows).Single(row => row.What == what);
        change(test, calls);
        Assert.That(test.Run(), Is.EqualTo(expected), calls.Device.LastReport);
        if (expected != Ok) Assert.That(calls.Device.LastReport, Is.Not.Empty);
        CuResult after = EmulatedCalls.Call("cuCtxSynchronize");
        Assert.That(after, Is.EqualTo(expected == Failed ? CuResult.CUDA_ERROR_ILLEGAL_ADDRESS : CuResult.CUDA_SUCCESS), "only faults stay");
    }

    [TestCase("cublasLtMatmulDescSetAttribute", 0, 7, 4)]
    [TestCase("cublasLtMatmulDescSetAttribute", 0, 8, 8)]
    [TestCase("cublasLtMatmulDescSetAttribute", 0, 25, 1)]
    [TestCase("cublasLtMatrixLayoutSetAttribute", 1, 2, 8)]
    [TestCase("cublasLtMatrixLayoutSetAttribute", 1, 5, 4)]
    [TestCase("cublasLtMatmulPreferenceSetAttribute", 2, 1, 8)]
    [TestCase("cublasLtMatmulPreferenceSetAttribute", 2, 5, 4)]
    public void An_attribute_has_one_size(string set, int kind, int attribute, int size)
    {
        using EmulatedCalls calls = new();
        MatmulCase test = new(calls);
        nint target = kind switch { 0 => test.Product, 1 => test.Layouts[0], _ => test.Preference };
        foreach (int other in new[] { 0, 1, 4, 8, 16 })
        {
            CublasStatus status = EmulatedCalls.Blas(set, target, attribute, calls.Host(1L), other);
            Assert.That(status, Is.EqualTo(other == size ? Ok : Invalid), $"{other} bytes");
        }
        Assert.That(EmulatedCalls.Blas(set, target, 99, calls.Host(1L), size), Is.EqualTo(Invalid), "no such attribute");
        Assert.That(EmulatedCalls.Blas(set, target, attribute, 0, size), Is.EqualTo(Invalid), "null");
    }

    [Test]
    public void Destroyed_objects_are_refused()
    {
        using EmulatedCalls calls = new();
        MatmulCase test = new(calls);
        EmulatedCalls.CheckBlas("cublasLtMatmulDescDestroy", test.Product);
        Assert.That(EmulatedCalls.Blas("cublasLtMatmulDescDestroy", test.Product), Is.EqualTo(Invalid));
        Assert.That(test.Run(), Is.EqualTo(Invalid));
        EmulatedCalls.CheckBlas("cublasLtDestroy", test.Handle);
        Assert.That(EmulatedCalls.Blas("cublasLtDestroy", test.Handle), Is.EqualTo(NotInitialized));
    }

    [Test]
    public void Without_a_context_there_is_no_handle()
    {
        using EmulatedCalls calls = new();
        EmulatedCalls.Check("cuCtxPopCurrent_v2", 0);
        Assert.That(EmulatedCalls.Blas("cublasLtCreate", calls.Host<nint>(0)), Is.EqualTo(NotInitialized));
        EmulatedCalls.Check("cuCtxPushCurrent_v2", calls.Context);
    }

    private static void Bias(MatmulCase test, EmulatedCalls calls)
    {
        test.SetEpilogue(CublasLtEpilogue.CUBLASLT_EPILOGUE_BIAS);
        nint bias = calls.Upload(new float[8]);
        test.SetProduct(CublasLtMatmulDescAttribute.CUBLASLT_MATMUL_DESC_BIAS_POINTER, (long)bias);
    }

    private static void Batch(MatmulCase test, long stride)
    {
        for (int operand = 0; operand < 4; operand++)
            test.SetLayout(operand, CublasLtMatrixLayoutAttribute.CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, 2);
        test.SetLayout(3, CublasLtMatrixLayoutAttribute.CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, stride);
    }

    // The same values, some bytes further on.
    private static void Shift(MatmulCase test, int bytes)
    {
        nint wide = test.Upload([.. new float[8], .. test.HostA], DType.F32);
        test.A = wide + bytes;
    }
}
