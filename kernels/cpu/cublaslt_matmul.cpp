// cublaslt_matmul.cpp: cublasLtMatmul queues a product on a stream; its heuristic answers with the one algorithm that there is
#include <algorithm>

#include "cublaslt_check.h"
#include "driver_error.h"
#include "memory.h"
#include "stream.h"

namespace ditto
{
namespace
{
constexpr std::uint64_t ALGORITHM_TAG = 0x6f7474696450'4355ull;  // this device's algorithms say so in their first word

struct Found
{
    std::shared_ptr<MatmulDesc> desc;
    std::shared_ptr<MatrixLayout> a, b, c, d;

    bool complete() const { return desc != nullptr && a != nullptr && b != nullptr && c != nullptr && d != nullptr; }
    MatmulArguments arguments() const { return {desc.get(), a.get(), b.get(), c.get(), d.get()}; }
};

Found find(cublasLtMatmulDesc_t desc, cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b, cublasLtMatrixLayout_t c,
           cublasLtMatrixLayout_t d)
{
    return {find_desc(desc), find_layout(a), find_layout(b), find_layout(c), find_layout(d)};
}

// Whether every byte that a matrix spans lies in device memory.
bool is_inside(const void* data, const MatrixLayout& layout, NumberType type)
{
    try
    {
        require_device_range(reinterpret_cast<CUdeviceptr>(data),
                             static_cast<std::size_t>(span_of(layout).value() * number_bytes(type)), true);
        return true;
    }
    catch (const DriverError&)
    {
        return false;
    }
}

// Alpha and beta, which have the scale's type.
void read_factors(Product& product, const void* alpha, const void* beta)
{
    const bool whole = product.input == NumberType::int8;
    product.alpha = whole ? static_cast<float>(*static_cast<const int*>(alpha)) : *static_cast<const float*>(alpha);
    product.beta = whole ? static_cast<float>(*static_cast<const int*>(beta)) : *static_cast<const float*>(beta);
}

cublasStatus_t status_of(CUresult result)
{
    switch (result)
    {
        case CUDA_SUCCESS:
            return CUBLAS_STATUS_SUCCESS;
        case CUDA_ERROR_OUT_OF_MEMORY:
            return CUBLAS_STATUS_ALLOC_FAILED;
        case CUDA_ERROR_INVALID_CONTEXT:
        case CUDA_ERROR_NOT_INITIALIZED:
            return CUBLAS_STATUS_NOT_INITIALIZED;
        default:
            return CUBLAS_STATUS_EXECUTION_FAILED;
    }
}
}  // namespace
}  // namespace ditto

using namespace ditto;

DITTO_API std::size_t cublasLtGetVersion() { return CUBLASLT_VERSION; }
DITTO_API std::size_t cublasLtGetCudartVersion() { return CUDA_VERSION; }

DITTO_API const char* cublasLtGetStatusName(cublasStatus_t status)
{
    switch (status)
    {
        case CUBLAS_STATUS_SUCCESS:
            return "CUBLAS_STATUS_SUCCESS";
        case CUBLAS_STATUS_NOT_INITIALIZED:
            return "CUBLAS_STATUS_NOT_INITIALIZED";
        case CUBLAS_STATUS_ALLOC_FAILED:
            return "CUBLAS_STATUS_ALLOC_FAILED";
        case CUBLAS_STATUS_INVALID_VALUE:
            return "CUBLAS_STATUS_INVALID_VALUE";
        case CUBLAS_STATUS_ARCH_MISMATCH:
            return "CUBLAS_STATUS_ARCH_MISMATCH";
        case CUBLAS_STATUS_EXECUTION_FAILED:
            return "CUBLAS_STATUS_EXECUTION_FAILED";
        case CUBLAS_STATUS_INTERNAL_ERROR:
            return "CUBLAS_STATUS_INTERNAL_ERROR";
        case CUBLAS_STATUS_NOT_SUPPORTED:
            return "CUBLAS_STATUS_NOT_SUPPORTED";
    }
    return "CUBLAS_STATUS_UNKNOWN";
}

DITTO_API const char* cublasLtGetStatusString(cublasStatus_t status)
{
    switch (status)
    {
        case CUBLAS_STATUS_SUCCESS:
            return "success";
        case CUBLAS_STATUS_NOT_INITIALIZED:
            return "the library was not initialized";
        case CUBLAS_STATUS_ALLOC_FAILED:
            return "the resource allocation failed";
        case CUBLAS_STATUS_INVALID_VALUE:
            return "an unsupported value or parameter was passed to the function";
        case CUBLAS_STATUS_ARCH_MISMATCH:
            return "the function requires an architectural feature absent from the device";
        case CUBLAS_STATUS_EXECUTION_FAILED:
            return "the program failed to execute";
        case CUBLAS_STATUS_INTERNAL_ERROR:
            return "an internal operation failed";
        case CUBLAS_STATUS_NOT_SUPPORTED:
            return "the functionality requested is not supported";
    }
    return "unknown status";
}

DITTO_API cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t handle, cublasLtMatmulDesc_t desc,
                                                        cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                                        cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                                                        cublasLtMatmulPreference_t preference, int requested,
                                                        cublasLtMatmulHeuristicResult_t* results, int* returned)
{
    if (find_blas(handle) == nullptr) return CUBLAS_STATUS_NOT_INITIALIZED;
    const Found found = find(desc, a, b, c, d);
    if (!found.complete() || find_preference(preference) == nullptr) return CUBLAS_STATUS_INVALID_VALUE;
    if (requested <= 0 || results == nullptr || returned == nullptr) return CUBLAS_STATUS_INVALID_VALUE;
    *returned = 0;
    Product product{};
    const cublasStatus_t status = translate(found.arguments(), product);
    if (status != CUBLAS_STATUS_SUCCESS) return status;
    results[0] = cublasLtMatmulHeuristicResult_t{{{ALGORITHM_TAG}}, 0, CUBLAS_STATUS_SUCCESS, 1.0f, {}};
    *returned = 1;
    return CUBLAS_STATUS_SUCCESS;
}

DITTO_API cublasStatus_t cublasLtMatmul(cublasLtHandle_t handle, cublasLtMatmulDesc_t desc, const void* alpha, const void* a,
                                        cublasLtMatrixLayout_t a_layout, const void* b, cublasLtMatrixLayout_t b_layout,
                                        const void* beta, const void* c, cublasLtMatrixLayout_t c_layout, void* d,
                                        cublasLtMatrixLayout_t d_layout, const cublasLtMatmulAlgo_t* algorithm, void*,
                                        std::size_t, CUstream stream_handle)
{
    const std::shared_ptr<BlasHandle> blas = find_blas(handle);
    if (blas == nullptr) return CUBLAS_STATUS_NOT_INITIALIZED;
    const Found found = find(desc, a_layout, b_layout, c_layout, d_layout);
    if (!found.complete() || alpha == nullptr || beta == nullptr) return CUBLAS_STATUS_INVALID_VALUE;
    if (algorithm != nullptr && algorithm->data[0] != ALGORITHM_TAG) return CUBLAS_STATUS_INVALID_VALUE;
    Command command{nullptr, Product{}};
    Product& product = std::get<Product>(command.work);
    const cublasStatus_t status = translate(found.arguments(), product);
    if (status != CUBLAS_STATUS_SUCCESS) return status;
    if (product.rows == 0 || product.columns == 0) return CUBLAS_STATUS_SUCCESS;
    read_factors(product, alpha, beta);
    if (product.input == NumberType::int8 && (product.alpha != 1.0f || product.beta != 0.0f)) return CUBLAS_STATUS_NOT_SUPPORTED;
    if (d == nullptr || (product.depth > 0 && (a == nullptr || b == nullptr)) || (product.beta != 0.0f && c == nullptr))
        return CUBLAS_STATUS_INVALID_VALUE;
    const bool inside = is_inside(a, *found.a, product.input) && is_inside(b, *found.b, product.input) &&
                        is_inside(d, *found.d, product.output) &&
                        (product.beta == 0.0f || is_inside(c, *found.c, product.output));
    if (!inside) return CUBLAS_STATUS_INVALID_VALUE;  // a GPU would fault later
    const MatmulPointers pointers{a, b, product.beta == 0.0f ? nullptr : c, d};
    if (const cublasStatus_t refusal = check_pointers(found.arguments(), product, pointers); refusal != CUBLAS_STATUS_SUCCESS)
        return refusal;
    product.isa = blas->context->isa;
    product.w.data = a;
    product.x.data = b;
    product.residual = product.beta == 0.0f ? nullptr : c;
    product.y = d;
    return status_of(driver_call(
        [&]
        {
            const std::shared_ptr<Stream> stream = find_stream(stream_handle);
            require(stream->context == blas->context, CUDA_ERROR_INVALID_HANDLE);
            enqueue(*stream, std::move(command));
        }));
}
