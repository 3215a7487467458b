// product_int8.h: products of int8 into int32, exact at every ISA level
#pragma once

#include "product.h"

namespace ditto
{
// One batch entry: alpha 1, beta 0, no epilogue, both operands depth first, depth a multiple of 4. DITTO_CPU_INT8 = plain leaves
// VNNI unused, for comparisons and tests. Throws std::bad_alloc.
void run_int8(const Product& product, std::int64_t item);
}  // namespace ditto
