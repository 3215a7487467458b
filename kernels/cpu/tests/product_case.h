// product_case.h: a matrix product to test or to time, with its matrices on the host and on the device
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "api.h"

inline float random_value(unsigned& state)
{
    state = state * 1664525u + 1013904223u;
    return static_cast<float>(state >> 8) / 8388608.0f - 1.0f;
}

inline unsigned short to_bf16(float value)
{
    unsigned bits;
    std::memcpy(&bits, &value, 4);
    return static_cast<unsigned short>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}
inline float from_bf16(unsigned short value)
{
    const unsigned bits = static_cast<unsigned>(value) << 16;
    float result;
    std::memcpy(&result, &bits, 4);
    return result;
}

// Row-major y = act(x w^T + residual + bias).
struct Case
{
    int rows, columns, depth, batch;
    bool bf16_inputs, bf16_output, bias, gelu, residual, constant;
    bool x_transposed, w_transposed;
};

struct Buffer
{
    explicit Buffer(std::size_t count, bool as_bf16) : values(count), is_bf16(as_bf16) { NEED(cuMemAlloc_v2(&device, bytes())); }
    ~Buffer() { cuMemFree_v2(device); }
    std::size_t bytes() const { return std::max<std::size_t>(1, values.size()) * (is_bf16 ? 2 : 4); }
    void fill(unsigned seed)
    {
        for (float& value : values) value = is_bf16 ? from_bf16(to_bf16(random_value(seed))) : random_value(seed);
        upload();
    }
    void upload() const
    {
        if (!is_bf16) return NEED(cuMemcpyHtoD_v2(device, values.data(), values.size() * 4));
        std::vector<unsigned short> narrow(values.size());
        for (std::size_t i = 0; i < values.size(); ++i) narrow[i] = to_bf16(values[i]);
        NEED(cuMemcpyHtoD_v2(device, narrow.data(), narrow.size() * 2));
    }
    void download()
    {
        if (!is_bf16) return NEED(cuMemcpyDtoH_v2(values.data(), device, values.size() * 4));
        std::vector<unsigned short> narrow(values.size());
        NEED(cuMemcpyDtoH_v2(narrow.data(), device, narrow.size() * 2));
        for (std::size_t i = 0; i < values.size(); ++i) values[i] = from_bf16(narrow[i]);
    }
    std::vector<float> values;
    bool is_bf16;
    CUdeviceptr device = 0;
};

inline cublasLtHandle_t blas;

inline cublasLtMatrixLayout_t layout(bool bf16, int rows, int columns, int batch)
{
    cublasLtMatrixLayout_t result;
    NEED(cublasLtMatrixLayoutCreate(&result, bf16 ? CUDA_R_16BF : CUDA_R_32F, static_cast<unsigned>(rows),
                                    static_cast<unsigned>(columns), rows));
    const std::int64_t stride = static_cast<std::int64_t>(rows) * columns;
    NEED(cublasLtMatrixLayoutSetAttribute(result, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &batch, sizeof batch));
    NEED(cublasLtMatrixLayoutSetAttribute(result, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &stride, sizeof stride));
    return result;
}

struct Plan
{
    explicit Plan(const Case& c)
    {
        NEED(cublasLtMatmulDescCreate(&desc, CUBLAS_COMPUTE_32F, CUDA_R_32F));
        const int a_op = c.w_transposed ? CUBLAS_OP_N : CUBLAS_OP_T, b_op = c.x_transposed ? CUBLAS_OP_T : CUBLAS_OP_N;
        const unsigned epilogue = (c.gelu ? 32u : 0u) | (c.bias ? 4u : 0u);
        const unsigned chosen = epilogue == 0 ? 1u : epilogue;
        NEED(cublasLtMatmulDescSetAttribute(desc, CUBLASLT_MATMUL_DESC_TRANSA, &a_op, sizeof a_op));
        NEED(cublasLtMatmulDescSetAttribute(desc, CUBLASLT_MATMUL_DESC_TRANSB, &b_op, sizeof b_op));
        NEED(cublasLtMatmulDescSetAttribute(desc, CUBLASLT_MATMUL_DESC_EPILOGUE, &chosen, sizeof chosen));
        a = c.w_transposed ? layout(c.bf16_inputs, c.columns, c.depth, c.batch)
                           : layout(c.bf16_inputs, c.depth, c.columns, c.batch);
        b = c.x_transposed ? layout(c.bf16_inputs, c.rows, c.depth, c.batch) : layout(c.bf16_inputs, c.depth, c.rows, c.batch);
        d = layout(c.bf16_output, c.columns, c.rows, c.batch);
    }
    ~Plan()
    {
        cublasLtMatmulDescDestroy(desc);
        for (cublasLtMatrixLayout_t l : {a, b, d}) cublasLtMatrixLayoutDestroy(l);
    }
    void run(CUdeviceptr w, CUdeviceptr x, CUdeviceptr residual, CUdeviceptr y, CUdeviceptr bias, bool with_bias) const
    {
        if (with_bias) NEED(cublasLtMatmulDescSetAttribute(desc, CUBLASLT_MATMUL_DESC_BIAS_POINTER, &bias, sizeof bias));
        const float alpha = 1, beta = residual != 0 ? 1.0f : 0.0f;
        NEED(cublasLtMatmul(blas, desc, &alpha, reinterpret_cast<void*>(w), a, reinterpret_cast<void*>(x), b, &beta,
                            reinterpret_cast<void*>(residual != 0 ? residual : y), d, reinterpret_cast<void*>(y), d, nullptr,
                            nullptr, 0, nullptr));
    }
    cublasLtMatmulDesc_t desc;
    cublasLtMatrixLayout_t a, b, d;
};
