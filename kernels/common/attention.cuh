// attention.cuh: shared by attention kernels on a GPU: a head's pointers, tiles in shared memory, key masks as bits, softmax
// tiles:   rows of HEAD_DIM elements, by cp.async where 16-byte aligned, else by plain loads; absent rows are zero
// masks:   one bit a key of the tile, equal in all warps of the block, so that branches on them may hold barriers
// softmax: online, in powers of two, f32; the running maximum is kept as a scaled score. Include device.cuh and mma.cuh first
// source:  Dao 2023, FlashAttention-2, arXiv:2307.08691; Milakov & Gimelshein 2018, arXiv:1805.02867
#pragma once

constexpr int QUERY_TILE = 64;  // queries of a block
constexpr int THREADS = 128;
constexpr float LOG2_E = 1.44269504f;
constexpr uint32 ALL_LANES = 0xffffffffu;

// One head of one sample.
template <typename T>
struct AttentionHead
{
    T* out;                         // (queries, HEAD_DIM), as q, k, v with their token strides
    const T *q, *k, *v;             // (queries, HEAD_DIM), (keys, HEAD_DIM), (keys, HEAD_DIM)
    const unsigned char* key_mask;  // (keys) or null
    int queries, keys;
    int64 q_token, k_token, v_token, o_token;
    float exponent_scale;                               // scale * log2(e): softmax in powers of two
    bool q_aligned, k_aligned, v_aligned, out_aligned;  // every row starts at a multiple of 16 bytes
};

// A tile in shared memory: rows of 16-byte chunks, an odd number of chunks apart: 8 neighbouring rows then fill all 32 banks,
// which makes ldmatrix and 16-byte accesses down a column free of conflicts.
template <typename T, int HEAD_DIM>
struct Tile
{
    static constexpr int CHUNK = 16 / sizeof(T);
    static constexpr int CHUNKS = HEAD_DIM / CHUNK;
    static constexpr int PITCH = (CHUNKS | 1) * CHUNK;
    // Keys of a tile, so that static shared memory (48 KiB) holds two stages of K and V, or for float Q, one K or V, and P.
    static constexpr int KEYS = sizeof(T) == 2 ? (HEAD_DIM <= 88 ? 64 : 32) : (HEAD_DIM <= 96 ? 32 : 16);
    static constexpr uint64 ALL_KEYS = KEYS == 64 ? ~0ull : (1ull << KEYS) - 1;
};

template <typename T>
__device__ __forceinline__ bool rows_aligned(const T* p, int64 token_stride)
{
    return is_aligned(p, 16) && token_stride * (int64)sizeof(T) % 16 == 0;
}

// Bit i: key first + i exists and may be attended. All warps of the block get the same bits.
template <int KEYS>
__device__ __forceinline__ uint64 attended_keys(const unsigned char* key_mask, int first, int keys)
{
    const int lane = threadIdx.x % WARP_SIZE;
    uint64 bits = 0;
#pragma unroll
    for (int i = 0; i < KEYS; i += WARP_SIZE)
    {
        const int key = first + i + lane;
        const bool attend = i + lane < KEYS && key < keys && (key_mask == nullptr || key_mask[key] != 0);
        bits |= (uint64)__ballot_sync(ALL_LANES, attend) << i;
    }
    return bits;
}

// Brings rows 0..ROWS-1 (HEAD_DIM elements each) into a tile; rows whose bit in `present` is 0 become zero and are not read, row
// 0 of `source` must exist. Wait for the copies and meet at a barrier before reading.
template <typename T, int HEAD_DIM, int ROWS>
__device__ __forceinline__ void load_rows(T* tile, const T* source, int64 token_stride, uint64 present, bool aligned)
{
    using Layout = Tile<T, HEAD_DIM>;
    if (aligned)
    {
#pragma unroll 4
        for (int i = threadIdx.x; i < ROWS * Layout::CHUNKS; i += THREADS)
        {
            const int r = i / Layout::CHUNKS, c = i % Layout::CHUNKS * Layout::CHUNK;
            const bool here = (present >> r & 1) != 0;
            copy_async_16(tile + r * Layout::PITCH + c, source + (here ? r * token_stride : 0) + c, here);
        }
    }
    else
    {
        for (int i = threadIdx.x; i < ROWS * HEAD_DIM; i += THREADS)
        {
            const int r = i / HEAD_DIM, c = i % HEAD_DIM;
            tile[r * Layout::PITCH + c] = (present >> r & 1) != 0 ? source[r * token_stride + c] : T{};
        }
    }
}

// Writes the present rows of a tile of QUERY_TILE rows.
template <typename T, int HEAD_DIM, int WIDTH>
__device__ __forceinline__ void store_packs(T* target, int64 token_stride, const T* tile, uint64 present)
{
    constexpr int PER_ROW = HEAD_DIM / WIDTH;
    for (int i = threadIdx.x; i < QUERY_TILE * PER_ROW; i += THREADS)
    {
        const int r = i / PER_ROW, c = i % PER_ROW * WIDTH;
        if ((present >> r & 1) != 0)
            store_pack(target + r * token_stride + c, load_pack<T, WIDTH>(tile + r * Tile<T, HEAD_DIM>::PITCH + c));
    }
}
template <typename T, int HEAD_DIM>
__device__ __forceinline__ void store_rows(T* target, int64 token_stride, const T* tile, uint64 present, bool aligned)
{
    if (aligned)
        store_packs<T, HEAD_DIM, Tile<T, HEAD_DIM>::CHUNK>(target, token_stride, tile, present);
    else
        store_packs<T, HEAD_DIM, 1>(target, token_stride, tile, present);
}

// The queries of this block that exist, as bits.
__device__ __forceinline__ uint64 existing_queries(int first, int queries)
{
    const int count = min(queries - first, QUERY_TILE);
    return count == QUERY_TILE ? ~0ull : (1ull << count) - 1;
}

// Online softmax of one row in powers of two. `maximum` is the largest scaled score so far, -infinity before the first key.
// Returns what older sums are worth under the new maximum, and what to subtract from scaled scores. Both use the same rounded
// product, so an unchanged maximum keeps sums exactly, however large the scores.
__device__ __forceinline__ float advance_maximum(float& maximum, float tile_maximum, float exponent_scale, float& subtract)
{
    const float next = fmaxf(maximum, tile_maximum * exponent_scale);
    subtract = next == MaxOf::identity() ? 0.0f : next;
    const float keep = exp2_approximate(maximum - subtract);
    maximum = next;
    return keep;
}
