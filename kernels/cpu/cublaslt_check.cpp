// cublaslt_check.cpp: the argument checker; the real library is as strict or laxer, never stricter, on what Ditto asks for
#include "cublaslt_check.h"

#include <initializer_list>

namespace ditto
{
namespace
{
constexpr std::uint64_t MAX_LENGTH = 0x7fffffff;

bool number_type_of(unsigned type, NumberType& storage)
{
    switch (type)
    {
        case CUDA_R_32F:
            storage = NumberType::f32;
            return true;
        case CUDA_R_16BF:
            storage = NumberType::bf16;
            return true;
        case CUDA_R_16F:
            storage = NumberType::fp16;
            return true;
        default:
            return false;
    }
}

bool activation_of(unsigned epilogue, Activation& activation, bool& has_bias)
{
    has_bias = (epilogue & CUBLASLT_EPILOGUE_BIAS) != 0;
    switch (epilogue)
    {
        case CUBLASLT_EPILOGUE_DEFAULT:
        case CUBLASLT_EPILOGUE_BIAS:
            activation = Activation::none;
            return true;
        case CUBLASLT_EPILOGUE_RELU:
        case CUBLASLT_EPILOGUE_RELU_BIAS:
            activation = Activation::relu;
            return true;
        case CUBLASLT_EPILOGUE_GELU:
        case CUBLASLT_EPILOGUE_GELU_BIAS:
            activation = Activation::gelu;
            return true;
        default:
            return false;
    }
}

// Whole numbers: int8 into int32, the weights transposed and nothing fused; lengths and leading dimensions in fours.
cublasStatus_t check_int8(const MatmulArguments& in, Product& product)
{
    const MatmulDesc& desc = *in.desc;
    const bool types = desc.scale_type == CUDA_R_32I && in.a->type == CUDA_R_8I && in.b->type == CUDA_R_8I &&
                       in.c->type == CUDA_R_32I && in.d->type == CUDA_R_32I;
    const bool form =
        desc.transpose_a == CUBLAS_OP_T && desc.transpose_b == CUBLAS_OP_N && desc.epilogue == CUBLASLT_EPILOGUE_DEFAULT;
    if (!types || !form || in.a->rows % 4 != 0 || in.a->columns % 4 != 0) return CUBLAS_STATUS_NOT_SUPPORTED;
    for (const MatrixLayout* layout : {in.a, in.b, in.c, in.d})
        if (layout->leading_dimension % 4 != 0 || (layout->batch_count > 1 && layout->batch_stride % 4 != 0))
            return CUBLAS_STATUS_NOT_SUPPORTED;
    product.input = NumberType::int8;
    product.output = NumberType::int32;
    product.activation = Activation::none;
    return CUBLAS_STATUS_SUCCESS;
}

// The FAST types may round their inputs; not to do so is allowed.
bool is_f32_compute(int type)
{
    return type >= CUBLAS_COMPUTE_32F && type <= CUBLAS_COMPUTE_32F_EMULATED_16BFX9 && (type < 70 || type > 73);
}

bool is_int32_compute(int type) { return type == CUBLAS_COMPUTE_32I || type == CUBLAS_COMPUTE_32I_PEDANTIC; }

}  // namespace

std::optional<std::int64_t> span_of(const MatrixLayout& layout)
{
    if (layout.rows == 0 || layout.columns == 0) return 0;
    std::int64_t batches = 0, columns = 0, sum = 0;
    const bool overflows =
        __builtin_mul_overflow(layout.batch_stride, layout.batch_count - 1, &batches) ||
        __builtin_mul_overflow(layout.leading_dimension, static_cast<std::int64_t>(layout.columns) - 1, &columns) ||
        __builtin_add_overflow(batches, columns, &sum) ||
        __builtin_add_overflow(sum, static_cast<std::int64_t>(layout.rows), &sum) || sum > (std::int64_t{1} << 60);
    return overflows ? std::nullopt : std::optional(sum);
}

namespace
{
// Whether no element of one matrix of a batch is one of another: they follow each other, or lie side by side in the same columns.
bool is_apart(const MatrixLayout& layout)
{
    if (layout.batch_count == 1 || layout.rows == 0 || layout.columns == 0) return true;
    const std::int64_t rows = static_cast<std::int64_t>(layout.rows), stride = layout.batch_stride;
    const std::int64_t matrix = (static_cast<std::int64_t>(layout.columns) - 1) * layout.leading_dimension + rows;
    return stride >= matrix || (stride >= rows && (layout.batch_count - 1) * stride + rows <= layout.leading_dimension);
}

// Bytes from `start` on, in columns of `rows` bytes.
struct Bytes
{
    std::uint64_t start, count, rows, pitch, stride;
    bool is_column, is_one;

    Bytes(const void* data, const MatrixLayout& layout, std::size_t element)
        : start(reinterpret_cast<std::uintptr_t>(data)),
          count(static_cast<std::uint64_t>(span_of(layout).value()) * element),
          rows(layout.rows * element),
          pitch(static_cast<std::uint64_t>(layout.leading_dimension) * element),
          stride(static_cast<std::uint64_t>(layout.batch_stride) * element),
          is_column(layout.columns == 1),
          is_one(layout.batch_count == 1)
    {
    }
    bool has_pitch(std::uint64_t bytes) const { return (is_column || pitch == bytes) && (is_one || stride % bytes == 0); }
};

// Whether two matrices share bytes. Columns side by side in rows of one length do not.
bool overlap(const Bytes& a, const Bytes& b)
{
    if (a.count == 0 || b.count == 0 || a.start + a.count <= b.start || b.start + b.count <= a.start) return false;
    const std::uint64_t pitch = a.is_column && a.is_one ? b.pitch : a.pitch;
    if (pitch == 0 || !a.has_pitch(pitch) || !b.has_pitch(pitch) || a.rows > pitch || b.rows > pitch) return true;
    const std::uint64_t ahead = a.start <= b.start ? (b.start - a.start) % pitch : (pitch - (a.start - b.start) % pitch) % pitch;
    return ahead < a.rows || ahead + b.rows > pitch;
}

// Whether the elements of two matrices at one address are the same ones.
bool covers(const MatrixLayout& a, const MatrixLayout& b)
{
    return a.type == b.type && (a.columns <= 1 || a.leading_dimension == b.leading_dimension) &&
           (a.batch_count == 1 || a.batch_stride == b.batch_stride);
}

cublasStatus_t check_layouts(const MatmulArguments& in)
{
    for (const MatrixLayout* layout : {in.a, in.b, in.c, in.d})
    {
        if (layout->rows > MAX_LENGTH || layout->columns > MAX_LENGTH || layout->batch_count <= 0)
            return CUBLAS_STATUS_INVALID_VALUE;
        if (layout->batch_stride < 0 || !span_of(*layout).has_value()) return CUBLAS_STATUS_INVALID_VALUE;
        const bool broadcast = layout == in.c && layout->leading_dimension == 0;
        if (!broadcast && layout->leading_dimension < static_cast<std::int64_t>(layout->rows)) return CUBLAS_STATUS_INVALID_VALUE;
        if (layout->batch_count != in.d->batch_count) return CUBLAS_STATUS_INVALID_VALUE;
    }
    const auto rows = [](const MatrixLayout& layout, int transpose)
    { return transpose == CUBLAS_OP_N ? layout.rows : layout.columns; };
    const auto columns = [](const MatrixLayout& layout, int transpose)
    { return transpose == CUBLAS_OP_N ? layout.columns : layout.rows; };
    const MatmulDesc& desc = *in.desc;
    if (rows(*in.a, desc.transpose_a) != in.d->rows || columns(*in.b, desc.transpose_b) != in.d->columns)
        return CUBLAS_STATUS_INVALID_VALUE;
    if (columns(*in.a, desc.transpose_a) != rows(*in.b, desc.transpose_b)) return CUBLAS_STATUS_INVALID_VALUE;
    if (in.c->rows != in.d->rows || in.c->columns != in.d->columns) return CUBLAS_STATUS_INVALID_VALUE;
    return desc.bias_batch_stride >= 0 && is_apart(*in.d) ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
}

cublasStatus_t check_support(const MatmulArguments& in, Product& product)
{
    const MatmulDesc& desc = *in.desc;
    for (const int transpose : {desc.transpose_a, desc.transpose_b})
        if (transpose < CUBLAS_OP_N || transpose > CUBLAS_OP_C) return CUBLAS_STATUS_INVALID_VALUE;
    for (const void* pointer : desc.scale_pointers)
        if (pointer != nullptr) return CUBLAS_STATUS_INVALID_VALUE;  // none of the matrices is f8
    for (const MatrixLayout* layout : {in.a, in.b, in.c, in.d})
        if (layout->order != 0 || layout->batch_mode != 0 || layout->plane_offset != 0) return CUBLAS_STATUS_NOT_SUPPORTED;
    if (desc.pointer_mode != 0 || desc.transpose_c != CUBLAS_OP_N || desc.fill_mode != 2) return CUBLAS_STATUS_NOT_SUPPORTED;
    if (is_int32_compute(desc.compute_type)) return check_int8(in, product);
    if (!is_f32_compute(desc.compute_type) || desc.scale_type != CUDA_R_32F) return CUBLAS_STATUS_NOT_SUPPORTED;
    if (desc.compute_type != CUBLAS_COMPUTE_32F && in.a->type != CUDA_R_32F) return CUBLAS_STATUS_NOT_SUPPORTED;
    if (!number_type_of(in.a->type, product.input) || !number_type_of(in.d->type, product.output))
        return CUBLAS_STATUS_NOT_SUPPORTED;
    if (in.a->type != in.b->type || in.c->type != in.d->type) return CUBLAS_STATUS_NOT_SUPPORTED;
    if (product.output != NumberType::f32 && product.output != product.input) return CUBLAS_STATUS_NOT_SUPPORTED;
    bool has_bias = false;
    if (!activation_of(desc.epilogue, product.activation, has_bias)) return CUBLAS_STATUS_NOT_SUPPORTED;
    if (!has_bias) return CUBLAS_STATUS_SUCCESS;
    if (desc.bias == nullptr) return CUBLAS_STATUS_INVALID_VALUE;
    return desc.bias_type == -1 || static_cast<unsigned>(desc.bias_type) == in.d->type ? CUBLAS_STATUS_SUCCESS
                                                                                       : CUBLAS_STATUS_NOT_SUPPORTED;
}
}  // namespace

cublasStatus_t translate(const MatmulArguments& in, Product& product)
{
    if (const cublasStatus_t status = check_layouts(in); status != CUBLAS_STATUS_SUCCESS) return status;
    if (const cublasStatus_t status = check_support(in, product); status != CUBLAS_STATUS_SUCCESS) return status;
    const MatmulDesc& desc = *in.desc;
    product.rows = static_cast<std::int64_t>(in.d->columns);
    product.columns = static_cast<std::int64_t>(in.d->rows);
    product.depth = static_cast<std::int64_t>(desc.transpose_a == CUBLAS_OP_N ? in.a->columns : in.a->rows);
    product.batch = in.d->batch_count;
    product.w = {nullptr, in.a->leading_dimension, in.a->batch_stride, desc.transpose_a != CUBLAS_OP_N};
    product.x = {nullptr, in.b->leading_dimension, in.b->batch_stride, desc.transpose_b == CUBLAS_OP_N};
    product.residual = nullptr;
    product.residual_stride = in.c->leading_dimension;
    product.residual_batch_stride = in.c->batch_stride;
    product.y = nullptr;
    product.y_stride = in.d->leading_dimension;
    product.y_batch_stride = in.d->batch_stride;
    product.bias = (desc.epilogue & CUBLASLT_EPILOGUE_BIAS) != 0 ? desc.bias : nullptr;
    product.bias_batch_stride = desc.bias_batch_stride;
    product.alpha = 1.0f;
    product.beta = 0.0f;
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t check_pointers(const MatmulArguments& in, const Product& product, const MatmulPointers& at)
{
    const std::size_t input = number_bytes(product.input), output = number_bytes(product.output);
    const auto is_aligned = [](const void* data, std::size_t bytes)
    { return reinterpret_cast<std::uintptr_t>(data) % bytes == 0; };
    for (const void* data : {at.a, at.b})
        if (!is_aligned(data, product.input == NumberType::int8 ? 4 : input)) return CUBLAS_STATUS_NOT_SUPPORTED;
    for (const void* data : {at.c, at.d, product.bias})
        if (!is_aligned(data, output)) return CUBLAS_STATUS_NOT_SUPPORTED;
    const Bytes d(at.d, *in.d, output);
    if (overlap(d, Bytes(at.a, *in.a, input)) || overlap(d, Bytes(at.b, *in.b, input))) return CUBLAS_STATUS_INVALID_VALUE;
    if (product.bias != nullptr)
    {
        MatrixLayout bias{.type = in.d->type, .rows = in.d->rows, .columns = 1, .leading_dimension = product.columns};
        if (product.bias_batch_stride != 0) bias.batch_count = in.d->batch_count, bias.batch_stride = product.bias_batch_stride;
        if (overlap(d, Bytes(product.bias, bias, output))) return CUBLAS_STATUS_INVALID_VALUE;
    }
    const bool in_place = at.c == at.d && covers(*in.c, *in.d);
    const bool is_clear = at.c == nullptr || in_place || !overlap(d, Bytes(at.c, *in.c, output));
    return is_clear ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_INVALID_VALUE;
}
}  // namespace ditto
