// attention: out[b,n,h] = sum_m softmax_m(scale * q[b,n,h] . k[b,m,h]) v[b,m,h], keys m that key_mask lets attend; none: 0
// shapes:  as transformer/attention.cu, whose name and signature this has; f32 arithmetic for every T
// launch:  grid (ceil(queries / 64), heads, batch), one thread a block; scratch (110 KiB) lies on its stack
// traffic: q and out once, k and v once per 64 queries, widened to f32; masked keys are neither read nor computed
// source:  Dao 2023, FlashAttention-2, arXiv:2307.08691
#pragma once
#include "attention_tile.h"

// One head of one sample, with head_dim at run time: code depends on T only where elements are read and written.
template <typename T>
struct AttentionHead
{
    T* out;                         // (queries, head_dim), as q, k, v with their token strides
    const T *q, *k, *v;             // (queries, head_dim), (keys, head_dim), (keys, head_dim)
    const unsigned char* key_mask;  // (keys) or null
    int queries, keys, head_dim;
    int64 q_token, k_token, v_token, o_token;
    float exponent_scale;  // scale * log2(e): softmax in powers of two
};

template <typename T>
__forceinline__ void widen_eight(float* target, const T* source)
{
    for (int i = 0; i < 8; ++i) target[i] = to_float(source[i]);
}
template <typename T>
__forceinline__ void narrow_eight(T* target, const float* source)
{
    for (int i = 0; i < 8; ++i) target[i] = from_float<T>(source[i]);
}
#ifdef __F16C__  // the compiler does not find these by itself
typedef float EightFloats __attribute__((vector_size(32)));
typedef short EightHalves __attribute__((vector_size(16)));
__forceinline__ void widen_eight(float* target, const fp16* source)
{
    EightHalves halves;
    __builtin_memcpy(&halves, source, sizeof halves);
    const EightFloats floats = __builtin_ia32_vcvtph2ps256(halves);
    __builtin_memcpy(target, &floats, sizeof floats);
}
__forceinline__ void narrow_eight(fp16* target, const float* source)
{
    EightFloats floats;
    __builtin_memcpy(&floats, source, sizeof floats);
    const EightHalves halves = __builtin_ia32_vcvtps2ph256(floats, 0);  // to nearest even
    __builtin_memcpy(target, &halves, sizeof halves);
}
#endif

// The next keys that may be attended, at most KEY_TILE from `key` on; returns how many, and moves `key` behind the last.
static int gather_keys(int* chosen, int& key, int keys, const unsigned char* key_mask)
{
    int count = 0;
    for (; key < keys && count < KEY_TILE; ++key)
        if (key_mask == nullptr || key_mask[key] != 0) chosen[count++] = key;
    return count;
}

template <typename T>
static void widen_row(float* target, const T* source, int count)
{
    for (int c = 0; c < count; c += 8) widen_eight(target + c, source + c);
}
template <typename T>
static void widen_keys(float* tile, const T* rows, int64 token_stride, const int* chosen, int count, int head_dim)
{
    for (int i = 0; i < count; ++i) widen_row(tile + i * head_dim, rows + chosen[i] * token_stride, head_dim);
}

template <typename T>
static void attend_tile(const AttentionHead<T>& head, int first_query)
{
    static_assert(KEY_TILE <= QUERY_TILE);
    alignas(64) float q[MAX_HEAD_DIM * QUERY_TILE], out[MAX_HEAD_DIM * QUERY_TILE];  // (head_dim, 64)
    alignas(64) float weights[KEY_TILE * QUERY_TILE];                                // (keys, 64)
    alignas(64) float rows[QUERY_TILE * MAX_HEAD_DIM];  // (queries or keys, head_dim): queries, keys and values by turns, output
    int chosen[2][KEY_TILE];                            // this tile's keys, the next one's
    TileState state;
    const int head_dim = head.head_dim, queries = min(head.queries - first_query, QUERY_TILE);
    const int padded = (queries + 3) / 4 * 4;
    for (int i = 0; i < padded; ++i)
    {
        if (i < queries)
            widen_row(rows + i * head_dim, head.q + (first_query + i) * head.q_token, head_dim);
        else
            __builtin_memset(rows + i * head_dim, 0, head_dim * sizeof(float));
    }
    __builtin_memset(q, 0, head_dim * QUERY_TILE * sizeof(float));
    transpose(q, QUERY_TILE, rows, head_dim, padded, head_dim);
    __builtin_memset(out, 0, head_dim * QUERY_TILE * sizeof(float));
    for (int i = 0; i < QUERY_TILE; ++i)
    {
        state.maximum[i] = -__builtin_inff();
        state.sum[i] = 0.0f;
    }

    const int row_bytes = head_dim * (int)sizeof(T);
    int key = 0, now = 0, count = gather_keys(chosen[0], key, head.keys, head.key_mask);
    while (count > 0)
    {
        const int* keys = chosen[now];
        now ^= 1;
        const int next_count = gather_keys(chosen[now], key, head.keys, head.key_mask);
        widen_keys(rows, head.k, head.k_token, keys, count, head_dim);
        score_tile(weights, state, rows, count, head_dim, q, queries,
                   {(const char*)head.v, head.v_token * (int)sizeof(T), keys, count, row_bytes, 0});
        soften_tile(weights, state, count, head.exponent_scale, queries);
        widen_keys(rows, head.v, head.v_token, keys, count, head_dim);
        output_tile(out, state, rows, count, head_dim, weights, queries,
                    {(const char*)head.k, head.k_token * (int)sizeof(T), chosen[now], next_count, row_bytes, 0});
        count = next_count;
    }

    transpose(rows, head_dim, out, QUERY_TILE, head_dim, padded);
    for (int i = 0; i < queries; ++i)
    {
        const float inverse = state.sum[i] == 0.0f ? 0.0f : 1.0f / state.sum[i];
        for (int c = 0; c < head_dim; ++c) rows[i * head_dim + c] *= inverse;
        T* target = head.out + (first_query + i) * head.o_token;
        for (int c = 0; c < head_dim; c += 8) narrow_eight(target + c, rows + i * head_dim + c);
    }
}

template <typename T, int HEAD_DIM>
void attention(T* out, const T* q, const T* k, const T* v, const unsigned char* key_mask, int batch, int heads, int queries,
               int keys, int64 q_batch, int64 q_token, int64 k_batch, int64 k_token, int64 v_batch, int64 v_token, int64 o_batch,
               int64 o_token, float scale)
{
    static_assert(HEAD_DIM % 8 == 0 && HEAD_DIM >= 32 && HEAD_DIM <= MAX_HEAD_DIM, "head dimensions 32, 40, .. 128");
    const int first_query = blockIdx.x * QUERY_TILE, h = blockIdx.y, b = blockIdx.z;
    if (first_query >= queries || h >= heads || b >= batch) return;
    const int64 column = (int64)h * HEAD_DIM;
    AttentionHead<T> head;
    head.out = out + b * o_batch + column;
    head.q = q + b * q_batch + column;
    head.k = k + b * k_batch + column;
    head.v = v + b * v_batch + column;
    head.key_mask = key_mask == nullptr ? nullptr : key_mask + (int64)b * keys;
    head.queries = queries, head.keys = keys, head.head_dim = HEAD_DIM;
    head.q_token = q_token, head.k_token = k_token, head.v_token = v_token, head.o_token = o_token;
    head.exponent_scale = scale * 1.44269504f;
    attend_tile(head, first_query);
}
