// product_check_test.cpp: what cublasLtMatmul refuses: each case sets one thing wrong in a right product
#include "product_int8_case.h"

namespace
{
constexpr int M = 8, N = 12, K = 16;

// Column-major D (8 x 12) = A^T B + beta C in f32, A (16 x 8), B (16 x 12); all in one block, so that places can meet.
struct Product
{
    explicit Product(cublasLtHandle_t handle, int compute = CUBLAS_COMPUTE_32F)
        : blas(handle), block(nullptr, 1 << 16), bias(block.device + 40000)
    {
        NEED(cuMemsetD8_v2(block.device, 0, 1 << 16));
        NEED(cublasLtMatmulDescCreate(&desc, compute, CUDA_R_32F));
        set(CUBLASLT_MATMUL_DESC_TRANSA, static_cast<int>(CUBLAS_OP_T));
        set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias);
        shape(a, CUDA_R_32F, K, M, K), shape(b, CUDA_R_32F, K, N, K);
        shape(c, CUDA_R_32F, M, N, M), shape(d, CUDA_R_32F, M, N, M);
    }
    Product(const Product&) = delete;
    Product& operator=(const Product&) = delete;
    ~Product()
    {
        cublasLtMatmulDescDestroy(desc);
        for (cublasLtMatrixLayout_t each : {a, b, c, d}) cublasLtMatrixLayoutDestroy(each);
    }

    template <typename T>
    void set(int attribute, T value) const
    {
        NEED(cublasLtMatmulDescSetAttribute(desc, attribute, &value, sizeof value));
    }
    static void shape(cublasLtMatrixLayout_t& layout, int type, int rows, int columns, std::int64_t leading_dimension)
    {
        if (layout != nullptr) cublasLtMatrixLayoutDestroy(layout);
        NEED(cublasLtMatrixLayoutCreate(&layout, type, static_cast<unsigned>(rows), static_cast<unsigned>(columns),
                                        leading_dimension));
    }
    void batch(std::int64_t stride_d) const
    {
        const int count = 2;
        for (cublasLtMatrixLayout_t each : {a, b, c, d})
            NEED(cublasLtMatrixLayoutSetAttribute(each, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &count, sizeof count));
        NEED(cublasLtMatrixLayoutSetAttribute(d, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &stride_d, sizeof stride_d));
    }
    cublasStatus_t run() const
    {
        const float alpha = 1;
        const auto at = [&](int offset) { return reinterpret_cast<void*>(block.device + static_cast<CUdeviceptr>(offset)); };
        return cublasLtMatmul(blas, desc, &alpha, at(at_a), a, at(at_b), b, &beta, at(at_c), c, at(at_d), d, nullptr, nullptr, 0,
                              nullptr);
    }

    cublasLtHandle_t blas;
    DeviceBytes block;
    CUdeviceptr bias;
    float beta = 0;
    int at_a = 0, at_b = 4096, at_c = 8192, at_d = 16384;  // bytes
    cublasLtMatmulDesc_t desc = nullptr;
    cublasLtMatrixLayout_t a = nullptr, b = nullptr, c = nullptr, d = nullptr;
};

void check_places(cublasLtHandle_t blas)
{
    Product p(blas);
    EXPECT(p.run() == CUBLAS_STATUS_SUCCESS);
    p.at_d = p.at_a;
    EXPECT(p.run() == CUBLAS_STATUS_INVALID_VALUE);
    p.at_d = p.at_b + 256;
    EXPECT(p.run() == CUBLAS_STATUS_INVALID_VALUE);
    p.at_d = p.at_c + 256;
    EXPECT(p.run() == CUBLAS_STATUS_SUCCESS);  // C is not read
    p.beta = 1;
    EXPECT(p.run() == CUBLAS_STATUS_INVALID_VALUE);
    p.at_d = p.at_c;
    EXPECT(p.run() == CUBLAS_STATUS_SUCCESS);  // in place
    Product::shape(p.c, CUDA_R_32F, M, N, M + 4);
    EXPECT(p.run() == CUBLAS_STATUS_INVALID_VALUE);  // the same address, other elements
}

// D beside B's columns, in rows of 24.
void check_beside(cublasLtHandle_t blas)
{
    Product p(blas);
    Product::shape(p.b, CUDA_R_32F, K, N, K + M), Product::shape(p.d, CUDA_R_32F, M, N, K + M);
    p.at_d = p.at_b + K * 4;
    EXPECT(p.run() == CUBLAS_STATUS_SUCCESS);
    p.at_d -= 4;
    EXPECT(p.run() == CUBLAS_STATUS_INVALID_VALUE);
}

void check_batches(cublasLtHandle_t blas)
{
    Product p(blas);
    p.batch(std::int64_t{M} * N);
    EXPECT(p.run() == CUBLAS_STATUS_SUCCESS);
    p.batch(std::int64_t{M} * N - 1);
    EXPECT(p.run() == CUBLAS_STATUS_INVALID_VALUE);
    p.batch(M);
    EXPECT(p.run() == CUBLAS_STATUS_INVALID_VALUE);  // apart only where columns leave room
    Product::shape(p.d, CUDA_R_32F, M, N, std::int64_t{2} * M);
    p.batch(M);
    EXPECT(p.run() == CUBLAS_STATUS_SUCCESS);
}

void check_alignment(cublasLtHandle_t blas)
{
    for (int which = 0; which < 3; ++which)
    {
        Product p(blas);
        (which == 0 ? p.at_a : which == 1 ? p.at_b : p.at_d) += 2;
        EXPECT(p.run() == CUBLAS_STATUS_NOT_SUPPORTED);
    }
    Product p(blas);
    p.set(CUBLASLT_MATMUL_DESC_EPILOGUE, static_cast<unsigned>(CUBLASLT_EPILOGUE_BIAS));
    EXPECT(p.run() == CUBLAS_STATUS_SUCCESS);
    p.set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, p.bias + 2);
    EXPECT(p.run() == CUBLAS_STATUS_NOT_SUPPORTED);
    p.set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, p.block.device + static_cast<CUdeviceptr>(p.at_d));
    EXPECT(p.run() == CUBLAS_STATUS_INVALID_VALUE);
}

void check_compute_types(cublasLtHandle_t blas)
{
    for (const int compute : {CUBLAS_COMPUTE_32F, CUBLAS_COMPUTE_32F_PEDANTIC, CUBLAS_COMPUTE_32F_EMULATED_16BFX9})
    {
        Product p(blas, compute);
        EXPECT(p.run() == CUBLAS_STATUS_SUCCESS);
        Product::shape(p.a, CUDA_R_16BF, K, M, K), Product::shape(p.b, CUDA_R_16BF, K, N, K);
        EXPECT(p.run() == (compute == CUBLAS_COMPUTE_32F ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_NOT_SUPPORTED));
    }
}
}  // namespace

int main()
{
    return test_on_every_device("product_check_test",
                                [](int)
                                {
                                    cublasLtHandle_t blas;
                                    NEED(cublasLtCreate(&blas));
                                    check_places(blas);
                                    check_beside(blas);
                                    check_batches(blas);
                                    check_alignment(blas);
                                    check_compute_types(blas);
                                    NEED(cublasLtDestroy(blas));
                                });
}
