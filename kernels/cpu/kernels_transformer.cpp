// kernels_transformer.cpp: the kernels of kernels/transformer, compiled once for each ISA level (DITTO_ISA is its namespace)
//
// No system header here: a function of one, compiled for a high level, could be the copy that the linker keeps for all.
#include "kernel_table.h"

namespace ditto::DITTO_ISA
{
// The kernel files name their headers by paths of their own; all of them land in this namespace.
#include "../common/device.cuh"
#include "../transformer/activation.cu"
#include "../transformer/convert.cu"
#include "../transformer/dequantize.cu"
#include "../transformer/gate_residual.cu"
#include "../transformer/label_embedding.cu"
#include "../transformer/layernorm_modulate.cu"
#include "../transformer/patchify.cu"
#include "../transformer/qk_norm_rope.cu"
#include "../transformer/quantize_rows.cu"
#include "../transformer/timestep_embedding.cu"

#include "kernel_thunk.h"

// clang-format off
static constexpr KernelEntry ENTRIES[] = {
    DITTO_ENTRIES(timestep_embedding)
    DITTO_ENTRIES(add_label_embedding)
    DITTO_ENTRIES(patchify)
    DITTO_ENTRIES(unpatchify)
    DITTO_ENTRIES(add_position_embedding)
    DITTO_ENTRIES(layernorm_modulate)
    DITTO_ENTRIES(rmsnorm_modulate)
    DITTO_ENTRIES(gate_residual)
    DITTO_ENTRIES(gate_residual_layernorm_modulate)
    DITTO_ENTRIES(gelu_tanh)
    DITTO_ENTRIES(gelu_erf)
    DITTO_ENTRIES(quick_gelu)
    DITTO_ENTRIES(silu)
    DITTO_ENTRIES(qk_norm_rope)
    DITTO_ENTRIES(quantize_rows)
    DITTO_ENTRIES(dequantize)
    DITTO_ENTRY(convert<float, float>) DITTO_ENTRY(convert<float, bf16>) DITTO_ENTRY(convert<float, fp16>)
    DITTO_ENTRY(convert<bf16, float>) DITTO_ENTRY(convert<bf16, bf16>) DITTO_ENTRY(convert<bf16, fp16>)
    DITTO_ENTRY(convert<fp16, float>) DITTO_ENTRY(convert<fp16, bf16>) DITTO_ENTRY(convert<fp16, fp16>)
};
// clang-format on
extern const KernelTable transformer_kernels{ENTRIES, sizeof ENTRIES / sizeof ENTRIES[0]};
}  // namespace ditto::DITTO_ISA
