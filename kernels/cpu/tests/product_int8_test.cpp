// product_int8_test.cpp: int8 products equal sums in 64 bits at every level, whatever runs beside them; and what is refused
#include "product_int8_case.h"

namespace
{
void check_exact(cublasLtHandle_t blas)
{
    for (const int rows : {1, 2, 7, 8, 9, 61, 131})
        for (const int columns : {4, 12, 48, 52, 200})
            for (const int depth : {4, 8, 12, 60, 128, 1156})
            {
                const Int8Case c(blas, rows, columns, depth, rows % 2 == 0);
                const std::vector<int> expected = c.expected();
                for (const int threads : {1, 3})
                {
                    dittoCpuSetThreadCount(threads);
                    NEED(c.run());
                    if (c.result() == expected) continue;
                    std::fprintf(stderr, "rows %d columns %d depth %d threads %d: wrong sums\n", rows, columns, depth, threads);
                    ++failures;
                }
            }
}

// Constant weights are packed where they lie: whoever reads them sees what was loaded, and the next product is right again.
void check_read_back(cublasLtHandle_t blas)
{
    for (const int columns : {96, 200})
    {
        const Int8Case c(blas, 9, columns, 132, true);
        const std::vector<int> expected = c.expected();
        std::vector<signed char> read(c.w_values.size());
        for (int turn = 0; turn < 3; ++turn)
        {
            NEED(c.run());
            EXPECT(c.result() == expected);
            NEED(cuMemcpyDtoH_v2(read.data(), c.w.device, read.size()));
            EXPECT(read == c.w_values);
        }
    }
}

// The longest rows of the largest values whose sums fit.
void check_largest(cublasLtHandle_t blas)
{
    Int8Case c(blas, 1, 4, 131068, false);
    for (signed char& value : c.x_values) value = -128;
    for (signed char& value : c.w_values) value = -127;
    NEED(cuMemcpyHtoD_v2(c.x.device, c.x_values.data(), c.x_values.size()));
    NEED(cuMemcpyHtoD_v2(c.w.device, c.w_values.data(), c.w_values.size()));
    NEED(c.run());
    EXPECT(c.result() == std::vector<int>(4, 131068 * 128 * 127));
}

void check_refusals(cublasLtHandle_t blas)
{
    EXPECT(Int8Case(blas, 4, 6, 8, false).run() == CUBLAS_STATUS_NOT_SUPPORTED);  // columns not in fours
    EXPECT(Int8Case(blas, 4, 8, 6, false).run() == CUBLAS_STATUS_NOT_SUPPORTED);  // depth not in fours
    const Int8Case c(blas, 4, 8, 8, false);
    EXPECT(c.run(2, 0) == CUBLAS_STATUS_NOT_SUPPORTED);
    EXPECT(c.run(1, 1) == CUBLAS_STATUS_NOT_SUPPORTED);
    const unsigned gelu = CUBLASLT_EPILOGUE_GELU, none = CUBLASLT_EPILOGUE_DEFAULT;
    NEED(cublasLtMatmulDescSetAttribute(c.desc, CUBLASLT_MATMUL_DESC_EPILOGUE, &gelu, sizeof gelu));
    EXPECT(c.run() == CUBLAS_STATUS_NOT_SUPPORTED);
    NEED(cublasLtMatmulDescSetAttribute(c.desc, CUBLASLT_MATMUL_DESC_EPILOGUE, &none, sizeof none));
    const int as_stored = CUBLAS_OP_N, transposed = CUBLAS_OP_T;
    NEED(cublasLtMatmulDescSetAttribute(c.desc, CUBLASLT_MATMUL_DESC_TRANSA, &as_stored, sizeof as_stored));
    EXPECT(c.run() == CUBLAS_STATUS_NOT_SUPPORTED);
    NEED(cublasLtMatmulDescSetAttribute(c.desc, CUBLASLT_MATMUL_DESC_TRANSA, &transposed, sizeof transposed));
    const int f32 = CUDA_R_32F, int32 = CUDA_R_32I;
    NEED(cublasLtMatmulDescSetAttribute(c.desc, CUBLASLT_MATMUL_DESC_SCALE_TYPE, &f32, sizeof f32));
    EXPECT(c.run() == CUBLAS_STATUS_NOT_SUPPORTED);
    NEED(cublasLtMatmulDescSetAttribute(c.desc, CUBLASLT_MATMUL_DESC_SCALE_TYPE, &int32, sizeof int32));
    EXPECT(c.run() == CUBLAS_STATUS_SUCCESS);
}
}  // namespace

int main()
{
    return test_on_every_device("product_int8_test",
                                [](int)
                                {
                                    cublasLtHandle_t blas;
                                    NEED(cublasLtCreate(&blas));
                                    check_exact(blas);
                                    check_read_back(blas);
                                    check_largest(blas);
                                    check_refusals(blas);
                                    NEED(cublasLtDestroy(blas));
                                });
}
