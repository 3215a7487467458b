// cpu_steps.cuh: device.cuh's steps of N neighbours on a CPU: loops of constant length over vectors; any length from any address
// floats: load_floats, store_floats keep the order of memory: v[k] is neighbour k
// lanes:  load_lanes, store_lanes are cheaper for bf16: a vector of pairs widens by one shift (the even ones) and one mask (the
//         odd ones), and the rounded halves meet again by one or. The order is the same for all arrays of one type
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

// ---- lanes: floats and halves as they come, bf16 in even and odd neighbours ------------------------------------------------

typedef uint32 WordVector __attribute__((vector_size(sizeof(FloatVector))));
constexpr int PAIRED = 2 * VECTOR_WIDTH;  // bf16 in one vector
template <int N, typename T>
constexpr bool is_paired = false;
template <int N>
constexpr bool is_paired<N, bf16> = N % PAIRED == 0;

// The neighbour that lane k holds.
template <int N, typename T>
constexpr int neighbour_of(int k)
{
    return is_paired<N, T> ? k / PAIRED * PAIRED + k % VECTOR_WIDTH * 2 + k / VECTOR_WIDTH % 2 : k;
}

template <int N, typename T>
__forceinline__ void widen_lanes(const T* p, float (&values)[N])
{
    if constexpr (is_paired<N, T>)
        for (int k = 0; k < N; k += PAIRED)
        {
            const WordVector pairs = load_vector<WordVector>(p + k);
            store_vector(values + k, pairs << 16);
            store_vector(values + k + VECTOR_WIDTH, pairs & 0xffff0000u);
        }
    else
        widen(p, values);
}
template <int N, typename T>
__forceinline__ void narrow_lanes(T* p, const float (&values)[N])
{
    if constexpr (is_paired<N, T>)
        for (int k = 0; k < N; k += PAIRED)
        {
            const WordVector even = round_words<VECTOR_WIDTH>(values + k);
            const WordVector odd = round_words<VECTOR_WIDTH>(values + k + VECTOR_WIDTH);
            store_vector(p + k, even >> 16 | (odd & 0xffff0000u));
        }
    else
        narrow(p, values);
}
template <int N, typename T>
__forceinline__ void load_lanes(const T* p, float (&values)[N], int left = N, float pad = 0.0f)
{
    if (left >= N) return widen_lanes(p, values);
    T part[N] = {};
    for (int k = 0; k < left; ++k) part[k] = p[k];
    widen_lanes(part, values);
    for (int k = 0; k < N; ++k) values[k] = neighbour_of<N, T>(k) < left ? values[k] : pad;
}
template <int N, typename T>
__forceinline__ void store_lanes(T* p, const float (&values)[N], int left = N)
{
    if (left >= N) return narrow_lanes(p, values);
    T part[N];
    narrow_lanes(part, values);
    for (int k = 0; k < left; ++k) p[k] = part[k];
}

// Lanes become what is stored.
template <typename T, int N>
__forceinline__ void round_lanes(float (&values)[N])
{
    if constexpr (is_paired<N, T>)
        for (int k = 0; k < N; k += VECTOR_WIDTH) store_vector(values + k, round_words<VECTOR_WIDTH>(values + k) & 0xffff0000u);
    else if constexpr (sizeof(T) != sizeof(float))
    {
        T part[N];
        narrow(part, values);
        widen(part, values);
    }
}
template <int N, typename T>
__forceinline__ void store_rounded(T* p, const float (&values)[N], int left = N)
{
    if constexpr (is_paired<N, T>)
        if (left >= N)
        {
            for (int k = 0; k < N; k += PAIRED)
            {
                const WordVector even = load_vector<WordVector>(values + k);
                store_vector(p + k, even >> 16 | load_vector<WordVector>(values + k + VECTOR_WIDTH));
            }
            return;
        }
    store_lanes(p, values, left);
}

// Pairs of neighbours (a, b) become (-b, a): in 64 bits, the halves change places and the lower one its sign.
template <int N>
__forceinline__ void quarter_turn(const float (&v)[N], float (&turned)[N])
{
    constexpr int M = WIDTH_IN<N>;
    for (int k = 0; k < N; k += M)
    {
        const auto pairs = load_vector<typename VectorOf<uint64, M / 2>::Type>(v + k);
        store_vector(turned + k, (pairs >> 32 | pairs << 32) ^ 0x80000000u);
    }
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

// x <- x / (1 + e^-2u), u = F::SCALE * F::argument(x), as exact as T can show. A NaN comes through x.
template <typename F, typename T, int N>
__forceinline__ void logistic_products(float (&x)[N])
{
    if constexpr (sizeof(T) == 2 && N % VECTOR_WIDTH == 0)
    {
        float u[N];
        for (int k = 0; k < N; ++k) u[k] = F::argument(x[k]);
        for (int k = 0; k < N; k += VECTOR_WIDTH)
        {
            const FloatVector exponent = load_vector<FloatVector>(u + k) * (F::SCALE * -2.8853900818f);
            store_vector(x + k, load_vector<FloatVector>(x + k) / (exp2_short<T>(exponent) + 1.0f));
        }
    }
    else
        for (int k = 0; k < N; ++k) x[k] = logistic_product(x[k], F::SCALE * F::argument(x[k]));
}
