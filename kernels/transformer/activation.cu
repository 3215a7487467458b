// gelu_tanh, gelu_erf: y = x P(x), P = (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2 or (1 + erf(x / sqrt 2)) / 2
// shapes:  x, y (count) T; y may be x. quick_gelu: y = x s(1.702 x), silu: y = x s(x), s = the logistic function
// launch:  grid.x any (spans of SPAN elements are block-strided), block.x any; packs of 16 bytes where the pointers allow
// traffic: 2 * sizeof(T) bytes per element
// source:  Hendrycks & Gimpel 2016, Gaussian Error Linear Units, arXiv:1606.08415
#include "../common/gelu.cuh"

// Activations of a step, stored as T.
struct GeluErf
{
    template <typename T, int N>
    static __device__ __forceinline__ void apply(float (&v)[N])
    {
        UNROLL for (int k = 0; k < N; ++k) v[k] = 0.5f * v[k] * (1.0f + erff(in_order(v[k] * 0.7071067812f)));
    }
};
struct QuickGelu
{
    static __device__ __forceinline__ float argument(float x, float unit = 1.0f) { return x * (0.851f * unit); }
};
struct Silu
{
    static __device__ __forceinline__ float argument(float x, float unit = 1.0f) { return x * (0.5f * unit); }
};
template <typename F>
struct Logistic
{
    template <typename T, int N>
    static __device__ __forceinline__ void apply(float (&v)[N])
    {
        logistic_products<F, T>(v);
    }
};

template <typename F, int N, typename T>
__device__ __forceinline__ void activate_spans(T* y, const T* x, int64 count)
{
    for (int64 span = blockIdx.x; span < span_count(count); span += gridDim.x)
    {
        const int64 start = span * SPAN;
        const int length = count - start < SPAN ? (int)(count - start) : SPAN;
        const auto step = [&](int i, int left) ALWAYS_INLINE
        {
            float v[N];
            load_lanes(x + start + i, v, left);
            F::template apply<T>(v);
            store_lanes(y + start + i, v, left);
        };
        for_row<N>(length, step);
    }
}

template <typename F, typename T>
__device__ __forceinline__ void activate(T* y, const T* x, int64 count)
{
    constexpr int N = (IS_GPU ? 1 : 2) * PACK_WIDTH<T>;  // a CPU has more to do between one step of a chain and the next
    if (packs_fit<N>(count, y, x))
        activate_spans<F, N>(y, x, count);
    else
        activate_spans<F, 1>(y, x, count);
}

template <typename T>
__global__ void gelu_tanh(T* y, const T* x, int64 count)
{
    activate<Logistic<GeluTanh>>(y, x, count);
}
template <typename T>
__global__ void gelu_erf(T* y, const T* x, int64 count)
{
    activate<GeluErf>(y, x, count);
}
template <typename T>
__global__ void quick_gelu(T* y, const T* x, int64 count)
{
    activate<Logistic<QuickGelu>>(y, x, count);
}
template <typename T>
__global__ void silu(T* y, const T* x, int64 count)
{
    activate<Logistic<Silu>>(y, x, count);
}
