// dequantize: y[r,c] = act(sums[r,c] * row_scale[r] * column_scale[c] + bias[c] + residual[r,c]), act: none or GELU (tanh)
// shapes:  sums (rows, columns) int32 by row stride; y, residual (rows, columns) T by row strides; bias (columns) T; scales f32
// launch:  grid.x any (rows are block-strided), block.x any; packs of four elements where strides and pointers allow
// traffic: 4 + sizeof(T) bytes per element, sizeof(T) more with a residual; bias or residual may be null
// source:  Dettmers et al. 2022, LLM.int8(), arXiv:2208.07339, 2.1 (vector-wise quantization)
#include "../common/gelu.cuh"

template <int N>
__device__ __forceinline__ void load_whole(const int* p, float (&values)[N], int left)
{
#ifdef __CUDACC_RTC__
    const Pack<int, N> pack = load_pack<int, N>(p);
    UNROLL for (int k = 0; k < N; ++k) values[k] = (float)pack.value[k];
#else
    if (left >= N)
        for (int k = 0; k < N; ++k) values[k] = (float)p[k];
    else
        for (int k = 0; k < N; ++k) values[k] = k < left ? (float)p[k] : 0.0f;
#endif
}

template <bool GELU, int N, typename T>
__device__ __forceinline__ void dequantize_rows(T* y, const int* sums, const float* row_scales, const float* column_scales,
                                                const T* bias, const T* residual, int rows, int columns, int64 sums_stride,
                                                int64 y_stride, int64 residual_stride)
{
    for (int r = blockIdx.x; r < rows; r += gridDim.x)
    {
        const float row_scale = row_scales[r];
        const auto step = [&](int c, int left) ALWAYS_INLINE
        {
            float v[N], other[N];
            load_whole(sums + r * sums_stride + c, v, left);
            load_floats(column_scales + c, other, left);
            UNROLL for (int k = 0; k < N; ++k) v[k] = v[k] * in_order(row_scale * other[k]);
            if (bias != nullptr)
            {
                load_floats(bias + c, other, left);
                UNROLL for (int k = 0; k < N; ++k) v[k] += other[k];
            }
            if (residual != nullptr)
            {
                load_floats(residual + r * residual_stride + c, other, left);
                UNROLL for (int k = 0; k < N; ++k) v[k] += other[k];
            }
            if (GELU) UNROLL for (int k = 0; k < N; ++k) v[k] = GeluTanh::apply(v[k]);
            store_floats(y + r * y_stride + c, v, left);
        };
        for_row<N>(columns, step);
    }
}

// Loops without a question inside where there is no residual, as in most layers.
template <bool GELU, int N, typename T>
__device__ __forceinline__ void dequantize_any(T* y, const int* sums, const float* row_scales, const float* column_scales,
                                               const T* bias, const T* residual, int rows, int columns, int64 sums_stride,
                                               int64 y_stride, int64 residual_stride)
{
    const T* none = nullptr;
    if (bias != none && residual == none)
        dequantize_rows<GELU, N>(y, sums, row_scales, column_scales, bias, none, rows, columns, sums_stride, y_stride, y_stride);
    else
        dequantize_rows<GELU, N>(y, sums, row_scales, column_scales, bias, residual, rows, columns, sums_stride, y_stride,
                                 residual_stride);
}

// The residual may be y, element for element.
template <typename T>
__global__ void dequantize(T* y, const int* __restrict__ sums, const float* __restrict__ row_scales,
                           const float* __restrict__ column_scales, const T* __restrict__ bias, const T* residual, int rows,
                           int columns, int64 sums_stride, int64 y_stride, int64 residual_stride, int gelu)
{
    constexpr int N = PACK_WIDTH<float>;  // packs of the wider types fill whole sectors of all
    const bool fit = packs_fit<N>(columns | y_stride | residual_stride | sums_stride, y, bias, residual, sums, column_scales);
    if (fit && gelu)
        dequantize_any<true, N>(y, sums, row_scales, column_scales, bias, residual, rows, columns, sums_stride, y_stride,
                                residual_stride);
    else if (fit)
        dequantize_any<false, N>(y, sums, row_scales, column_scales, bias, residual, rows, columns, sums_stride, y_stride,
                                 residual_stride);
    else if (gelu)
        dequantize_any<true, 1>(y, sums, row_scales, column_scales, bias, residual, rows, columns, sums_stride, y_stride,
                                residual_stride);
    else
        dequantize_any<false, 1>(y, sums, row_scales, column_scales, bias, residual, rows, columns, sums_stride, y_stride,
                                 residual_stride);
}
