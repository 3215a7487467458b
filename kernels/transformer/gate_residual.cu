// gate_residual: x += gate[s] * source, s = row / tokens; _layernorm_modulate also h = LN(x) * (1 + scale[s]) + shift[s]
// shapes:  x, source, h (rows, dim) T; gate, shift, scale: sample s at s * stride, or null (no gate = 1); statistics in f32
// launch:  grid.x any (rows are block-strided), block.x any up to 1024; packs of 16 bytes where strides and pointers allow
// traffic: 3 * sizeof(T) bytes per element (read x and source, write x), 4 with h; the statistics read the new row from cache
// source:  Peebles & Xie 2022, Scalable Diffusion Models with Transformers, arXiv:2212.09748 (adaLN-Zero block)
#include "../common/norm_row.cuh"

// Adds one row and returns this thread's part of the sum over the row as stored, in the order of row_sum.
template <int N, typename T>
__device__ __forceinline__ float residual_row(T* x, const T* source, const T* gate, int dim)
{
    float sums[N] = {};
    const auto step = [&](int c, int left) ALWAYS_INLINE
    {
        float v[N], s[N];
        load_lanes(x + c, v, left);
        load_lanes(source + c, s, left);
        scale_step(s, gate, c, left, 0.0f);
        UNROLL for (int k = 0; k < N; ++k) v[k] += s[k];
        round_lanes<T>(v);
        store_rounded(x + c, v, left);
        UNROLL for (int k = 0; k < N; ++k) sums[k] += v[k];
    };
    for_row<N>(dim, step);
    return sum_of(sums);
}

template <int N, typename T>
__device__ __forceinline__ void residual_rows(T* x, const T* source, const T* gate, int rows, int tokens, int dim,
                                              int64 gate_stride)
{
    for (int r = blockIdx.x; r < rows; r += gridDim.x)
    {
        const T* gate_row = gate == nullptr ? gate : gate + (int64)(r / tokens) * gate_stride;
        residual_row<N>(x + (int64)r * dim, source + (int64)r * dim, gate_row, dim);
    }
}

template <typename T>
__global__ void gate_residual(T* __restrict__ x, const T* __restrict__ source, const T* __restrict__ gate, int rows, int tokens,
                              int dim, int64 gate_stride)
{
    constexpr int N = PACK_WIDTH<T>;
    if (packs_fit<N>(dim | gate_stride, x, source, gate))
        residual_rows<N>(x, source, gate, rows, tokens, dim, gate_stride);
    else
        residual_rows<1>(x, source, gate, rows, tokens, dim, gate_stride);
}

template <int N, typename T>
__device__ __forceinline__ void residual_norm_rows(T* x, T* h, const T* source, const T* gate, const T* shift, const T* scale,
                                                   int rows, int tokens, int dim, int64 modulation_stride, float eps)
{
    for (int r = blockIdx.x; r < rows; r += gridDim.x)
    {
        T* x_row = x + (int64)r * dim;                                 // (dim)
        const int64 sample = (int64)(r / tokens) * modulation_stride;  // where this sample's gate, shift and scale start
        const float sum = residual_row<N>(x_row, source + (int64)r * dim, gate == nullptr ? gate : gate + sample, dim);
        const float mean = block_sum(sum) / dim;  // below, a thread reads back what it wrote itself: no hazard
        const float rstd = rsqrtf(row_squares<N>(x_row, mean, dim, x_row + dim) / dim + eps);
        const T* none = nullptr;
        row_modulate<N>(h + (int64)r * dim, x_row, mean, rstd, none, none, shift == nullptr ? shift : shift + sample,
                        scale == nullptr ? scale : scale + sample, dim);
    }
}

template <typename T>
__global__ void gate_residual_layernorm_modulate(T* __restrict__ x, T* __restrict__ h, const T* __restrict__ source,
                                                 const T* __restrict__ gate, const T* __restrict__ shift,
                                                 const T* __restrict__ scale, int rows, int tokens, int dim,
                                                 int64 modulation_stride, float eps)
{
    constexpr int N = PACK_WIDTH<T>;
    if (packs_fit<N>(dim | modulation_stride, x, h, source, gate, shift, scale))
        residual_norm_rows<N>(x, h, source, gate, shift, scale, rows, tokens, dim, modulation_stride, eps);
    else
        residual_norm_rows<1>(x, h, source, gate, shift, scale, rows, tokens, dim, modulation_stride, eps);
}
