// cublaslt_objects.cpp: making, ending and setting up cuBLASLt's handles and descriptors
#include "cublaslt_objects.h"

#include <cstring>
#include <iterator>

#include "handles.h"

namespace ditto
{
namespace
{
struct Tables
{
    HandleTable<BlasHandle> handles{0x71};
    HandleTable<MatmulDesc> descs{0x72};
    HandleTable<MatrixLayout> layouts{0x73};
    HandleTable<MatmulPreference> preferences{0x74};
};

Tables& tables()
{
    static Tables* instance = new Tables;
    return *instance;
}

// An attribute's storage, or null for an id that does not exist.
struct Field
{
    void* data;
    std::size_t bytes;
};

template <typename T>
Field field(T& member)
{
    return {&member, sizeof member};
}

Field field_of(MatmulDesc& desc, int attribute)
{
    switch (attribute)
    {
        case CUBLASLT_MATMUL_DESC_COMPUTE_TYPE:
            return field(desc.compute_type);
        case CUBLASLT_MATMUL_DESC_SCALE_TYPE:
            return field(desc.scale_type);
        case CUBLASLT_MATMUL_DESC_POINTER_MODE:
            return field(desc.pointer_mode);
        case CUBLASLT_MATMUL_DESC_TRANSA:
            return field(desc.transpose_a);
        case CUBLASLT_MATMUL_DESC_TRANSB:
            return field(desc.transpose_b);
        case CUBLASLT_MATMUL_DESC_TRANSC:
            return field(desc.transpose_c);
        case CUBLASLT_MATMUL_DESC_FILL_MODE:
            return field(desc.fill_mode);
        case CUBLASLT_MATMUL_DESC_EPILOGUE:
            return field(desc.epilogue);
        case CUBLASLT_MATMUL_DESC_BIAS_POINTER:
            return field(desc.bias);
        case CUBLASLT_MATMUL_DESC_BIAS_BATCH_STRIDE:
            return field(desc.bias_batch_stride);
        case CUBLASLT_MATMUL_DESC_SM_COUNT_TARGET:
            return field(desc.sm_count_target);
        case CUBLASLT_MATMUL_DESC_A_SCALE_POINTER:
        case CUBLASLT_MATMUL_DESC_B_SCALE_POINTER:
        case CUBLASLT_MATMUL_DESC_C_SCALE_POINTER:
        case CUBLASLT_MATMUL_DESC_D_SCALE_POINTER:
        case CUBLASLT_MATMUL_DESC_AMAX_D_POINTER:
            return field(desc.scale_pointers[attribute - CUBLASLT_MATMUL_DESC_A_SCALE_POINTER]);
        case CUBLASLT_MATMUL_DESC_FAST_ACCUM:
            return field(desc.fast_accumulation);
        case CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE:
            return field(desc.bias_type);
        default:
            return {nullptr, 0};
    }
}

Field field_of(MatrixLayout& layout, int attribute)
{
    switch (attribute)
    {
        case CUBLASLT_MATRIX_LAYOUT_TYPE:
            return field(layout.type);
        case CUBLASLT_MATRIX_LAYOUT_ORDER:
            return field(layout.order);
        case CUBLASLT_MATRIX_LAYOUT_ROWS:
            return field(layout.rows);
        case CUBLASLT_MATRIX_LAYOUT_COLS:
            return field(layout.columns);
        case CUBLASLT_MATRIX_LAYOUT_LD:
            return field(layout.leading_dimension);
        case CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT:
            return field(layout.batch_count);
        case CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET:
            return field(layout.batch_stride);
        case CUBLASLT_MATRIX_LAYOUT_PLANE_OFFSET:
            return field(layout.plane_offset);
        case CUBLASLT_MATRIX_LAYOUT_BATCH_MODE:
            return field(layout.batch_mode);
        default:
            return {nullptr, 0};
    }
}

Field field_of(MatmulPreference& preference, int attribute)
{
    switch (attribute)
    {
        case CUBLASLT_MATMUL_PREF_SEARCH_MODE:
            return field(preference.search_mode);
        case CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES:
            return field(preference.max_workspace_bytes);
        case CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK:
            return field(preference.reduction_scheme_mask);
        case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES:
        case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES:
        case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES:
        case CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES:
            return field(preference.alignments[attribute - CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES]);
        case CUBLASLT_MATMUL_PREF_MAX_WAVES_COUNT:
            return field(preference.max_waves_count);
        case CUBLASLT_MATMUL_PREF_IMPL_MASK:
            return field(preference.implementation_mask);
        default:
            return {nullptr, 0};
    }
}

template <typename T, typename Handle>
cublasStatus_t create(HandleTable<T>& table, Handle* handle, const T& value)
{
    if (handle == nullptr) return CUBLAS_STATUS_INVALID_VALUE;
    try
    {
        *handle = static_cast<Handle>(table.add(std::make_shared<T>(value)));
        return CUBLAS_STATUS_SUCCESS;
    }
    catch (...)
    {
        return CUBLAS_STATUS_ALLOC_FAILED;
    }
}

template <typename T>
cublasStatus_t destroy(HandleTable<T>& table, const void* handle, cublasStatus_t otherwise = CUBLAS_STATUS_INVALID_VALUE)
{
    try
    {
        table.remove(handle);
        return CUBLAS_STATUS_SUCCESS;
    }
    catch (...)
    {
        return otherwise;
    }
}

template <typename T>
cublasStatus_t set(const std::shared_ptr<T>& object, int attribute, const void* value, std::size_t bytes)
{
    if (object == nullptr || value == nullptr) return CUBLAS_STATUS_INVALID_VALUE;
    const Field target = field_of(*object, attribute);
    if (target.data == nullptr || target.bytes != bytes) return CUBLAS_STATUS_INVALID_VALUE;
    std::memcpy(target.data, value, bytes);
    return CUBLAS_STATUS_SUCCESS;
}

template <typename T>
cublasStatus_t get(const std::shared_ptr<T>& object, int attribute, void* value, std::size_t bytes, std::size_t* written)
{
    if (object == nullptr) return CUBLAS_STATUS_INVALID_VALUE;
    const Field source = field_of(*object, attribute);
    if (source.data == nullptr || (bytes == 0 && written == nullptr)) return CUBLAS_STATUS_INVALID_VALUE;
    if (written != nullptr) *written = source.bytes;
    if (bytes == 0) return CUBLAS_STATUS_SUCCESS;
    if (bytes != source.bytes || value == nullptr) return CUBLAS_STATUS_INVALID_VALUE;
    std::memcpy(value, source.data, bytes);
    return CUBLAS_STATUS_SUCCESS;
}
}  // namespace

std::shared_ptr<BlasHandle> find_blas(cublasLtHandle_t handle) { return tables().handles.try_find(handle); }
std::shared_ptr<MatmulDesc> find_desc(cublasLtMatmulDesc_t handle) { return tables().descs.try_find(handle); }
std::shared_ptr<MatrixLayout> find_layout(cublasLtMatrixLayout_t handle) { return tables().layouts.try_find(handle); }
std::shared_ptr<MatmulPreference> find_preference(cublasLtMatmulPreference_t handle)
{
    return tables().preferences.try_find(handle);
}
}  // namespace ditto

using namespace ditto;

DITTO_API cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle)
{
    try
    {
        return create(tables().handles, handle, BlasHandle{current_context()});
    }
    catch (...)
    {
        return CUBLAS_STATUS_NOT_INITIALIZED;
    }
}
DITTO_API cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle)
{
    return destroy(tables().handles, handle, CUBLAS_STATUS_NOT_INITIALIZED);
}

DITTO_API cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t* desc, int compute_type, int scale_type)
{
    return create(tables().descs, desc, MatmulDesc{compute_type, scale_type});
}
DITTO_API cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t desc) { return destroy(tables().descs, desc); }
DITTO_API cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t desc, int attribute, const void* value,
                                                        std::size_t bytes)
{
    return set(find_desc(desc), attribute, value, bytes);
}
DITTO_API cublasStatus_t cublasLtMatmulDescGetAttribute(cublasLtMatmulDesc_t desc, int attribute, void* value, std::size_t bytes,
                                                        std::size_t* written)
{
    return get(find_desc(desc), attribute, value, bytes, written);
}

DITTO_API cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t* layout, int type, std::uint64_t rows,
                                                    std::uint64_t columns, std::int64_t leading_dimension)
{
    return create(
        tables().layouts, layout,
        MatrixLayout{
            .type = static_cast<unsigned>(type), .rows = rows, .columns = columns, .leading_dimension = leading_dimension});
}
DITTO_API cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t layout) { return destroy(tables().layouts, layout); }
DITTO_API cublasStatus_t cublasLtMatrixLayoutSetAttribute(cublasLtMatrixLayout_t layout, int attribute, const void* value,
                                                          std::size_t bytes)
{
    return set(find_layout(layout), attribute, value, bytes);
}
DITTO_API cublasStatus_t cublasLtMatrixLayoutGetAttribute(cublasLtMatrixLayout_t layout, int attribute, void* value,
                                                          std::size_t bytes, std::size_t* written)
{
    return get(find_layout(layout), attribute, value, bytes, written);
}

DITTO_API cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t* preference)
{
    return create(tables().preferences, preference, MatmulPreference{});
}
DITTO_API cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference)
{
    return destroy(tables().preferences, preference);
}
DITTO_API cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t preference, int attribute,
                                                              const void* value, std::size_t bytes)
{
    return set(find_preference(preference), attribute, value, bytes);
}
DITTO_API cublasStatus_t cublasLtMatmulPreferenceGetAttribute(cublasLtMatmulPreference_t preference, int attribute, void* value,
                                                              std::size_t bytes, std::size_t* written)
{
    return get(find_preference(preference), attribute, value, bytes, written);
}
