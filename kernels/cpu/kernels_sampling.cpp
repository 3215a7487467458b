// kernels_sampling.cpp: the kernels of kernels/sampling, compiled once for each ISA level (DITTO_ISA is its namespace)
#include "kernel_table.h"

namespace ditto::DITTO_ISA
{
#include "../common/device.cuh"
#include "../sampling/philox_normal.cu"
#include "../sampling/sampler_step.cu"

#include "kernel_thunk.h"

// clang-format off
static constexpr KernelEntry ENTRIES[] = {
    DITTO_ENTRIES(guidance_sampler_step)
    DITTO_ENTRIES(philox_normal)
};
// clang-format on
extern const KernelTable sampling_kernels{ENTRIES, sizeof ENTRIES / sizeof ENTRIES[0]};
}  // namespace ditto::DITTO_ISA
