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

inline unsigned short to_fp16(float value)
{
    const _Float16 half = static_cast<_Float16>(value);
    unsigned short bits;
    std::memcpy(&bits, &half, 2);
    return bits;
}
inline float from_fp16(unsigned short value)
{
    _Float16 half;
    std::memcpy(&half, &value, 2);
    return static_cast<float>(half);
}

enum class Type
{
    f32,
    bf16,
    fp16,
};
inline constexpr Type TYPES[] = {Type::f32, Type::bf16, Type::fp16};
inline const char* name(Type type) { return type == Type::f32 ? "f32" : type == Type::bf16 ? "bf16" : "fp16"; }
inline std::size_t bytes_of(Type type) { return type == Type::f32 ? 4 : 2; }
inline unsigned short narrow(float value, Type type) { return type == Type::bf16 ? to_bf16(value) : to_fp16(value); }
inline float widen(unsigned short value, Type type) { return type == Type::bf16 ? from_bf16(value) : from_fp16(value); }

// Row-major y = act(x w^T + residual + bias).
struct Case
{
    int rows, columns, depth, batch;
    Type inputs, output;
    bool bias, gelu, residual, constant;
    bool x_transposed, w_transposed;
};

struct Buffer
{
    Buffer(std::size_t count, Type of) : values(count), type(of) { NEED(cuMemAlloc_v2(&device, bytes())); }
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    ~Buffer() { cuMemFree_v2(device); }
    std::size_t bytes() const { return std::max<std::size_t>(1, values.size()) * bytes_of(type); }
    void fill(unsigned seed)
    {
        for (float& value : values) value = random_value(seed);
        if (type != Type::f32)
            for (float& value : values) value = widen(narrow(value, type), type);
        upload();
    }
    void upload() const
    {
        if (type == Type::f32) return NEED(cuMemcpyHtoD_v2(device, values.data(), values.size() * 4));
        std::vector<unsigned short> stored(values.size());
        for (std::size_t i = 0; i < values.size(); ++i) stored[i] = narrow(values[i], type);
        NEED(cuMemcpyHtoD_v2(device, stored.data(), stored.size() * 2));
    }
    void download()
    {
        if (type == Type::f32) return NEED(cuMemcpyDtoH_v2(values.data(), device, values.size() * 4));
        std::vector<unsigned short> stored(values.size());
        NEED(cuMemcpyDtoH_v2(stored.data(), device, stored.size() * 2));
        for (std::size_t i = 0; i < values.size(); ++i) values[i] = widen(stored[i], type);
    }
    void advise(CUmem_advise advice) const { NEED(cuMemAdvise(device, bytes(), advice, 0)); }
    std::vector<float> values;
    Type type;
    CUdeviceptr device = 0;
};

inline cublasLtHandle_t blas;

inline cublasLtMatrixLayout_t layout(Type type, int rows, int columns, int batch)
{
    cublasLtMatrixLayout_t result;
    NEED(cublasLtMatrixLayoutCreate(&result,
                                    type == Type::f32    ? CUDA_R_32F
                                    : type == Type::bf16 ? CUDA_R_16BF
                                                         : CUDA_R_16F,
                                    static_cast<unsigned>(rows), static_cast<unsigned>(columns), rows));
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
        a = c.w_transposed ? layout(c.inputs, c.columns, c.depth, c.batch) : layout(c.inputs, c.depth, c.columns, c.batch);
        b = c.x_transposed ? layout(c.inputs, c.rows, c.depth, c.batch) : layout(c.inputs, c.depth, c.rows, c.batch);
        d = layout(c.output, c.columns, c.rows, c.batch);
    }
    Plan(const Plan&) = delete;
    Plan& operator=(const Plan&) = delete;
    ~Plan()
    {
        cublasLtMatmulDescDestroy(desc);
        for (cublasLtMatrixLayout_t l : {a, b, d}) cublasLtMatrixLayoutDestroy(l);
    }
    void run(CUdeviceptr w, CUdeviceptr x, CUdeviceptr residual, CUdeviceptr y, CUdeviceptr bias, bool with_bias,
             CUstream stream = nullptr) const
    {
        if (with_bias) NEED(cublasLtMatmulDescSetAttribute(desc, CUBLASLT_MATMUL_DESC_BIAS_POINTER, &bias, sizeof bias));
        const float alpha = 1, beta = residual != 0 ? 1.0f : 0.0f;
        NEED(cublasLtMatmul(blas, desc, &alpha, reinterpret_cast<void*>(w), a, reinterpret_cast<void*>(x), b, &beta,
                            reinterpret_cast<void*>(residual != 0 ? residual : y), d, reinterpret_cast<void*>(y), d, nullptr,
                            nullptr, 0, stream));
    }
    cublasLtMatmulDesc_t desc;
    cublasLtMatrixLayout_t a, b, d;
};
