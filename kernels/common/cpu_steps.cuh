// cpu_steps.cuh: device.cuh's steps of N neighbours on a CPU: loops of constant length over vectors; any length from any address
// floats: load_floats, store_floats keep the order of memory: v[k] is neighbour k
// lanes:  load_lanes, store_lanes are cheaper for bf16: a vector of pairs widens by one shift (the even ones) and one mask (the
//         odd ones), and the rounded halves meet again by one or. The order is the same for all arrays of one type
// short:  the last step of a row is padded, computed like any other and stored in part
#pragma once

template <int N, typename... T>
constexpr bool packs_fit(int64, const T*...)
{
    return true;  // any length from any address
}
template <int N, typename T>
__forceinline__ void widen(const T* p, float (&values)[N])
{
    for (int k = 0; k < N; ++k) values[k] = to_float(p[k]);
}
template <int N, typename T>
__forceinline__ void narrow(T* p, const float (&values)[N])
{
    for (int k = 0; k < N; ++k) p[k] = from_float<T>(values[k]);
}
template <int N>
__forceinline__ void widen(const float* p, float (&values)[N])
{
    for (int k = 0; k + VECTOR_WIDTH <= N; k += VECTOR_WIDTH) copy_vector(values + k, p + k);
    for (int k = N / VECTOR_WIDTH * VECTOR_WIDTH; k < N; ++k) values[k] = p[k];
}
template <int N>
__forceinline__ void narrow(float* p, const float (&values)[N])
{
    for (int k = 0; k + VECTOR_WIDTH <= N; k += VECTOR_WIDTH) copy_vector(p + k, values + k);
    for (int k = N / VECTOR_WIDTH * VECTOR_WIDTH; k < N; ++k) p[k] = values[k];
}
#ifdef __F16C__
template <int N>
__forceinline__ void widen(const fp16* p, float (&values)[N])
{
    for (int k = 0; k + VECTOR_WIDTH <= N; k += VECTOR_WIDTH) widen_halves(p + k, values + k);
    for (int k = N / VECTOR_WIDTH * VECTOR_WIDTH; k < N; ++k) values[k] = to_float(p[k]);
}
template <int N>
__forceinline__ void narrow(fp16* p, const float (&values)[N])
{
    for (int k = 0; k + VECTOR_WIDTH <= N; k += VECTOR_WIDTH) narrow_halves(p + k, values + k);
    for (int k = N / VECTOR_WIDTH * VECTOR_WIDTH; k < N; ++k) p[k] = from_float<fp16>(values[k]);
}
#endif
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

// The nearest bf16 in the upper half of each word; the lower half is left over. As float_to_bf16.
__forceinline__ WordVector round_words(const float* values)
{
    FloatVector value;
    __builtin_memcpy(&value, values, sizeof value);
    const WordVector bits = (WordVector)value;
    return value == value ? bits + 0x7fffu + (bits >> 16 & 1u) : WordVector{} + 0x7fffffffu;
}

template <int N, typename T>
__forceinline__ void widen_lanes(const T* p, float (&values)[N])
{
    if constexpr (is_paired<N, T>)
        for (int k = 0; k < N; k += PAIRED)
        {
            WordVector pairs;
            __builtin_memcpy(&pairs, p + k, sizeof pairs);
            const WordVector even = pairs << 16, odd = pairs & 0xffff0000u;
            __builtin_memcpy(values + k, &even, sizeof even);
            __builtin_memcpy(values + k + VECTOR_WIDTH, &odd, sizeof odd);
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
            const WordVector even = round_words(values + k), odd = round_words(values + k + VECTOR_WIDTH);
            const WordVector pairs = even >> 16 | (odd & 0xffff0000u);
            __builtin_memcpy(p + k, &pairs, sizeof pairs);
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
        for (int k = 0; k < N; k += VECTOR_WIDTH)
        {
            const WordVector rounded = round_words(values + k) & 0xffff0000u;
            __builtin_memcpy(values + k, &rounded, sizeof rounded);
        }
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
                WordVector even, odd;
                __builtin_memcpy(&even, values + k, sizeof even);
                __builtin_memcpy(&odd, values + k + VECTOR_WIDTH, sizeof odd);
                const WordVector pairs = even >> 16 | odd;
                __builtin_memcpy(p + k, &pairs, sizeof pairs);
            }
            return;
        }
    store_lanes(p, values, left);
}
