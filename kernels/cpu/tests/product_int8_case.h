// product_int8_case.h: an int8 product to test or to time, with its matrices on the host and on the device
#pragma once

#include <vector>

#include "api.h"

struct DeviceBytes
{
    DeviceBytes(const void* data, std::size_t bytes)
    {
        NEED(cuMemAlloc_v2(&device, bytes));
        if (data != nullptr) NEED(cuMemcpyHtoD_v2(device, data, bytes));
    }
    DeviceBytes(const DeviceBytes&) = delete;
    DeviceBytes& operator=(const DeviceBytes&) = delete;
    ~DeviceBytes() { cuMemFree_v2(device); }
    void* pointer() const { return reinterpret_cast<void*>(device); }
    CUdeviceptr device = 0;
};

// Row-major y (rows, columns) int32 = x (rows, depth) int8 w (columns, depth)^T int8; columns and depth are multiples of 4.
struct Int8Case
{
    Int8Case(cublasLtHandle_t handle, int m, int n, int k, bool constant)
        : blas(handle),
          rows(m),
          columns(n),
          depth(k),
          x_values(random(static_cast<std::size_t>(m) * static_cast<std::size_t>(k), 1)),
          w_values(random(static_cast<std::size_t>(n) * static_cast<std::size_t>(k), 2)),
          x(x_values.data(), x_values.size()),
          w(w_values.data(), w_values.size()),
          y(nullptr, static_cast<std::size_t>(m) * static_cast<std::size_t>(n) * 4)
    {
        const int transpose = CUBLAS_OP_T;
        NEED(cublasLtMatmulDescCreate(&desc, CUBLAS_COMPUTE_32I, CUDA_R_32I));
        NEED(cublasLtMatmulDescSetAttribute(desc, CUBLASLT_MATMUL_DESC_TRANSA, &transpose, sizeof transpose));
        a = layout(CUDA_R_8I, k, n), b = layout(CUDA_R_8I, k, m), d = layout(CUDA_R_32I, n, m);
        if (constant) NEED(cuMemAdvise(w.device, w_values.size(), CU_MEM_ADVISE_SET_READ_MOSTLY, 0));
    }
    Int8Case(const Int8Case&) = delete;
    Int8Case& operator=(const Int8Case&) = delete;
    ~Int8Case()
    {
        cublasLtMatmulDescDestroy(desc);
        for (cublasLtMatrixLayout_t each : {a, b, d}) cublasLtMatrixLayoutDestroy(each);
    }

    cublasStatus_t run(int alpha = 1, int beta = 0) const
    {
        return cublasLtMatmul(blas, desc, &alpha, w.pointer(), a, x.pointer(), b, &beta, y.pointer(), d, y.pointer(), d, nullptr,
                              nullptr, 0, nullptr);
    }

    std::vector<int> result() const
    {
        std::vector<int> values(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns));
        NEED(cuMemcpyDtoH_v2(values.data(), y.device, values.size() * 4));
        return values;
    }

    // In 64 bits.
    std::vector<int> expected() const
    {
        std::vector<int> values;
        for (int r = 0; r < rows; ++r)
            for (int n = 0; n < columns; ++n)
            {
                const signed char *x_row = &x_values[static_cast<std::size_t>(r) * static_cast<std::size_t>(depth)],
                                  *w_row = &w_values[static_cast<std::size_t>(n) * static_cast<std::size_t>(depth)];
                long long sum = 0;
                for (int k = 0; k < depth; ++k) sum += static_cast<long long>(x_row[k]) * w_row[k];
                values.push_back(static_cast<int>(sum));
            }
        return values;
    }

    // Half of the values are the ends of the range, where 16-bit steps would saturate.
    static std::vector<signed char> random(std::size_t count, unsigned state)
    {
        std::vector<signed char> values(count);
        for (signed char& value : values)
        {
            state = state * 1664525u + 1013904223u;
            const unsigned drawn = state >> 20;
            value = static_cast<signed char>((drawn & 256u) != 0 ? ((drawn & 512u) != 0 ? 127 : -128)
                                                                 : static_cast<int>(drawn & 255u) - 128);
        }
        return values;
    }

    static cublasLtMatrixLayout_t layout(int type, int m, int n)
    {
        cublasLtMatrixLayout_t made;
        NEED(cublasLtMatrixLayoutCreate(&made, type, static_cast<unsigned>(m), static_cast<unsigned>(n), m));
        return made;
    }

    cublasLtHandle_t blas;
    int rows, columns, depth;
    std::vector<signed char> x_values, w_values;
    DeviceBytes x, w, y;
    cublasLtMatmulDesc_t desc = nullptr;
    cublasLtMatrixLayout_t a = nullptr, b = nullptr, d = nullptr;
};
