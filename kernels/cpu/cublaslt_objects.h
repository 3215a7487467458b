// cublaslt_objects.h: cuBLASLt's descriptors as this device keeps them
#pragma once

#include <memory>

#include "context.h"
#include "cublaslt_abi.h"

namespace ditto
{
struct BlasHandle
{
    std::shared_ptr<Context> context;
};

struct MatmulDesc
{
    int compute_type, scale_type;
    int pointer_mode = 0, transpose_a = CUBLAS_OP_N, transpose_b = CUBLAS_OP_N, transpose_c = CUBLAS_OP_N, fill_mode = 2;
    unsigned epilogue = CUBLASLT_EPILOGUE_DEFAULT;
    const void* bias = nullptr;
    std::int64_t bias_batch_stride = 0;
    int sm_count_target = 0, bias_type = -1;
    std::int8_t fast_accumulation = 0;
    const void* scale_pointers[5] = {};  // A, B, C, D, amax of D: of f8 matrices only
};

struct MatrixLayout
{
    unsigned type;
    int order = 0;
    std::uint64_t rows, columns;
    std::int64_t leading_dimension;
    int batch_count = 1;
    std::int64_t batch_stride = 0, plane_offset = 0;
    unsigned batch_mode = 0;
};

struct MatmulPreference
{
    unsigned search_mode = 0, reduction_scheme_mask = 7;
    std::uint64_t max_workspace_bytes = 0;
    unsigned alignments[4] = {256, 256, 256, 256};
    float max_waves_count = 0.0f;
    std::uint64_t implementation_mask = ~0ull;
};

// Null where the handle names no living object.
std::shared_ptr<BlasHandle> find_blas(cublasLtHandle_t handle);
std::shared_ptr<MatmulDesc> find_desc(cublasLtMatmulDesc_t handle);
std::shared_ptr<MatrixLayout> find_layout(cublasLtMatrixLayout_t handle);
std::shared_ptr<MatmulPreference> find_preference(cublasLtMatmulPreference_t handle);
}  // namespace ditto
