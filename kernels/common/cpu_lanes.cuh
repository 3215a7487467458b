// cpu_lanes.cuh: device.cuh's steps in the order of lanes on a CPU: floats and halves as they come, bf16 in even and odd
// neighbours: a vector of pairs widens by one shift (the even ones) and one mask (the odd ones), and round_pairs joins them
// again. The order is the same for all arrays of one type
#pragma once
#include "cpu_steps.cuh"

typedef uint32 WordVector __attribute__((vector_size(sizeof(FloatVector))));
typedef int IntVector __attribute__((vector_size(sizeof(FloatVector))));
constexpr int PAIRED = 2 * VECTOR_WIDTH;  // bf16 in one vector
template <int N, typename T>
constexpr bool is_paired = false;
template <int N>
constexpr bool is_paired<N, bf16> = N % PAIRED == 0;

// Places in two vectors, one after the other, for a shuffle.
template <typename E, int COUNT>
struct Places
{
    E of[COUNT];
};
constexpr auto halves_of_pairs(int upper)  // the lower or upper half of each word, by turns from both vectors
{
    Places<uint16, PAIRED> places{};
    for (int k = 0; k < PAIRED; ++k) places.of[k] = (uint16)(k / 2 * 2 + upper + k % 2 * PAIRED);
    return places;
}
template <int M>
constexpr auto every_second(int first)
{
    Places<int, M> places{};
    for (int k = 0; k < M; ++k) places.of[k] = 2 * k + first;
    return places;
}

// Values of a and then of b: the even ones, or the odd ones.
template <int M, typename V>
__forceinline__ V evens(V a, V b)
{
    constexpr auto EVEN = every_second<M>(0);
    return __builtin_shuffle(a, b, load_vector<typename VectorOf<int, M>::Type>(EVEN.of));
}
template <int M, typename V>
__forceinline__ V odds(V a, V b)
{
    constexpr auto ODD = every_second<M>(1);
    return __builtin_shuffle(a, b, load_vector<typename VectorOf<int, M>::Type>(ODD.of));
}

// The nearest bf16 of both, those of even in the lower halves. As float_to_bf16, except that a NaN keeps its payload, which must
// be clear in the lower half: so it is where all comes from bf16.
__forceinline__ WordVector round_pairs(FloatVector even, FloatVector odd)
{
#ifdef __AVX512BW__
    typedef uint16 Halves __attribute__((vector_size(sizeof(FloatVector))));
    constexpr auto LOWER = halves_of_pairs(0), UPPER = halves_of_pairs(1);
    const Halves lower = __builtin_shuffle((Halves)even, (Halves)odd, load_vector<Halves>(LOWER.of));
    const Halves upper = __builtin_shuffle((Halves)even, (Halves)odd, load_vector<Halves>(UPPER.of));
    return (WordVector)((lower | (upper & 1)) > 0x8000 ? upper + 1 : upper);
#else
    const WordVector even_bits = (WordVector)even, odd_bits = (WordVector)odd;
    const WordVector lower = even_bits + 0x7fffu + (even_bits >> 16 & 1u), upper = odd_bits + 0x7fffu + (odd_bits >> 16 & 1u);
    return lower >> 16 | (upper & 0xffff0000u);
#endif
}

// The neighbour that lane k holds.
template <int N, typename T>
constexpr int neighbour_of(int k)
{
    return is_paired<N, T> ? k / PAIRED * PAIRED + k % VECTOR_WIDTH * 2 + k / VECTOR_WIDTH % 2 : k;
}

template <int N, typename T>
__forceinline__ void widen_lanes(const T* p, float (&values)[N])
{
    if constexpr (is_paired<N, T>) EVERY_VECTOR for (int k = 0; k < N; k += PAIRED)
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
        EVERY_VECTOR for (int k = 0; k < N; k += PAIRED) store_vector(
            p + k, round_pairs(load_vector<FloatVector>(values + k), load_vector<FloatVector>(values + k + VECTOR_WIDTH)));
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
            EVERY_VECTOR for (int k = 0; k < N; k += PAIRED)
            {
                const WordVector even = load_vector<WordVector>(values + k);
                store_vector(p + k, even >> 16 | load_vector<WordVector>(values + k + VECTOR_WIDTH));
            }
            return;
        }
    store_lanes(p, values, left);
}

// Floats in the order of T's lanes. A NaN loses its payload, see round_pairs.
template <typename T, int N>
__forceinline__ void load_as_lanes(const float* p, float (&values)[N], int left)
{
    load_floats(p, values, left);
    if constexpr (is_paired<N, T>)
    {
        for (int k = 0; k < N; ++k) values[k] = values[k] == values[k] ? values[k] : __builtin_nanf("");
        EVERY_VECTOR for (int k = 0; k < N; k += PAIRED)
        {
            const auto a = load_vector<FloatVector>(values + k), b = load_vector<FloatVector>(values + k + VECTOR_WIDTH);
            store_vector(values + k, evens<VECTOR_WIDTH>(a, b));
            store_vector(values + k + VECTOR_WIDTH, odds<VECTOR_WIDTH>(a, b));
        }
    }
}

// Pairs of neighbours (a, b) become (b, a).
template <typename T, int N>
__forceinline__ void swap_pairs(const float (&v)[N], float (&swapped)[N])
{
    if constexpr (is_paired<N, T>) EVERY_VECTOR for (int k = 0; k < N; k += PAIRED)
        {
            store_vector(swapped + k, load_vector<FloatVector>(v + k + VECTOR_WIDTH));
            store_vector(swapped + k + VECTOR_WIDTH, load_vector<FloatVector>(v + k));
        }
    else
        for (int k = 0; k < N; k += WIDTH_IN<N>)
        {
            const auto pairs = load_vector<typename VectorOf<uint64, WIDTH_IN<N> / 2>::Type>(v + k);
            store_vector(swapped + k, pairs >> 32 | pairs << 32);
        }
}

// Pairs of neighbours (a, b) become (-a, b).
template <typename T, int N>
__forceinline__ void negate_first(float (&v)[N])
{
    if constexpr (is_paired<N, T>)
        for (int k = 0; k < N; k += PAIRED) store_vector(v + k, -load_vector<FloatVector>(v + k));
    else
        for (int k = 0; k < N; k += WIDTH_IN<N>)
        {
            typedef typename VectorOf<uint64, WIDTH_IN<N> / 2>::Type Pairs;
            store_vector(v + k, load_vector<Pairs>(v + k) ^ 0x80000000u);
        }
}

// A sum of squares in parts, one a lane.
constexpr int PARTS = WIDTH_IN<8>;
typedef typename VectorOf<float, PARTS>::Type PartialSum;
template <int N>
__forceinline__ PartialSum sum_of_squares(const float (&v)[N])
{
    typedef typename VectorOf<float, WIDTH_IN<N>>::Type Vector;
    Vector sum = {};
    EVERY_VECTOR for (int k = 0; k < N; k += WIDTH_IN<N>) sum += load_vector<Vector>(v + k) * load_vector<Vector>(v + k);
    if constexpr (WIDTH_IN<N> == PARTS)
        return sum;
    else
        return __builtin_shufflevector(sum, sum, 0, 1, 2, 3, 4, 5, 6, 7) +
               __builtin_shufflevector(sum, sum, 8, 9, 10, 11, 12, 13, 14, 15);
}
// Totals of sums, which are used up.
template <int COUNT>
__forceinline__ void add_parts(PartialSum (&sums)[COUNT], float (&totals)[COUNT])
{
    EVERY_VECTOR for (int n = COUNT / 2; n >= COUNT / PARTS; n /= 2) EVERY_VECTOR for (int i = 0; i < n; ++i) sums[i] =
        evens<PARTS>(sums[2 * i], sums[2 * i + 1]) + odds<PARTS>(sums[2 * i], sums[2 * i + 1]);
    __builtin_memcpy(totals, sums, sizeof totals);
}
