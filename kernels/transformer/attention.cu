// attention: out[b,n,h] = sum_m softmax_m(scale * q[b,n,h] . k[b,m,h]) v[b,m,h], keys m that key_mask lets attend; none: 0
// shapes:  q, out (batch, queries, heads, HEAD_DIM), k, v (batch, keys, heads, HEAD_DIM) T; key_mask (batch, keys) or null
// launch:  grid (ceil(queries / 64), heads, batch), block 128, any strides, scale > 0; bf16, fp16: tensor cores; float: f32 FMA
// traffic: q and out once, k and v once per 64 queries; scores live in registers only; masked keys are never read
// source:  Dao 2023, FlashAttention-2, arXiv:2307.08691; online softmax: Milakov & Gimelshein 2018, arXiv:1805.02867
#include "../common/device.cuh"         // int64, bf16, fp16, Pack; CUDA's names
#include "../common/mma.cuh"            // wait_for_copies, exp2_approximate
#include "../common/attention.cuh"      // AttentionHead, Tile, load_rows, attended_keys, advance_maximum
#include "../common/attention_mma.cuh"  // WarpAttention

// ---- bf16, fp16: a warp holds 16 queries ------------------------------------------------------------------------------------

template <typename T, int HEAD_DIM>
__device__ __forceinline__ void load_keys_and_values(T* stage, const AttentionHead<T>& head, int first, uint64 attended)
{
    using Layout = Tile<T, HEAD_DIM>;
    T* values = stage + Layout::KEYS * Layout::PITCH;
    load_rows<T, HEAD_DIM, Layout::KEYS>(stage, head.k + first * head.k_token, head.k_token, attended, head.k_aligned);
    load_rows<T, HEAD_DIM, Layout::KEYS>(values, head.v + first * head.v_token, head.v_token, attended, head.v_aligned);
}

template <typename T, int HEAD_DIM>
__device__ __forceinline__ void attend_on_tensor_cores(const AttentionHead<T>& head, int first_query)
{
    using Layout = Tile<T, HEAD_DIM>;
    constexpr int KEYS = Layout::KEYS, VALUES = KEYS * Layout::PITCH;
    // (stage; keys, then values). The queries begin in stage 1, the output leaves by stage 0.
    alignas(16) __shared__ T stage[2][2 * VALUES];
    const uint64 queries = existing_queries(first_query, head.queries);
    load_rows<T, HEAD_DIM, QUERY_TILE>(stage[1], head.q + first_query * head.q_token, head.q_token, queries, head.q_aligned);
    wait_for_copies();
    __syncthreads();
    WarpAttention<T, HEAD_DIM> warp;
    warp.start(stage[1]);

    uint64 next = attended_keys<KEYS>(head.key_mask, 0, head.keys);
    if (head.keys > 0) load_keys_and_values<T, HEAD_DIM>(stage[0], head, 0, next);
    for (int first = 0, now = 0; first < head.keys; first += KEYS, now ^= 1)
    {
        const uint64 attended = next;
        wait_for_copies();
        __syncthreads();  // this tile is here for all, and all have left the other stage
        if (first + KEYS < head.keys)
        {
            next = attended_keys<KEYS>(head.key_mask, first + KEYS, head.keys);
            load_keys_and_values<T, HEAD_DIM>(stage[now ^ 1], head, first + KEYS, next);
        }
        if (attended == 0) continue;
        warp.score(stage[now]);
        if (attended != Layout::ALL_KEYS) warp.mask(attended);
        warp.soften(head.exponent_scale);
        warp.accumulate(stage[now] + VALUES);
    }
    __syncthreads();  // all have left stage 0
    warp.finish(stage[0]);
    __syncthreads();
    store_rows<T, HEAD_DIM>(head.out + first_query * head.o_token, head.o_token, stage[0], queries, head.out_aligned);
}

// ---- float: a thread holds 4 queries (y, y + 16, ..) by KEYS / 8 keys (x, x + 8, ..), y = thread / 8, x = thread % 8
// -------------

template <int HEAD_DIM>
struct ThreadAttention
{
    using Layout = Tile<float, HEAD_DIM>;
    static constexpr int KEYS = Layout::KEYS, PITCH = Layout::PITCH, MINE = KEYS / 8, QUERIES = 4;
    static constexpr int WIDE = HEAD_DIM / 32;        // groups of 4 output columns 32 w + 4 x ..
    static constexpr int SINGLE = HEAD_DIM % 32 / 8;  // single columns 32 WIDE + 8 c + x
    static constexpr int P_PITCH = QUERY_TILE + 4;    // (KEYS, 16 y of 4 queries)

    float s[QUERIES][MINE], o[QUERIES][WIDE * 4 + SINGLE];
    float maximum[QUERIES], sum[QUERIES];  // sum over this thread's keys only

    __device__ __forceinline__ void start()
    {
#pragma unroll
        for (int i = 0; i < QUERIES; ++i)
        {
#pragma unroll
            for (int d = 0; d < WIDE * 4 + SINGLE; ++d) o[i][d] = 0.0f;
            maximum[i] = MaxOf::identity();
            sum[i] = 0.0f;
        }
    }

    __device__ __forceinline__ void score(const float* q_tile, const float* k_tile)
    {
        const float *q_row = q_tile + threadIdx.x / 8 * PITCH, *k_row = k_tile + threadIdx.x % 8 * PITCH;
#pragma unroll
        for (int i = 0; i < QUERIES; ++i)
        {
#pragma unroll
            for (int j = 0; j < MINE; ++j) s[i][j] = 0.0f;
        }
#pragma unroll 2
        for (int d = 0; d < HEAD_DIM; d += 4)
        {
            Pack<float, 4> q[QUERIES];
#pragma unroll
            for (int i = 0; i < QUERIES; ++i) q[i] = load_pack<float, 4>(q_row + i * 16 * PITCH + d);
#pragma unroll
            for (int j = 0; j < MINE; ++j)
            {
                const Pack<float, 4> k = load_pack<float, 4>(k_row + j * 8 * PITCH + d);
#pragma unroll
                for (int i = 0; i < QUERIES; ++i)
                {
#pragma unroll
                    for (int e = 0; e < 4; ++e) s[i][j] += q[i].value[e] * k.value[e];
                }
            }
        }
    }

    __device__ __forceinline__ void soften(uint64 attended, float exponent_scale, float* p_tile)
    {
        const int x = threadIdx.x % 8, y = threadIdx.x / 8;
#pragma unroll
        for (int i = 0; i < QUERIES; ++i)
        {
            float most = MaxOf::identity(), subtract;
#pragma unroll
            for (int j = 0; j < MINE; ++j)
            {
                if ((attended >> (x + j * 8) & 1) == 0) s[i][j] = MaxOf::identity();
                most = fmaxf(most, s[i][j]);
            }
#pragma unroll
            for (int lanes = 1; lanes < 8; lanes *= 2) most = fmaxf(most, __shfl_xor_sync(ALL_LANES, most, lanes));
            const float keep = advance_maximum(maximum[i], most, exponent_scale, subtract);
            sum[i] *= keep;
#pragma unroll
            for (int d = 0; d < WIDE * 4 + SINGLE; ++d) o[i][d] *= keep;
#pragma unroll
            for (int j = 0; j < MINE; ++j)
            {
                s[i][j] = exp2_approximate(s[i][j] * exponent_scale - subtract);
                sum[i] += s[i][j];
            }
        }
#pragma unroll
        for (int j = 0; j < MINE; ++j)
            store_shared(p_tile + (x + j * 8) * P_PITCH + y * 4, Pack<float, 4>{{s[0][j], s[1][j], s[2][j], s[3][j]}});
    }

    __device__ __forceinline__ void accumulate(const float* p_tile, const float* v_tile)
    {
        const int x = threadIdx.x % 8, y = threadIdx.x / 8;
#pragma unroll 4
        for (int key = 0; key < KEYS; ++key)
        {
            const Pack<float, 4> p = load_pack<float, 4>(p_tile + key * P_PITCH + y * 4);
            const float* v_row = v_tile + key * PITCH;
#pragma unroll
            for (int w = 0; w < WIDE; ++w)
            {
                const Pack<float, 4> v = load_pack<float, 4>(v_row + w * 32 + x * 4);
#pragma unroll
                for (int i = 0; i < QUERIES; ++i)
                {
#pragma unroll
                    for (int e = 0; e < 4; ++e) o[i][w * 4 + e] += p.value[i] * v.value[e];
                }
            }
#pragma unroll
            for (int c = 0; c < SINGLE; ++c)
            {
                const float v = v_row[WIDE * 32 + c * 8 + x];
#pragma unroll
                for (int i = 0; i < QUERIES; ++i) o[i][WIDE * 4 + c] += p.value[i] * v;
            }
        }
    }

    __device__ __forceinline__ void finish(float* o_tile)
    {
        const int x = threadIdx.x % 8, y = threadIdx.x / 8;
#pragma unroll
        for (int i = 0; i < QUERIES; ++i)
        {
            float total = sum[i];
#pragma unroll
            for (int lanes = 1; lanes < 8; lanes *= 2) total += __shfl_xor_sync(ALL_LANES, total, lanes);
            const float inverse = total == 0.0f ? 0.0f : 1.0f / total;
            float* row = o_tile + (y + i * 16) * PITCH;
#pragma unroll
            for (int w = 0; w < WIDE; ++w)
            {
                Pack<float, 4> four;
#pragma unroll
                for (int e = 0; e < 4; ++e) four.value[e] = o[i][w * 4 + e] * inverse;
                store_shared(row + w * 32 + x * 4, four);
            }
#pragma unroll
            for (int c = 0; c < SINGLE; ++c) row[WIDE * 32 + c * 8 + x] = o[i][WIDE * 4 + c] * inverse;
        }
    }
};

template <int HEAD_DIM>
__device__ __forceinline__ void attend_in_float(const AttentionHead<float>& head, int first_query)
{
    using Thread = ThreadAttention<HEAD_DIM>;
    constexpr int KEYS = Thread::KEYS, PITCH = Thread::PITCH;
    alignas(16) __shared__ float q_tile[QUERY_TILE * PITCH];  // the queries, at the end the output
    alignas(16) __shared__ float kv_tile[KEYS * PITCH];       // keys, then values
    alignas(16) __shared__ float p_tile[KEYS * Thread::P_PITCH];
    const uint64 queries = existing_queries(first_query, head.queries);
    load_rows<float, HEAD_DIM, QUERY_TILE>(q_tile, head.q + first_query * head.q_token, head.q_token, queries, head.q_aligned);
    Thread thread;
    thread.start();
    for (int first = 0; first < head.keys; first += KEYS)
    {
        const uint64 attended = attended_keys<KEYS>(head.key_mask, first, head.keys);
        if (attended == 0) continue;
        load_rows<float, HEAD_DIM, KEYS>(kv_tile, head.k + first * head.k_token, head.k_token, attended, head.k_aligned);
        wait_for_copies();
        __syncthreads();
        thread.score(q_tile, kv_tile);
        __syncthreads();  // all have read the keys
        load_rows<float, HEAD_DIM, KEYS>(kv_tile, head.v + first * head.v_token, head.v_token, attended, head.v_aligned);
        thread.soften(attended, head.exponent_scale, p_tile);
        wait_for_copies();
        __syncthreads();
        thread.accumulate(p_tile, kv_tile);
        __syncthreads();  // all have read the values and weights
    }
    wait_for_copies();
    __syncthreads();
    thread.finish(q_tile);
    __syncthreads();
    store_rows<float, HEAD_DIM>(head.out + first_query * head.o_token, head.o_token, q_tile, queries, head.out_aligned);
}

template <typename T, int HEAD_DIM>
__global__ void __launch_bounds__(THREADS)
    attention(T* __restrict__ out, const T* __restrict__ q, const T* __restrict__ k, const T* __restrict__ v,
              const unsigned char* __restrict__ key_mask, int batch, int heads, int queries, int keys, int64 q_batch,
              int64 q_token, int64 k_batch, int64 k_token, int64 v_batch, int64 v_token, int64 o_batch, int64 o_token,
              float scale)
{
    static_assert(HEAD_DIM % 8 == 0 && HEAD_DIM >= 32 && HEAD_DIM <= 128, "head dimensions 32, 40, .. 128");
    const int first_query = blockIdx.x * QUERY_TILE, h = blockIdx.y, b = blockIdx.z;
    if (first_query >= queries || h >= heads || b >= batch) return;
    const int64 column = (int64)h * HEAD_DIM;
    AttentionHead<T> head;
    head.out = out + b * o_batch + column;
    head.q = q + b * q_batch + column;
    head.k = k + b * k_batch + column;
    head.v = v + b * v_batch + column;
    head.key_mask = key_mask == nullptr ? nullptr : key_mask + (int64)b * keys;
    head.queries = queries, head.keys = keys;
    head.q_token = q_token, head.k_token = k_token, head.v_token = v_token, head.o_token = o_token;
    head.exponent_scale = scale * LOG2_E;
    head.q_aligned = rows_aligned(head.q, q_token);
    head.k_aligned = rows_aligned(head.k, k_token);
    head.v_aligned = rows_aligned(head.v, v_token);
    head.out_aligned = rows_aligned(head.out, o_token);
    if constexpr (sizeof(T) == 2)
        attend_on_tensor_cores<T, HEAD_DIM>(head, first_query);
    else
        attend_in_float<HEAD_DIM>(head, first_query);
}
