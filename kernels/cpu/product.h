// product.h: y = act(alpha * x w^T + beta * residual + bias), row-major, a batch of them: what cublasLtMatmul asks for
#pragma once

#include <cstdint>
#include <type_traits>

#include "isa.h"
#include "product_kernel.h"

namespace ditto
{
struct ProductOperand
{
    const void* data;
    std::int64_t stride;        // elements from one row to the next, of the matrix as it lies in memory
    std::int64_t batch_stride;  // elements; 0: the same for all
    bool depth_first;           // whether neighbours in memory are neighbours in depth (x[m][k], w[n][k]), else x[k][m], w[k][n]
};

struct Product
{
    Isa isa;
    NumberType input, output;
    Activation activation;
    std::int64_t rows, columns, depth, batch;
    float alpha, beta;
    ProductOperand x, w;
    const void* residual;  // null where beta is 0; may be y
    std::int64_t residual_stride, residual_batch_stride;
    void* y;
    std::int64_t y_stride, y_batch_stride;
    const void* bias;  // (columns) of the output's type, or null
    std::int64_t bias_batch_stride;
};

template <typename T>
T* advance(T* pointer, std::int64_t elements, NumberType type)
{
    using Bytes = std::conditional_t<std::is_const_v<T>, const char, char>;
    return pointer == nullptr ? nullptr : static_cast<Bytes*>(pointer) + elements * number_bytes(type);
}

const ProductKernels& product_kernels_of(Isa isa);

// The tile of y that begins at a row and column, with all that its outputs need beside sums; rows and columns are left to set.
ProductTile output_tile(const Product& product, std::int64_t item, std::int64_t row, std::int64_t column);

// Runs on the executor's thread with all workers. A row's result depends on nothing but that row of x, w and the addends: not on
// the other rows, nor their number, nor the number of threads. Throws std::bad_alloc where scratch memory cannot be had.
void run_product(const Product& product);
}  // namespace ditto
