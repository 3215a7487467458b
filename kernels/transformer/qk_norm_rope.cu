// qk_norm_rope: per head x <- x * rsqrt(mean(x^2) + eps) * weight, then pairs (a, b) <- (a cos - b sin, b cos + a sin); in place
// shapes:  x (batch, tokens, heads, head_dim) T by strides; weight (head_dim) or null; cos, sin (tokens, head_dim) f32 or null
// launch:  grid.x any (tokens are block-strided), block.x any up to 1024, best a multiple of 16: 16 lanes share a head, else 1
// traffic: 2 * sizeof(T) bytes per element; the tables and the second reading of a head come from cache
// source:  Su et al. 2021, arXiv:2104.09864 (RoPE); Zhang & Sennrich 2019, arXiv:1910.07467 (RMS norm)
#include "../common/device.cuh"

// N neighbours: an aligned pack, or element by element on a GPU and from any address on a CPU.
template <bool PACKED, int N, typename T>
__device__ __forceinline__ void load_unit(const T* p, float (&v)[N])
{
    if constexpr (PACKED || !IS_GPU)
        load_floats(p, v);
    else
        UNROLL for (int k = 0; k < N; ++k) v[k] = to_float(p[k]);
}
template <bool PACKED, int N, typename T>
__device__ __forceinline__ void store_unit(T* p, const float (&v)[N])
{
    if constexpr (PACKED || !IS_GPU)
        store_floats(p, v);
    else
        UNROLL for (int k = 0; k < N; ++k) p[k] = from_float<T>(v[k]);
}

// Calls step.apply<N>(c) for this lane's units of a head's even part; they have W elements on a GPU, as many as fit on a CPU.
// A step is a struct: NVRTC takes no generic lambda inside a device function.
template <int W, typename Step>
__device__ __forceinline__ void for_units(int head_dim, int lane, int group, Step& step)
{
    int c = lane * W;
    if constexpr (!IS_GPU)
    {
        for (; c <= head_dim - TILE_WIDTH; c += TILE_WIDTH) step.template apply<TILE_WIDTH>(c);
        for (; c <= head_dim - 8; c += 8) step.template apply<8>(c);
    }
    for (; c <= head_dim - W; c += group * W) step.template apply<W>(c);
}

template <bool PACKED, typename T>
struct AddSquares
{
    const T* head;
    float squares;

    template <int N>
    __device__ __forceinline__ void apply(int c)
    {
        float v[N];
        load_unit<PACKED>(head + c, v);
        UNROLL for (int k = 0; k < N; ++k) squares += v[k] * v[k];
    }
};

template <bool PACKED, int W, typename T>
__device__ __forceinline__ float head_rstd(const T* head, int head_dim, float eps, int lane, int group)
{
    AddSquares<PACKED, T> step{head, 0.0f};
    for_units<W>(head_dim, lane, group, step);
    float squares = step.squares;
    if (head_dim % 2 != 0 && lane == 0) squares += to_float(head[head_dim - 1]) * to_float(head[head_dim - 1]);
    return rsqrtf(group_sum(squares, group) / head_dim + eps);
}

template <bool NORM, bool ROPE, bool PACKED, typename T>
struct NormRope
{
    T* head;
    const T* weight;
    const float *cos, *sin;
    float rstd;

    template <int N>
    __device__ __forceinline__ void apply(int c) const
    {
        float v[N];
        load_unit<PACKED>(head + c, v);
        if constexpr (NORM)
        {
            float w[N];
            load_unit<PACKED>(weight + c, w);
            UNROLL for (int k = 0; k < N; ++k) v[k] = in_order(v[k] * rstd) * w[k];
        }
        if constexpr (ROPE)
        {
            float turned[N], cosine[N], sine[N];
            quarter_turn(v, turned);
            load_unit<PACKED>(cos + c, cosine);
            load_unit<PACKED>(sin + c, sine);
            UNROLL for (int k = 0; k < N; ++k) v[k] = fmaf(v[k], cosine[k], in_order(turned[k] * sine[k]));
        }
        store_unit<PACKED>(head + c, v);
    }
};

// One head by the lanes of a group, rstd from head_rstd. Each lane reads and writes its own units, so that working in place is no
// hazard.
template <bool NORM, bool ROPE, bool PACKED, int W, typename T>
__device__ __forceinline__ void norm_rope_head(T* head, const T* weight, const float* cos, const float* sin, int head_dim,
                                               float rstd, int lane, int group)
{
    const NormRope<NORM, ROPE, PACKED, T> step{head, weight, cos, sin, rstd};
    for_units<W>(head_dim, lane, group, step);
    if (NORM && head_dim % 2 != 0 && lane == 0)  // the last element of an odd head_dim, which has no rotation
    {
        T& last = head[head_dim - 1];
        last = from_float<T>(in_order(to_float(last) * rstd) * to_float(weight[head_dim - 1]));
    }
}

template <bool NORM, bool ROPE, bool PACKED, int W, typename T>
__device__ __forceinline__ void norm_rope_tokens(T* x, const T* weight, const float* cos, const float* sin, int batch, int tokens,
                                                 int heads, int head_dim, int64 batch_stride, int64 token_stride, float eps)
{
    constexpr int HEADS = IS_GPU ? 1 : 16;  // a CPU has many sums under way before it needs the first
    const int group = group_width(), lane = threadIdx.x % group, step = blockDim.x / group;
    for (int64 r = blockIdx.x; r < (int64)batch * tokens; r += gridDim.x)
    {
        const int64 token = r % tokens, table = token * head_dim;
        T* x_token = x + r / tokens * batch_stride + token * token_stride;  // (heads, head_dim)
        for (int first = threadIdx.x / group; first < heads; first += HEADS * step)
        {
            float rstd[HEADS];
            for (int i = 0, h = first; i < HEADS && h < heads; ++i, h += step)
                rstd[i] = NORM ? head_rstd<PACKED, W>(x_token + (int64)h * head_dim, head_dim, eps, lane, group) : 1.0f;
            for (int i = 0, h = first; i < HEADS && h < heads; ++i, h += step)
                norm_rope_head<NORM, ROPE, PACKED, W>(x_token + (int64)h * head_dim, weight, cos + table, sin + table, head_dim,
                                                      rstd[i], lane, group);
        }
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
