// quantize_rows: q[r,c] = x[r,c] / scale[r] to nearest even, scale[r] = max_c |x[r,c]| / 127; zeros from dim to length
// shapes:  x (rows, dim) T by row strides; q (rows, length) int8, length >= dim; scales (rows) f32
// launch:  grid.x any (rows are block-strided), block.x any up to 1024; packs of 16 bytes of x where strides and pointers allow
// traffic: sizeof(T) + 1 bytes per element; the second pass reads x from cache
// source:  Dettmers et al. 2022, LLM.int8(), arXiv:2208.07339, 2.1 (vector-wise quantization)
//
// A row with a NaN or an infinity has the scale NaN and zeros, so that whatever is computed from it is NaN.
#include "../common/device.cuh"

constexpr float LEAST_MAXIMUM = 1e-30f;  // rows below it are zeros: 127 over it is still finite

// max |x|, infinite where a value is NaN or infinite: as integers, the bits of |x| rise with it, and those of NaN lie above all.
template <int N, typename T>
__device__ __forceinline__ float row_maximum(const T* x, int dim)
{
    uint32 most[N] = {};
    const auto step = [&](int c, int left) ALWAYS_INLINE
    {
        float v[N];
        load_floats(x + c, v, left);
        UNROLL for (int k = 0; k < N; ++k)
        {
            const uint32 bits = float_as_uint(v[k]) & 0x7fffffffu;
            most[k] = bits > most[k] ? bits : most[k];
        }
    };
    for_row<N>(dim, step);
    uint32 all = 0;
    UNROLL for (int k = 0; k < N; ++k) all = most[k] > all ? most[k] : all;
    return block_max(uint_as_float(all < 0x7f800000u ? all : 0x7f800000u));
}

template <int N>
__device__ __forceinline__ void store_int8(int8* q, const int (&values)[N], int left)
{
#ifdef __CUDACC_RTC__
    Pack<int8, N> pack;
    UNROLL for (int k = 0; k < N; ++k) pack.value[k] = (int8)values[k];
    store_pack(q, pack);
#else
    if (left >= N)
        for (int k = 0; k < N; ++k) q[k] = (int8)values[k];
    else
        for (int k = 0; k < left; ++k) q[k] = (int8)values[k];
#endif
}

template <int N, typename T>
__device__ __forceinline__ void quantize(int8* q, float* scales, const T* x, int rows, int dim, int64 x_stride, int length)
{
    for (int r = blockIdx.x; r < rows; r += gridDim.x)
    {
        const T* x_row = x + r * x_stride;    // (dim)
        int8* q_row = q + (int64)r * length;  // (length)
        const float maximum = row_maximum<N>(x_row, dim), bounded = fmaxf(maximum, LEAST_MAXIMUM);
        const bool is_finite = float_as_uint(maximum) < 0x7f800000u;
        const float factor = 127.0f / bounded;
        const auto step = [&](int c, int left) ALWAYS_INLINE
        {
            float v[N];
            int whole[N];
            load_floats(x_row + c, v, left);
            UNROLL for (int k = 0; k < N; ++k)
            {
                const float shifted = fmaf(v[k], factor, 12582912.0f);  // 1.5 * 2^23: the adder rounds to an integer
                whole[k] = is_finite ? (int)float_as_uint(shifted) - 0x4b400000 : 0;
            }
            store_int8(q_row + c, whole, left);
        };
        for_row<N>(dim, step);
        for (int c = dim + threadIdx.x; c < length; c += blockDim.x) q_row[c] = 0;
        if (threadIdx.x == 0) scales[r] = is_finite ? bounded / 127.0f : uint_as_float(0x7fc00000u);
    }
}

template <typename T>
__global__ void quantize_rows(int8* __restrict__ q, float* __restrict__ scales, const T* __restrict__ x, int rows, int dim,
                              int64 x_stride, int length)
{
    constexpr int N = PACK_WIDTH<T>;
    if (packs_fit<N>(dim | x_stride | length, x, q))
        quantize<N>(q, scales, x, rows, dim, x_stride, length);
    else
        quantize<1>(q, scales, x, rows, dim, x_stride, length);
}
