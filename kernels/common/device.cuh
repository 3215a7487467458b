// device.cuh: the words that kernels are written in, for two targets: a GPU (NVRTC) and a CPU (g++, where a block is one thread)
// types:   int8, int64, uint8..uint64, bf16, fp16; to_float(T), from_float<T>(float) round to nearest even; sums belong in float
// loops:   i = threadIdx.x; i < n; i += blockDim.x inside, r = blockIdx.x; r < rows; r += gridDim.x outside: any block and grid
// steps:   for_row with load_floats, store_floats or load_lanes, store_lanes: PACK_WIDTH<T> neighbours, 16 bytes on a GPU (where
//          packs_fit) and 64 elements on a CPU
// meeting: threads of a block talk only through block_sum, block_max and group_sum; every thread must reach them
// headers: no CUDA or system header: users have libnvrtc alone, and the CPU build has a namespace for each ISA level
#pragma once

typedef long long int64;
typedef unsigned long long uint64;
typedef unsigned int uint32;
typedef unsigned short uint16;
typedef unsigned char uint8;
typedef signed char int8;

struct bf16
{
    uint16 bits;
};
struct fp16
{
    uint16 bits;
};

#ifdef __CUDACC_RTC__
#include "gpu.cuh"
#else
#include "cpu.cuh"
#endif

// ---- what both targets share, in terms of the above ------------------------------------------------------------------------

template <typename T>
struct Storage;
template <>
struct Storage<float>
{
    static __device__ __forceinline__ float load(float v) { return v; }
    static __device__ __forceinline__ float store(float v) { return v; }
};
template <>
struct Storage<bf16>
{
    static __device__ __forceinline__ float load(bf16 v) { return bf16_to_float(v.bits); }
    static __device__ __forceinline__ bf16 store(float v) { return bf16{float_to_bf16(v)}; }
};
template <>
struct Storage<fp16>
{
    static __device__ __forceinline__ float load(fp16 v) { return fp16_to_float(v.bits); }
    static __device__ __forceinline__ fp16 store(float v) { return fp16{float_to_fp16(v)}; }
};

template <typename T>
__device__ __forceinline__ float to_float(T value)
{
    return Storage<T>::load(value);
}
template <typename T>
__device__ __forceinline__ T from_float(float value)
{
    return Storage<T>::store(value);
}

// ---- rows in steps of N neighbours: 16-byte requests on a GPU, tiles of vector loops on a CPU ------------------------------
// A step is load_floats, arithmetic on float v[N], store_floats; left is how many elements the row still has. On a CPU the last
// step of a row may be short: it is padded, computed like any other and stored in part, so that no result depends on its place.
// Where all arrays of a step have one type and its arithmetic goes element by element, load_lanes and store_lanes do the same in
// the order that suits the device and type. round_lanes<T>(v) with store_rounded instead keeps in v what is stored.

// Calls step(c, left) for this thread's steps of a row; step is [&](int c, int left) ALWAYS_INLINE { ... }.

template <int N, typename Step>
__device__ __forceinline__ void for_row(int length, Step step)
{
    int c = threadIdx.x * N;
    for (; c <= length - N; c += blockDim.x * N) step(c, N);
    if (!IS_GPU && c < length) step(c, length - c);  // on a GPU N divides the length
}

#ifdef __CUDACC_RTC__
template <typename T, int N>
struct alignas(sizeof(T) * N) Pack
{
    T value[N];
};
template <typename T, int N>
__device__ __forceinline__ Pack<T, N> load_pack(const T* p)
{
    return *reinterpret_cast<const Pack<T, N>*>(p);
}
// Stores in one request. As a plain assignment NVRTC stores element by element wherever it does not see through the address: 4.5
// times the sectors in bf16, and 4-way bank conflicts.
__device__ __forceinline__ void store_shared(float* p, Pack<float, 4> v)
{
    asm volatile("st.shared.v4.f32 [%0], {%1, %2, %3, %4};" ::"r"((uint32)__cvta_generic_to_shared(p)), "f"(v.value[0]),
                 "f"(v.value[1]), "f"(v.value[2]), "f"(v.value[3])
                 : "memory");
}
template <typename T, int N>
__device__ __forceinline__ void store_pack(T* p, Pack<T, N> v)
{
    constexpr int WORDS = sizeof(v) / 4;
    if constexpr (WORDS == 1 || WORDS == 2 || WORDS == 4)
    {
        uint32 w[WORDS];
        memcpy(w, &v, sizeof(v));
        if constexpr (WORDS == 1)
            asm volatile("st.global.b32 [%0], %1;" ::"l"(__cvta_generic_to_global(p)), "r"(w[0]) : "memory");
        else if constexpr (WORDS == 4)
            asm volatile("st.global.v4.b32 [%0], {%1, %2, %3, %4};" ::"l"(__cvta_generic_to_global(p)), "r"(w[0]), "r"(w[1]),
                         "r"(w[2]), "r"(w[3])
                         : "memory");
        else
            asm volatile("st.global.v2.b32 [%0], {%1, %2};" ::"l"(__cvta_generic_to_global(p)), "r"(w[0]), "r"(w[1]) : "memory");
    }
    else
    {
        *reinterpret_cast<Pack<T, N>*>(p) = v;
    }
}
template <typename T>
__device__ __forceinline__ bool is_aligned(const T* p, int bytes)
{
    return p == nullptr || (reinterpret_cast<uint64>(p) & (bytes - 1)) == 0;
}

// Whether packs of N start aligned in every row: lengths is the bitwise or of the row length and all strides; null pointers fit.
template <int N, typename... T>
__device__ __forceinline__ bool packs_fit(int64 lengths, const T*... pointers)
{
    return N == 1 || (lengths % N == 0 && (is_aligned(pointers, N * (int)sizeof(T) < 16 ? N * (int)sizeof(T) : 16) && ...));
}
template <int N, typename T>
__device__ __forceinline__ void load_floats(const T* p, float (&values)[N], int = N, float = 0.0f)
{
    constexpr int WIDTH = N < PACK_WIDTH<T> ? N : PACK_WIDTH<T>;
    UNROLL for (int i = 0; i < N; i += WIDTH)
    {
        const Pack<T, WIDTH> pack = load_pack<T, WIDTH>(p + i);
        UNROLL for (int k = 0; k < WIDTH; ++k) values[i + k] = to_float(pack.value[k]);
    }
}
template <int N, typename T>
__device__ __forceinline__ void store_floats(T* p, const float (&values)[N], int = N)
{
    constexpr int WIDTH = N < PACK_WIDTH<T> ? N : PACK_WIDTH<T>;
    UNROLL for (int i = 0; i < N; i += WIDTH)
    {
        Pack<T, WIDTH> pack;
        UNROLL for (int k = 0; k < WIDTH; ++k) pack.value[k] = from_float<T>(values[i + k]);
        store_pack(p + i, pack);
    }
}
template <int N, typename T>
__device__ __forceinline__ void load_lanes(const T* p, float (&values)[N], int = N, float = 0.0f)
{
    load_floats(p, values);
}
template <int N, typename T>
__device__ __forceinline__ void store_lanes(T* p, const float (&values)[N], int = N)
{
    store_floats(p, values);
}
template <typename T, int N>
__device__ __forceinline__ void round_lanes(float (&values)[N])
{
    UNROLL for (int k = 0; k < N; ++k) values[k] = to_float(from_float<T>(values[k]));
}
template <int N, typename T>
__device__ __forceinline__ void store_rounded(T* p, const float (&values)[N], int = N)
{
    store_floats(p, values);
}
template <typename F, typename T, int N>
__device__ __forceinline__ void logistic_products(float (&x)[N])
{
    UNROLL for (int k = 0; k < N; ++k) x[k] = logistic_product(x[k], F::argument(x[k]));
}
typedef float PartialSum;
template <int N>
__device__ __forceinline__ PartialSum sum_of_squares(const float (&v)[N])
{
    float sum = 0.0f;
    UNROLL for (int k = 0; k < N; ++k) sum += v[k] * v[k];
    return sum;
}
template <int COUNT>
__device__ __forceinline__ void add_parts(PartialSum (&sums)[COUNT], float (&totals)[COUNT])
{
    UNROLL for (int i = 0; i < COUNT; ++i) totals[i] = sums[i];
}
template <typename T, int N>
__device__ __forceinline__ void load_as_lanes(const float* p, float (&values)[N], int)
{
    load_floats(p, values);
}
template <typename T, int N>
__device__ __forceinline__ void swap_pairs(const float (&v)[N], float (&swapped)[N])
{
    UNROLL for (int k = 0; k < N; ++k) swapped[k] = v[k ^ 1];
}
template <typename T, int N>
__device__ __forceinline__ void negate_first(float (&v)[N])
{
    UNROLL for (int k = 0; k < N; k += 2) v[k] = -v[k];
}
#else
#include "cpu_steps.cuh"
#include "cpu_lanes.cuh"
#endif

// Flat kernels take their elements in spans, one block a span, so that a block's elements are neighbours on both targets.
constexpr int SPAN = 2048;
__device__ __forceinline__ int64 span_count(int64 count) { return (count + SPAN - 1) / SPAN; }
