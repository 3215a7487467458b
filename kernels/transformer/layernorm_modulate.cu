// layernorm_modulate: y = ((x - mean) * rstd * weight + bias) * (1 + scale[s]) + shift[s], s = row / tokens; rmsnorm: mean = 0
// shapes:  x, y (rows, dim) T by row strides; weight, bias (dim) or null; shift, scale: sample s at s * stride, or null
// launch:  grid.x any (rows are block-strided), block.x any up to 1024; packs of 16 bytes where strides and pointers allow
// traffic: 2 * sizeof(T) bytes per element at best (read x, write y); passes 2 and 3 read x again from cache
// source:  Peebles & Xie 2022, Scalable Diffusion Models with Transformers, arXiv:2212.09748 (adaLN-Zero block)
#include "../common/norm_row.cuh"

template <bool CENTRED, int N, typename T>
__device__ __forceinline__ void norm_rows(T* y, const T* x, const T* weight, const T* bias, const T* shift, const T* scale,
                                          int rows, int tokens, int dim, int64 x_stride, int64 y_stride, int64 modulation_stride,
                                          float eps)
{
    for (int r = blockIdx.x; r < rows; r += gridDim.x)
    {
        const T* x_row = x + r * x_stride;                             // (dim)
        const int64 sample = (int64)(r / tokens) * modulation_stride;  // where this sample's shift and scale start
        const float mean = CENTRED ? row_sum<N>(x_row, dim) / dim : 0.0f;
        const float rstd = rsqrtf(row_squares<N>(x_row, mean, dim, x_row + x_stride) / dim + eps);
        row_modulate<N>(y + r * y_stride, x_row, mean, rstd, weight, bias, shift == nullptr ? shift : shift + sample,
                        scale == nullptr ? scale : scale + sample, dim);
    }
}

template <bool CENTRED, typename T>
__device__ __forceinline__ void norm_modulate(T* y, const T* x, const T* weight, const T* bias, const T* shift, const T* scale,
                                              int rows, int tokens, int dim, int64 x_stride, int64 y_stride,
                                              int64 modulation_stride, float eps)
{
    constexpr int N = PACK_WIDTH<T>;
    if (packs_fit<N>(dim | x_stride | y_stride | modulation_stride, y, x, weight, bias, shift, scale))
        norm_rows<CENTRED, N>(y, x, weight, bias, shift, scale, rows, tokens, dim, x_stride, y_stride, modulation_stride, eps);
    else
        norm_rows<CENTRED, 1>(y, x, weight, bias, shift, scale, rows, tokens, dim, x_stride, y_stride, modulation_stride, eps);
}

template <typename T>
__global__ void layernorm_modulate(T* __restrict__ y, const T* __restrict__ x, const T* __restrict__ weight,
                                   const T* __restrict__ bias, const T* __restrict__ shift, const T* __restrict__ scale, int rows,
                                   int tokens, int dim, int64 x_stride, int64 y_stride, int64 modulation_stride, float eps)
{
    norm_modulate<true>(y, x, weight, bias, shift, scale, rows, tokens, dim, x_stride, y_stride, modulation_stride, eps);
}

template <typename T>
__global__ void rmsnorm_modulate(T* __restrict__ y, const T* __restrict__ x, const T* __restrict__ weight,
                                 const T* __restrict__ bias, const T* __restrict__ shift, const T* __restrict__ scale, int rows,
                                 int tokens, int dim, int64 x_stride, int64 y_stride, int64 modulation_stride, float eps)
{
    norm_modulate<false>(y, x, weight, bias, shift, scale, rows, tokens, dim, x_stride, y_stride, modulation_stride, eps);
}
