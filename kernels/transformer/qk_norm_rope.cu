// qk_norm_rope: per head x <- x * rsqrt(mean(x^2) + eps) * weight, then pairs (a, b) <- (a cos - b sin, b cos + a sin); in place
// shapes:  x (batch, tokens, heads, head_dim) T by strides; weight (head_dim) or null; cos, sin (tokens, head_dim) f32 or null
// launch:  grid.x any (tokens are block-strided), block.x any up to 1024, best a multiple of 32: 16 or 32 lanes share a head, else 1
// traffic: 2 * sizeof(T) bytes per element; the tables and the second reading of a head come from cache
// source:  Su et al. 2021, arXiv:2104.09864 (RoPE); Zhang & Sennrich 2019, arXiv:1910.07467 (RMS norm)
#include "../common/device.cuh"

// A unit of N neighbours, of which a head may have but left on a CPU: an aligned pack, or element by element on a GPU and from
// any address on a CPU; in the order of T's lanes.
template <bool PACKED, int N, typename T>
__device__ __forceinline__ void load_unit(const T* p, float (&v)[N], int left)
{
    if constexpr (PACKED || !IS_GPU)
        load_lanes(p, v, left);
    else
        UNROLL for (int k = 0; k < N; ++k) v[k] = to_float(p[k]);
}
template <bool PACKED, typename T, int N>
__device__ __forceinline__ void load_table_unit(const float* p, float (&v)[N], int left)
{
    if constexpr (PACKED || !IS_GPU)
        load_as_lanes<T>(p, v, left);
    else
        UNROLL for (int k = 0; k < N; ++k) v[k] = p[k];
}
template <bool PACKED, int N, typename T>
__device__ __forceinline__ void store_unit(T* p, const float (&v)[N], int left)
{
    if constexpr (PACKED || !IS_GPU)
        store_lanes(p, v, left);
    else
        UNROLL for (int k = 0; k < N; ++k) p[k] = from_float<T>(v[k]);
}

// Calls step.apply<N>(c, left) for this lane's units of a head's even part; they have W elements on a GPU, tiles and ends on a
// CPU. A step is a struct: NVRTC takes no generic lambda inside a device function.
template <int W, typename Step>
__device__ __forceinline__ void for_units(int head_dim, int lane, int group, Step& step)
{
    int c = lane * W;
    if constexpr (!IS_GPU)
    {
        const int even = head_dim / 2 * 2;
        for (; c <= even - TILE_WIDTH; c += TILE_WIDTH) step.template apply<TILE_WIDTH>(c, TILE_WIDTH);
        for (; c <= even - END_WIDTH; c += END_WIDTH) step.template apply<END_WIDTH>(c, END_WIDTH);
        if (c < even) step.template apply<END_WIDTH>(c, even - c);
    }
    else
        for (; c <= head_dim - W; c += group * W) step.template apply<W>(c, W);
}

// Heads of one token, each stride after the one before.
template <typename T>
struct Heads
{
    T* x;
    int64 stride;
    int count;

    __device__ __forceinline__ T* at(int h) const { return x + h * stride; }
    __device__ __forceinline__ Heads part(int first, int most) const { return {at(first), stride, min(most, count - first)}; }
};

// A CPU does each unit of so many heads before the next one, as the sums of one head alone would be a chain, and weight, cos and
// sin come into the order of lanes once.
constexpr int HEADS = IS_GPU ? 1 : 24, SUMS = IS_GPU ? 1 : 8;

template <bool PACKED, typename T>
struct AddSquares
{
    Heads<T> heads;  // at most SUMS
    PartialSum squares[SUMS] = {};

    template <int N>
    __device__ __forceinline__ void apply(int c, int left)
    {
        ROLLED for (int h = 0; h < heads.count; ++h)
        {
            float v[N];
            load_unit<PACKED>(heads.at(h) + c, v, left);
            squares[h] += sum_of_squares(v);
        }
    }
};

template <bool PACKED, int W, typename T>
__device__ __forceinline__ void heads_rstd(Heads<T> heads, float (&rstd)[HEADS], int head_dim, float eps, int lane, int group)
{
    for (int first = 0; first < heads.count; first += SUMS)
    {
        AddSquares<PACKED, T> step{heads.part(first, SUMS)};
        for_units<W>(head_dim, lane, group, step);
        float squares[SUMS];
        add_parts(step.squares, squares);
        for (int h = 0; head_dim % 2 != 0 && lane == 0 && h < step.heads.count; ++h)
        {
            const float last = to_float(step.heads.at(h)[head_dim - 1]);
            squares[h] += last * last;
        }
        UNROLL for (int h = 0; h < SUMS; ++h) rstd[first + h] = rsqrtf(group_sum(squares[h], group) / head_dim + eps);
    }
}

template <bool NORM, bool ROPE, bool PACKED, typename T>
struct NormRope
{
    Heads<T> heads;
    const float* rstd;  // (heads)
    const T* weight;
    const float *cos, *sin;

    // With norm and rotation (a, b) becomes rstd (a own_a + b other_a, b own_b + a other_b).
    template <int N>
    __device__ __forceinline__ void factors(int c, int left, float (&own)[N], float (&other)[N]) const
    {
        UNROLL for (int k = 0; k < N; ++k) own[k] = other[k] = 1.0f;
        if constexpr (NORM)
        {
            load_unit<PACKED>(weight + c, own, left);
            swap_pairs<T>(own, other);
        }
        if constexpr (ROPE)
        {
            float cosine[N], sine[N];
            load_table_unit<PACKED, T>(cos + c, cosine, left);
            load_table_unit<PACKED, T>(sin + c, sine, left);
            negate_first<T>(sine);
            UNROLL for (int k = 0; k < N; ++k) own[k] *= cosine[k];
            UNROLL for (int k = 0; k < N; ++k) other[k] *= sine[k];
        }
    }

    // Each lane reads and writes its own units, so that working in place is no hazard.
    template <int N>
    __device__ __forceinline__ void apply(int c, int left) const
    {
        float own[N], other[N];
        factors(c, left, own, other);
        ROLLED for (int h = 0; h < heads.count; ++h)
        {
            T* unit = heads.at(h) + c;
            float v[N], swapped[N];
            load_unit<PACKED>(unit, v, left);
            if constexpr (NORM) UNROLL for (int k = 0; k < N; ++k) v[k] = in_order(v[k] * rstd[h]);
            if constexpr (ROPE)
            {
                swap_pairs<T>(v, swapped);
                UNROLL for (int k = 0; k < N; ++k) v[k] = fmaf(v[k], own[k], in_order(swapped[k] * other[k]));
            }
            else
                UNROLL for (int k = 0; k < N; ++k) v[k] *= own[k];
            store_unit<PACKED>(unit, v, left);
        }
    }
};

template <bool NORM, bool ROPE, bool PACKED, int W, typename T>
__device__ __forceinline__ void norm_rope_heads(Heads<T> heads, const T* weight, const float* cos, const float* sin, int head_dim,
                                                float eps, int lane, int group)
{
    float rstd[HEADS];
    if constexpr (NORM) heads_rstd<PACKED, W>(heads, rstd, head_dim, eps, lane, group);
    const NormRope<NORM, ROPE, PACKED, T> step{heads, rstd, weight, cos, sin};
    for_units<W>(head_dim, lane, group, step);
    for (int h = 0; NORM && head_dim % 2 != 0 && lane == 0 && h < heads.count; ++h)
    {
        T& last = heads.at(h)[head_dim - 1];  // which has no rotation
        last = from_float<T>(in_order(to_float(last) * rstd[h]) * to_float(weight[head_dim - 1]));
    }
}

template <bool NORM, bool ROPE, bool PACKED, int W, typename T>
__device__ __forceinline__ void norm_rope_tokens(T* x, const T* weight, const float* cos, const float* sin, int batch, int tokens,
                                                 int heads, int head_dim, int64 batch_stride, int64 token_stride, float eps)
{
    const int group = group_width(head_dim / W), lane = threadIdx.x % group, step = blockDim.x / group;
    for (int64 r = blockIdx.x; r < (int64)batch * tokens; r += gridDim.x)
    {
        const int64 token = r % tokens, table = token * head_dim;
        T* x_token = x + r / tokens * batch_stride + token * token_stride;  // (heads, head_dim)
        for (int first = threadIdx.x / group; first < heads; first += HEADS * step)
        {
            const int left = (heads - first + step - 1) / step;
            const Heads<T> some{x_token + (int64)first * head_dim, (int64)step * head_dim, min(HEADS, left)};
            norm_rope_heads<NORM, ROPE, PACKED, W>(some, weight, cos + table, sin + table, head_dim, eps, lane, group);
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
    constexpr int N = PACK_WIDTH<float>;
    if (IS_GPU && packs_fit<N>(head_dim | batch_stride | token_stride, x, weight) && packs_fit<N>(head_dim, cos, sin))
        norm_rope<true, N>(x, weight, cos, sin, batch, tokens, heads, head_dim, batch_stride, token_stride, eps);
    else
        norm_rope<false, 2>(x, weight, cos, sin, batch, tokens, heads, head_dim, batch_stride, token_stride, eps);
}
