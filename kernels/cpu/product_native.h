// product_native.h: products of bf16 by the processor's own bf16 instructions, through oneDNN
#pragma once

#include "product.h"

namespace ditto
{
// The rule: bf16 instructions where they are faster than f32, that is with AMX, and on AMD's cores with AVX512_BF16 (measured on
// Zen 5: 600 to 760 GFLOP/s against 400 to 460). Elsewhere weights are widened once and sums run in f32. DITTO_CPU_BF16 = native
// or f32 overrides, for comparisons and tests.
bool uses_native_bf16(const Product& product);

// One batch entry. Throws std::bad_alloc.
void run_native(const Product& product, std::int64_t item);
}  // namespace ditto
