// qk_norm_rope: per head x <- x * rsqrt(mean(x^2) + eps) * weight, then pairs (a, b) <- (a cos - b sin, b cos + a sin); in place
// shapes:  x (batch, tokens, heads, head_dim) T by strides; weight (head_dim) or null; cos, sin (tokens, head_dim) f32 or null
// launch:  grid.x any (tokens are block-strided), block.x any up to 1024, best a multiple of 16: 16 lanes share a head, else 1
// traffic: 2 * sizeof(T) bytes per element; the tables and the second reading of a head come from cache
// source:  Su et al. 2021, arXiv:2104.09864 (RoPE); Zhang & Sennrich 2019, arXiv:1910.07467 (RMS norm)
#include "../common/device.cuh"

// W neighbours: one aligned pack, or element by element from any address (on a CPU always: pairs, in loops that vectorise).
template <bool PACKED, int W, typename T>
__device__ __forceinline__ void load_unit(const T* p, float (&v)[W])
{
    if constexpr (PACKED)
        load_floats(p, v);
    else
        UNROLL for (int k = 0; k < W; ++k) v[k] = to_float(p[k]);
}
template <bool PACKED, int W, typename T>
__device__ __forceinline__ void store_unit(T* p, const float (&v)[W])
{
    if constexpr (PACKED)
        store_floats(p, v);
    else
        UNROLL for (int k = 0; k < W; ++k) p[k] = from_float<T>(v[k]);
}

template <bool PACKED, int W, typename T>
__device__ __forceinline__ float head_rstd(const T* head, int head_dim, float eps, int lane, int group)
{
    const int whole = head_dim / W * W;
    float squares = 0.0f;
    for (int c = lane * W; c < whole; c += group * W)
    {
        float v[W];
        load_unit<PACKED>(head + c, v);
        UNROLL for (int k = 0; k < W; ++k) squares += v[k] * v[k];
    }
    if (whole < head_dim && lane == 0) squares += to_float(head[whole]) * to_float(head[whole]);
    return rsqrtf(group_sum(squares, group) / head_dim + eps);
}

template <int W>
__device__ __forceinline__ void rotate_pairs(float (&v)[W], const float (&cosine)[W], const float (&sine)[W])
{
    UNROLL for (int k = 0; k < W; k += 2)
    {
        const float a = v[k], b = v[k + 1];
        v[k] = fmaf(a, cosine[k], -in_order(b * sine[k]));
        v[k + 1] = fmaf(b, cosine[k + 1], in_order(a * sine[k + 1]));
    }
}

// One head by the lanes of a group; each lane reads and writes its own units, so that working in place is no hazard.
template <bool NORM, bool ROPE, bool PACKED, int W, typename T>
__device__ __forceinline__ void norm_rope_head(T* head, const T* weight, const float* cos, const float* sin, int head_dim,
                                               float eps, int lane, int group)
{
    const int whole = head_dim / W * W;
    const float rstd = NORM ? head_rstd<PACKED, W>(head, head_dim, eps, lane, group) : 1.0f;
    INDEPENDENT_ITERATIONS
    for (int c = lane * W; c < whole; c += group * W)
    {
        float v[W], w[W], cosine[W], sine[W];
        load_unit<PACKED>(head + c, v);
        if constexpr (NORM)
        {
            load_unit<PACKED>(weight + c, w);
            UNROLL for (int k = 0; k < W; ++k) v[k] = in_order(v[k] * rstd) * w[k];
        }
        if constexpr (ROPE)
        {
            load_unit<PACKED>(cos + c, cosine);
            load_unit<PACKED>(sin + c, sine);
            rotate_pairs(v, cosine, sine);
        }
        store_unit<PACKED>(head + c, v);
    }
    if (NORM && whole < head_dim && lane == 0)  // the last element of an odd head_dim, which has no rotation
        head[whole] = from_float<T>(in_order(to_float(head[whole]) * rstd) * to_float(weight[whole]));
}

template <bool NORM, bool ROPE, bool PACKED, int W, typename T>
__device__ __forceinline__ void norm_rope_tokens(T* x, const T* weight, const float* cos, const float* sin, int batch, int tokens,
                                                 int heads, int head_dim, int64 batch_stride, int64 token_stride, float eps)
{
    const int group = group_width(), lane = threadIdx.x % group;
    for (int64 r = blockIdx.x; r < (int64)batch * tokens; r += gridDim.x)
    {
        const int64 token = r % tokens, table = token * head_dim;
        T* x_token = x + r / tokens * batch_stride + token * token_stride;  // (heads, head_dim)
        for (int h = threadIdx.x / group; h < heads; h += blockDim.x / group)
            norm_rope_head<NORM, ROPE, PACKED, W>(x_token + (int64)h * head_dim, weight, cos + table, sin + table, head_dim, eps,
                                                  lane, group);
    }
}

template <bool PACKED, int W, typename T>
__device__ __forceinline__ void norm_rope(T* x, const T* weight, const float* cos, const float* sin, int batch, int tokens,
                                          int heads, int head_dim, int64 batch_stride, int64 token_stride, float eps)
{
    if (weight != nullptr && cos != nullptr)
        norm_rope_tokens<true, true, PACKED, W>(x, weight, cos, sin, batch, tokens, heads, head_dim, batch_stride, token_stride,
                                                eps);
    else if (weight != nullptr)
        norm_rope_tokens<true, false, PACKED, W>(x, weight, cos, sin, batch, tokens, heads, head_dim, batch_stride, token_stride,
                                                 eps);
    else if (cos != nullptr)
        norm_rope_tokens<false, true, PACKED, W>(x, weight, cos, sin, batch, tokens, heads, head_dim, batch_stride, token_stride,
                                                 eps);
}

template <typename T>
__global__ void qk_norm_rope(T* __restrict__ x, const T* __restrict__ weight, const float* __restrict__ cos,
                             const float* __restrict__ sin, int batch, int tokens, int heads, int head_dim, int64 batch_stride,
                             int64 token_stride, float eps)
{
    constexpr int N = PACK_WIDTH<T>;
    if (IS_GPU && packs_fit<N>(head_dim | batch_stride | token_stride, x, weight) && packs_fit<N>(head_dim, cos, sin))
        norm_rope<true, N>(x, weight, cos, sin, batch, tokens, heads, head_dim, batch_stride, token_stride, eps);
    else
        norm_rope<false, 2>(x, weight, cos, sin, batch, tokens, heads, head_dim, batch_stride, token_stride, eps);
}
