// norm_row: the passes that all row norms share: sum, squares about the mean, then y = (x - mean) * rstd * w + b, modulated
// shapes:   rows of dim elements; weight, bias, shift, scale (dim) or null; statistics in f32, N partial sums a thread
// steps:    N neighbours a thread and step; the caller has asked packs_fit. An RMS norm is the same with mean = 0
// traffic:  after the first pass the row comes from cache (a row of 4096 bf16 is 8 KB)
// source:   Ba et al. 2016, arXiv:1607.06450; Zhang & Sennrich 2019, arXiv:1910.07467; Peebles & Xie 2022, arXiv:2212.09748
#pragma once
#include "device.cuh"

template <int N>
__device__ __forceinline__ float sum_of(const float (&v)[N])
{
    float sum = 0.0f;
    UNROLL for (int k = 0; k < N; ++k) sum += v[k];
    return sum;
}

template <int N, typename T>
__device__ __forceinline__ float row_sum(const T* x, int dim)
{
    float sums[N] = {};
    const auto step = [&](int c, int left) ALWAYS_INLINE
    {
        float v[N];
        load_lanes(x + c, v, left);
        UNROLL for (int k = 0; k < N; ++k) sums[k] += v[k];
    };
    for_row<N>(dim, step);
    return block_sum(sum_of(sums));
}

template <int N, typename T>
__device__ __forceinline__ float row_squares(const T* x, float mean, int dim, const T* ahead)
{
    float sums[N] = {};  // a pass of its own: E[x^2] - mean^2 cancels in f32
    const auto step = [&](int c, int left) ALWAYS_INLINE
    {
        float v[N];
        load_lanes(x + c, v, left, mean);
        prefetch(ahead + c, N);
        UNROLL for (int k = 0; k < N; ++k)
        {
            const float d = v[k] - mean;
            sums[k] += d * d;
        }
    };
    for_row<N>(dim, step);
    return block_sum(sum_of(sums));
}

// v <- v * (offset + p): one factor of a row's affine map or modulation, if it is there.
template <int N, typename T>
__device__ __forceinline__ void scale_step(float (&v)[N], const T* p, int c, int left, float offset)
{
    if (p == nullptr) return;
    float m[N];
    load_lanes(p + c, m, left);
    UNROLL for (int k = 0; k < N; ++k) v[k] *= offset + m[k];
}

template <int N, typename T>
__device__ __forceinline__ void shift_step(float (&v)[N], const T* p, int c, int left)
{
    if (p == nullptr) return;
    float m[N];
    load_lanes(p + c, m, left);
    UNROLL for (int k = 0; k < N; ++k) v[k] += m[k];
}

template <int N, typename T>
__device__ __forceinline__ void row_affine(T* y, const T* x, float mean, float rstd, const T* weight, const T* bias,
                                           const T* shift, const T* scale, int dim)
{
    const auto step = [&](int c, int left) ALWAYS_INLINE
    {
        float v[N];
        load_lanes(x + c, v, left);
        UNROLL for (int k = 0; k < N; ++k) v[k] = (v[k] - mean) * rstd;
        scale_step(v, weight, c, left, 0.0f);
        shift_step(v, bias, c, left);
        scale_step(v, scale, c, left, 1.0f);
        shift_step(v, shift, c, left);
        store_lanes(y + c, v, left);
    };
    for_row<N>(dim, step);
}

// What adaLN and the plain RMS norm need have loops of their own: without questions inside, a step's values stay in registers.
template <int N, typename T>
__device__ __forceinline__ void row_modulate(T* y, const T* x, float mean, float rstd, const T* weight, const T* bias,
                                             const T* shift, const T* scale, int dim)
{
    const T* none = nullptr;
    if (weight == none && bias == none && shift != none && scale != none)
        row_affine<N>(y, x, mean, rstd, none, none, shift, scale, dim);
    else if (weight != none && bias == none && shift == none && scale == none)
        row_affine<N>(y, x, mean, rstd, weight, none, none, none, dim);
    else
        row_affine<N>(y, x, mean, rstd, weight, bias, shift, scale, dim);
}
