// kernels_attention.cpp: attention of the CPU device, compiled once for each ISA level (DITTO_ISA is its namespace)
#include "kernel_table.h"

namespace ditto::DITTO_ISA
{
#include "../common/device.cuh"
#include "attention.h"

#include "kernel_thunk.h"

#define DITTO_ATTENTION(HEAD_DIM) \
    DITTO_ENTRY(attention<float, HEAD_DIM>) DITTO_ENTRY(attention<bf16, HEAD_DIM>) DITTO_ENTRY(attention<fp16, HEAD_DIM>)

// clang-format off
static constexpr KernelEntry ENTRIES[] = {
    DITTO_ATTENTION(32) DITTO_ATTENTION(40) DITTO_ATTENTION(48) DITTO_ATTENTION(56) DITTO_ATTENTION(64)
    DITTO_ATTENTION(72) DITTO_ATTENTION(80) DITTO_ATTENTION(88) DITTO_ATTENTION(96) DITTO_ATTENTION(104)
    DITTO_ATTENTION(112) DITTO_ATTENTION(120) DITTO_ATTENTION(128)
};
// clang-format on
extern const KernelTable attention_kernels{ENTRIES, sizeof ENTRIES / sizeof ENTRIES[0]};
}  // namespace ditto::DITTO_ISA
