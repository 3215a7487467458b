// cpu_steps.cuh: device.cuh's steps of N neighbours on a CPU: loops of constant length over vectors; any length from any address
// floats: load_floats, store_floats keep the order of memory: v[k] is neighbour k
// short:  the last step of a row is padded, computed like any other and stored in part
#pragma once

template <typename A, typename B>
constexpr bool is_same = false;
template <typename A>
constexpr bool is_same<A, A> = true;

template <int N, typename... T>
constexpr bool packs_fit(int64, const T*...)
{
    return true;  // any length from any address
}

// ---- vectors of M values: a plain copying loop would become a memcpy, which no optimisation sees through -------------------

template <typename E, int M>
struct VectorOf
{
    typedef E Type __attribute__((vector_size(M * sizeof(E))));
};
template <int N>
constexpr int WIDTH_IN = N < VECTOR_WIDTH ? N : VECTOR_WIDTH;  // of the vectors of a step

#define EVERY_VECTOR _Pragma("GCC unroll 32")  // of a step, in registers

template <typename V>
__forceinline__ V load_vector(const void* p)
{
    V vector;
    __builtin_memcpy(&vector, p, sizeof vector);
    return vector;
}
template <typename V>
__forceinline__ void store_vector(void* p, V vector)
{
    __builtin_memcpy(p, &vector, sizeof vector);
}

// The nearest bf16 in the upper half of each word; the lower half is left over. As float_to_bf16.
template <int M>
__forceinline__ auto round_words(const float* values)
{
    typedef typename VectorOf<uint32, M>::Type Words;
    const auto value = load_vector<typename VectorOf<float, M>::Type>(values);
    const Words bits = (Words)value;
    return (Words)(value == value ? bits + 0x7fffu + (bits >> 16 & 1u) : Words{} + 0x7fffffffu);
}

template <int N, typename T>
__forceinline__ void widen(const T* p, float (&values)[N])
{
    constexpr int M = WIDTH_IN<N>;
    static_assert(N % M == 0);
    for (int k = 0; k < N; k += M)
        if constexpr (sizeof(T) == sizeof(float))
            store_vector(values + k, load_vector<typename VectorOf<float, M>::Type>(p + k));
        else if constexpr (is_same<T, bf16> && N == M)  // longer steps are loops that the compiler vectorises well
        {
            const auto halves = load_vector<typename VectorOf<uint16, M>::Type>(p + k);
#ifdef __AVX2__
            if constexpr (M == 8)  // which the compiler splits in two
                return store_vector(values, __builtin_ia32_pmovzxwd256((typename VectorOf<short, 8>::Type)halves) << 16);
#endif
            store_vector(values + k, __builtin_convertvector(halves, typename VectorOf<uint32, M>::Type) << 16);
        }
#ifdef __F16C__
        else if constexpr (is_same<T, fp16> && M == VECTOR_WIDTH)
            widen_halves(p + k, values + k);
#endif
        else
            for (int i = k; i < k + M; ++i) values[i] = to_float(p[i]);
}
template <int N, typename T>
__forceinline__ void narrow(T* p, const float (&values)[N])
{
    constexpr int M = WIDTH_IN<N>;
    static_assert(N % M == 0);
    for (int k = 0; k < N; k += M)
        if constexpr (sizeof(T) == sizeof(float))
            store_vector(p + k, load_vector<typename VectorOf<float, M>::Type>(values + k));
        else if constexpr (is_same<T, bf16> && N == M)
            store_vector(p + k, __builtin_convertvector(round_words<M>(values + k) >> 16, typename VectorOf<uint16, M>::Type));
#ifdef __F16C__
        else if constexpr (is_same<T, fp16> && M == VECTOR_WIDTH)
            narrow_halves(p + k, values + k);
#endif
        else
            for (int i = k; i < k + M; ++i) p[i] = from_float<T>(values[i]);
}
template <int N, typename T>
__forceinline__ void load_floats(const T* p, float (&values)[N], int left = N, float pad = 0.0f)
{
    if (left >= N) return widen(p, values);
    T part[N] = {};
    for (int k = 0; k < left; ++k) part[k] = p[k];
    widen(part, values);
    for (int k = 0; k < N; ++k) values[k] = k < left ? values[k] : pad;
}
template <int N, typename T>
__forceinline__ void store_floats(T* p, const float (&values)[N], int left = N)
{
    if (left >= N) return narrow(p, values);
    T part[N];
    narrow(part, values);
    for (int k = 0; k < left; ++k) p[k] = part[k];
}

// ---- the logistic function of a step ---------------------------------------------------------------------------------------

// 2^t, 0 far below 2^-126 and infinite far above 2^127, as exact as a result in T can show: within 8e-5 of itself for bf16, 4e-6
// for fp16.
template <typename T>
__forceinline__ FloatVector exp2_short(FloatVector t)
{
#ifdef __AVX512F__
    const FloatVector r = __builtin_ia32_reduceps512_mask(t, 1, t, (short)-1);  // t - floor(t); 0 for the infinities
    FloatVector p;
    if constexpr (is_same<T, bf16>)
        p = ((7.80245227e-2f * r + 2.26067155e-1f) * r + 6.95833541e-1f) * r + 9.99925219e-1f;
    else
        p = (((1.35341679e-2f * r + 5.20114606e-2f) * r + 2.41442757e-1f) * r + 6.93003834e-1f) * r + 1.00000259f;
    return __builtin_ia32_scalefps512_mask(p, t, t, (short)-1, 4);  // p 2^floor(t)
#else
    typedef int IntVector __attribute__((vector_size(sizeof(FloatVector))));
#ifdef __AVX__
    const FloatVector bounded =
        __builtin_ia32_minps256(__builtin_ia32_maxps256(t, FloatVector{} - 126.0f), FloatVector{} + 128.0f);
    const FloatVector whole = __builtin_ia32_roundps256(bounded, 0), r = bounded - whole;
#else
    const FloatVector bounded = __builtin_ia32_minps(__builtin_ia32_maxps(t, FloatVector{} - 126.0f), FloatVector{} + 128.0f);
    const FloatVector whole = __builtin_ia32_roundps(bounded, 0), r = bounded - whole;
#endif
    const FloatVector p =  // exactly 1 at r = 0, so that 2^128 has the bits of infinity
        (((9.78291255e-3f * r + 5.59768836e-2f) * r + 2.40207111e-1f) * r + 6.93113604e-1f) * r + 1.0f;
    return (FloatVector)((IntVector)p + (__builtin_convertvector(whole, IntVector) << 23));
#endif
}

// x <- x / (1 + e^-2u), u = F::argument(x), as exact as T can show. A NaN comes through x.
template <typename F, typename T, int N>
__forceinline__ void logistic_products(float (&x)[N])
{
    if constexpr (sizeof(T) == 2 && N % VECTOR_WIDTH == 0)
    {
        float t[N];
        for (int k = 0; k < N; ++k) t[k] = F::argument(x[k], -2.8853900818f);  // -2 u log2(e)
        EVERY_VECTOR for (int k = 0; k < N; k += VECTOR_WIDTH)
            store_vector(x + k, load_vector<FloatVector>(x + k) / (exp2_short<T>(load_vector<FloatVector>(t + k)) + 1.0f));
    }
    else
        for (int k = 0; k < N; ++k) x[k] = logistic_product(x[k], F::argument(x[k]));
}
