// cublaslt_check.h: from cuBLASLt's column-major descriptors to a row-major product, or the status that refuses them
#pragma once

#include <optional>

#include "cublaslt_objects.h"
#include "product.h"

namespace ditto
{
struct MatmulArguments
{
    const MatmulDesc* desc;
    const MatrixLayout *a, *b, *c, *d;
};

// Elements from the first to the last of all batches; nothing where that does not fit 60 bits.
std::optional<std::int64_t> span_of(const MatrixLayout& layout);

// Fills all of `product` but the pointers, alpha and beta. A column-major D (m x n) is a row-major y of n rows and m columns, so
// A are the weights and B the activations: y = op(B)^T op(A)^T.
cublasStatus_t translate(const MatmulArguments& in, Product& product);

struct MatmulPointers
{
    const void *a, *b, *c, *d;  // c is null where it is not read
};

// Refuses addresses that no kernel takes, and a D that shares bytes with A, B, the bias, or with a C that it is not.
cublasStatus_t check_pointers(const MatmulArguments& in, const Product& product, const MatmulPointers& at);
}  // namespace ditto
