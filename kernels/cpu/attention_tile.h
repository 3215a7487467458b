// attention_tile.h: f32 attention of one 64-query tile on a CPU: scores, online softmax and output products in vector registers
// shapes:  lanes are queries: q (head_dim, 64), weights (keys, 64), out (head_dim, 64); rows of k and v (keys, head_dim) are read
//          element by element and broadcast, so nothing but q and out is transposed, and softmax goes lane by lane
// launch:  one thread; ROWS x VECTORS sums in registers: 24 of 32 with AVX-512, 12 of 16 below
// traffic: one load of q or weights feeds ROWS multiply-adds, one of k or v VECTORS; the tile stays in L1 and L2
// source:  Dao 2023, FlashAttention-2, arXiv:2307.08691; exp2 after Cephes exp2f (Moshier)
#pragma once

#if defined(__AVX512F__)
constexpr int VECTOR_BYTES = 64, VECTORS = 4;
#elif defined(__AVX__)
constexpr int VECTOR_BYTES = 32, VECTORS = 2;
#else
constexpr int VECTOR_BYTES = 16, VECTORS = 2;
#endif
constexpr int LANES = VECTOR_BYTES / 4;
constexpr int STRIP = VECTORS * LANES;  // queries that one pass of a product holds
constexpr int ROWS = 6;                 // keys, or output columns, of a pass
constexpr int QUERY_TILE = 64;          // queries of a tile: the row length of q, weights and out
constexpr int KEY_TILE = 48;            // keys of a tile: 8 groups of 6, and weights of 12 KiB stay in L1
constexpr int MAX_HEAD_DIM = 128;

#define FIXED _Pragma("GCC unroll 8")  // a loop of constant length over registers: without it sums pass through memory

typedef float Vector __attribute__((vector_size(VECTOR_BYTES), may_alias));
typedef int IntVector __attribute__((vector_size(VECTOR_BYTES), may_alias));

__forceinline__ Vector load_vector(const float* p) { return *reinterpret_cast<const Vector*>(p); }
__forceinline__ void store_vector(float* p, Vector v) { *reinterpret_cast<Vector*>(p) = v; }
__forceinline__ Vector broadcast(float v) { return v - Vector{}; }
__forceinline__ Vector larger(Vector a, Vector b) { return a > b ? a : b; }

// The compiler may not look through it: x + shift - shift stays what it says.
__forceinline__ Vector opaque(Vector v)
{
    asm("" : "+v"(v));
    return v;
}

// 2^x, 2 ulp, for x up to 127; below -126 it stays 2^-126, which vanishes beside the row's largest weight, 1. NaN stays NaN.
__forceinline__ Vector exp2_vector(Vector v)
{
    const Vector x = v < -126.0f ? broadcast(-126.0f) : v;
    const float shift = 12582912.0f + 127.0f;  // 1.5 * 2^23: the adder rounds to an integer; its low bits are then the exponent
    const Vector shifted = opaque(x + shift);
    const Vector r = x - (shifted - shift);
    Vector p = broadcast(1.535336188319500e-4f);
    p = p * r + 1.339887440266574e-3f;
    p = p * r + 9.618437357674640e-3f;
    p = p * r + 5.550332471162809e-2f;
    p = p * r + 2.402264791363012e-1f;
    p = p * r + 6.931472028550421e-1f;
    p = p * r + 1.0f;
    return p * (Vector)((IntVector)shifted << 23);
}

// Rows that the next step reads, called into the cache a few at a time while this one computes: with many heads side by side
// each row lies on a page of its own, where hardware prefetchers do not follow.
struct UpcomingRows
{
    const char* first;
    int64 pitch;        // bytes from row to row
    const int* chosen;  // (count), row numbers
    int count, bytes;   // of rows, of one row
    int next;

    __forceinline__ void call(int rows)
    {
        for (const int end = min(next + rows, count); next < end; ++next)
        {
            const char* row = first + chosen[next] * pitch;
            for (int at = 0; at < bytes; at += 64) __builtin_prefetch(row + at, 0, 2);
            __builtin_prefetch(row + bytes - 1, 0, 2);
        }
    }
};

// State of the 64 rows of a tile.
struct alignas(64) TileState
{
    float maximum[QUERY_TILE];       // of scaled scores so far
    float sum[QUERY_TILE];           // of weights under that maximum
    float keep[QUERY_TILE];          // what output so far is worth under it
    float tile_maximum[QUERY_TILE];  // of this tile's unscaled scores
};

// R rows of scores: s[r, :] = sum_d k[r, d] q[d, :], and the maximum of each column.
template <int R>
static void score_rows(float* s, float* tile_maximum, const float* k, int head_dim, const float* q)
{
    Vector sum[R][VECTORS];
    FIXED for (int r = 0; r < R; ++r) { FIXED for (int v = 0; v < VECTORS; ++v) sum[r][v] = Vector{}; }
    for (int d = 0; d < head_dim; ++d)
    {
        Vector column[VECTORS];
        FIXED for (int v = 0; v < VECTORS; ++v) column[v] = load_vector(q + d * QUERY_TILE + v * LANES);
        FIXED for (int r = 0; r < R; ++r)
        {
            const Vector element = broadcast(k[r * head_dim + d]);
            FIXED for (int v = 0; v < VECTORS; ++v) sum[r][v] += element * column[v];
        }
    }
    FIXED for (int v = 0; v < VECTORS; ++v)
    {
        Vector most = load_vector(tile_maximum + v * LANES);
        FIXED for (int r = 0; r < R; ++r)
        {
            store_vector(s + r * QUERY_TILE + v * LANES, sum[r][v]);
            most = larger(sum[r][v], most);
        }
        store_vector(tile_maximum + v * LANES, most);
    }
}

// R columns of output, which are rows here: out[c, :] = keep * out[c, :] + sum_key v[key, c] p[key, :].
template <int R>
static void output_rows(float* out, const float* keep, const float* v_tile, int head_dim, const float* p, int keys)
{
    Vector sum[R][VECTORS];
    FIXED for (int r = 0; r < R; ++r) { FIXED for (int v = 0; v < VECTORS; ++v) sum[r][v] = Vector{}; }
    for (int key = 0; key < keys; ++key)
    {
        Vector weight[VECTORS];
        FIXED for (int v = 0; v < VECTORS; ++v) weight[v] = load_vector(p + key * QUERY_TILE + v * LANES);
        FIXED for (int r = 0; r < R; ++r)
        {
            const Vector element = broadcast(v_tile[key * head_dim + r]);
            FIXED for (int v = 0; v < VECTORS; ++v) sum[r][v] += element * weight[v];
        }
    }
    FIXED for (int v = 0; v < VECTORS; ++v)
    {
        const Vector kept = load_vector(keep + v * LANES);
        FIXED for (int r = 0; r < R; ++r)
        {
            float* at = out + r * QUERY_TILE + v * LANES;
            store_vector(at, load_vector(at) * kept + sum[r][v]);
        }
    }
}

template <int R>
static void score_rest(int rows, float* s, float* tile_maximum, const float* k, int head_dim, const float* q)
{
    if constexpr (R > 0)
    {
        if (rows == R)
            score_rows<R>(s, tile_maximum, k, head_dim, q);
        else
            score_rest<R - 1>(rows, s, tile_maximum, k, head_dim, q);
    }
}
template <int R>
static void output_rest(int rows, float* out, const float* keep, const float* v_tile, int head_dim, const float* p, int keys)
{
    if constexpr (R > 0)
    {
        if (rows == R)
            output_rows<R>(out, keep, v_tile, head_dim, p, keys);
        else
            output_rest<R - 1>(rows, out, keep, v_tile, head_dim, p, keys);
    }
}

// s (keys, 64) of the first `queries` columns, rounded up to whole strips.
static void score_tile(float* s, TileState& state, const float* k, int keys, int head_dim, const float* q, int queries,
                       UpcomingRows upcoming)
{
    for (int i = 0; i < queries; i += STRIP)
    {
        FIXED for (int v = 0; v < VECTORS; ++v) store_vector(state.tile_maximum + i + v * LANES, broadcast(-__builtin_inff()));
        int key = 0;
        for (; key + ROWS <= keys; key += ROWS)
        {
            score_rows<ROWS>(s + key * QUERY_TILE + i, state.tile_maximum + i, k + key * head_dim, head_dim, q + i);
            upcoming.call(ROWS);
        }
        score_rest<ROWS - 1>(keys - key, s + key * QUERY_TILE + i, state.tile_maximum + i, k + key * head_dim, head_dim, q + i);
    }
}

// Scores become weights under the new maximum. The scaled maximum is kept, not the maximum, so that an unchanged one keeps sums
// exactly.
static void soften_tile(float* s, TileState& state, int keys, float exponent_scale, int queries)
{
    for (int i = 0; i < queries; i += LANES)
    {
        const Vector before = load_vector(state.maximum + i);
        const Vector now = larger(load_vector(state.tile_maximum + i) * exponent_scale, before);
        const Vector subtract = now == -__builtin_inff() ? Vector{} : now;
        const Vector keep = exp2_vector(before - subtract);
        Vector sum = load_vector(state.sum + i) * keep;
        for (int key = 0; key < keys; ++key)
        {
            const Vector weight = exp2_vector(load_vector(s + key * QUERY_TILE + i) * exponent_scale - subtract);
            store_vector(s + key * QUERY_TILE + i, weight);
            sum += weight;
        }
        store_vector(state.maximum + i, now);
        store_vector(state.sum + i, sum);
        store_vector(state.keep + i, keep);
    }
}

static void output_tile(float* out, const TileState& state, const float* v_tile, int keys, int head_dim, const float* p,
                        int queries, UpcomingRows upcoming)
{
    for (int i = 0; i < queries; i += STRIP)
    {
        int c = 0;
        for (; c + ROWS <= head_dim; c += ROWS)
        {
            output_rows<ROWS>(out + c * QUERY_TILE + i, state.keep + i, v_tile + c, head_dim, p + i, keys);
            upcoming.call(upcoming.count * ROWS / head_dim + 1);
        }
        output_rest<ROWS - 1>(head_dim - c, out + c * QUERY_TILE + i, state.keep + i, v_tile + c, head_dim, p + i, keys);
    }
}

// target (columns, target_pitch) = source (rows, source_pitch) transposed; both counts are multiples of 4.
static void transpose(float* target, int target_pitch, const float* source, int source_pitch, int rows, int columns)
{
    typedef float Four __attribute__((vector_size(16), may_alias));
    typedef int IntFour __attribute__((vector_size(16)));
    constexpr IntFour LOW = {0, 4, 1, 5}, HIGH = {2, 6, 3, 7}, FIRST = {0, 1, 4, 5}, LAST = {2, 3, 6, 7};
    for (int r = 0; r < rows; r += 4)
    {
        for (int c = 0; c < columns; c += 4)
        {
            Four line[4];
            for (int i = 0; i < 4; ++i) line[i] = *reinterpret_cast<const Four*>(source + (r + i) * source_pitch + c);
            const Four low01 = __builtin_shuffle(line[0], line[1], LOW), high01 = __builtin_shuffle(line[0], line[1], HIGH);
            const Four low23 = __builtin_shuffle(line[2], line[3], LOW), high23 = __builtin_shuffle(line[2], line[3], HIGH);
            float* to = target + c * target_pitch + r;
            *reinterpret_cast<Four*>(to) = __builtin_shuffle(low01, low23, FIRST);
            *reinterpret_cast<Four*>(to + target_pitch) = __builtin_shuffle(low01, low23, LAST);
            *reinterpret_cast<Four*>(to + 2 * target_pitch) = __builtin_shuffle(high01, high23, FIRST);
            *reinterpret_cast<Four*>(to + 3 * target_pitch) = __builtin_shuffle(high01, high23, LAST);
        }
    }
}
