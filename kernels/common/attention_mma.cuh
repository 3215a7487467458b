// attention_mma.cuh: online-softmax attention of a warp's 16 queries on tensor cores: score, mask, soften, accumulate, finish
// shapes:  q, k, v, output tiles (rows, HEAD_DIM) T in shared memory, T = bf16 or fp16; scores and output in f32 registers
// lanes:   C fragments of mma.cuh: lane 4g + q holds queries g and g + 8, of every 8 keys (or columns) the two at 2q
// trick:   C fragments of the weights, rounded to T, are A fragments of the product with V: they never leave the registers
// source:  Dao 2023, FlashAttention-2, arXiv:2307.08691. Include device.cuh, mma.cuh, attention.cuh first
#pragma once

template <typename T, int HEAD_DIM>
struct WarpAttention
{
    using Layout = Tile<T, HEAD_DIM>;
    static constexpr int KEYS = Layout::KEYS, PITCH = Layout::PITCH;
    static constexpr int PAIRS = HEAD_DIM / 16;       // steps of 16 along the head dimension
    static constexpr bool HALF = HEAD_DIM % 16 != 0;  // and one of 8 if any is left

    uint32 q[PAIRS][4], q_half[2];  // A fragments of the queries
    float s[KEYS / 8][4];           // scores, then weights: C fragments
    float o[HEAD_DIM / 8][4];       // output: C fragments
    float maximum[2], sum[2];       // of rows g and g + 8; sum over this lane's columns only

    __device__ __forceinline__ void start(const T* q_tile)
    {
        const int lane = threadIdx.x % WARP_SIZE, warp = threadIdx.x / WARP_SIZE;
        const T* row = q_tile + (warp * 16 + lane % 16) * PITCH;
#pragma unroll
        for (int d = 0; d < PAIRS; ++d) load_matrices(q[d], row + d * 16 + lane / 16 * 8);
        if (HALF) load_matrices(q_half, row + PAIRS * 16);
#pragma unroll
        for (int d = 0; d < HEAD_DIM / 8; ++d)
        {
#pragma unroll
            for (int e = 0; e < 4; ++e) o[d][e] = 0.0f;
        }
        maximum[0] = maximum[1] = MaxOf::identity();
        sum[0] = sum[1] = 0.0f;
    }

    __device__ __forceinline__ void score(const T* k_tile)
    {
        const int lane = threadIdx.x % WARP_SIZE;
        const T* row =
            k_tile + (lane % 8 + lane / 16 * 8) * PITCH + lane / 8 % 2 * 8;  // matrices: (keys 0-7, 8-15) x (d 0-7, 8-15)
        const T* half_row = k_tile + lane % 16 * PITCH + PAIRS * 16;
#pragma unroll
        for (int n = 0; n < KEYS / 16; ++n)
        {
#pragma unroll
            for (int e = 0; e < 4; ++e) s[2 * n][e] = s[2 * n + 1][e] = 0.0f;
#pragma unroll
            for (int d = 0; d < PAIRS; ++d)
            {
                uint32 b[4];
                load_matrices(b, row + n * 16 * PITCH + d * 16);
                TensorCore<T>::multiply(s[2 * n], q[d], b[0], b[1]);
                TensorCore<T>::multiply(s[2 * n + 1], q[d], b[2], b[3]);
            }
            if (HALF)
            {
                uint32 b[2];
                load_matrices(b, half_row + n * 16 * PITCH);
                TensorCore<T>::multiply(s[2 * n], q_half, b[0]);
                TensorCore<T>::multiply(s[2 * n + 1], q_half, b[1]);
            }
        }
    }

    __device__ __forceinline__ void mask(uint64 attended)
    {
        const uint64 mine = attended >> (threadIdx.x % 4 * 2);
#pragma unroll
        for (int n = 0; n < KEYS / 8; ++n)
        {
#pragma unroll
            for (int e = 0; e < 4; ++e)
                if ((mine >> (n * 8 + e % 2) & 1) == 0) s[n][e] = MaxOf::identity();
        }
    }

    // Scores become weights under the new maximum; output and sum are rescaled to it.
    __device__ __forceinline__ void soften(float exponent_scale)
    {
#pragma unroll
        for (int h = 0; h < 2; ++h)
        {
            float most = MaxOf::identity();
#pragma unroll
            for (int n = 0; n < KEYS / 8; ++n) most = fmaxf(most, fmaxf(s[n][2 * h], s[n][2 * h + 1]));
            most = fmaxf(most, __shfl_xor_sync(ALL_LANES, most, 1));
            most = fmaxf(most, __shfl_xor_sync(ALL_LANES, most, 2));
            float subtract;
            const float keep = advance_maximum(maximum[h], most, exponent_scale, subtract);
            sum[h] *= keep;
#pragma unroll
            for (int n = 0; n < KEYS / 8; ++n)
            {
#pragma unroll
                for (int e = 2 * h; e < 2 * h + 2; ++e)
                {
                    s[n][e] = exp2_approximate(s[n][e] * exponent_scale - subtract);
                    sum[h] += s[n][e];
                }
            }
#pragma unroll
            for (int d = 0; d < HEAD_DIM / 8; ++d)
            {
                o[d][2 * h] *= keep;
                o[d][2 * h + 1] *= keep;
            }
        }
    }

    __device__ __forceinline__ void accumulate(const T* v_tile)
    {
        const int lane = threadIdx.x % WARP_SIZE;
        const T* row = v_tile + lane % 16 * PITCH;  // matrices: (keys 0-7, 8-15) x (d 0-7), then the same x (d 8-15)
#pragma unroll
        for (int n = 0; n < KEYS / 16; ++n)
        {
            const float(&left)[4] = s[2 * n], (&right)[4] = s[2 * n + 1];
            const uint32 p[4] = {TensorCore<T>::pack(left[0], left[1]), TensorCore<T>::pack(left[2], left[3]),
                                 TensorCore<T>::pack(right[0], right[1]), TensorCore<T>::pack(right[2], right[3])};
#pragma unroll
            for (int d = 0; d < PAIRS; ++d)
            {
                uint32 b[4];
                load_matrices_transposed(b, row + n * 16 * PITCH + d * 16 + lane / 16 * 8);
                TensorCore<T>::multiply(o[2 * d], p, b[0], b[1]);
                TensorCore<T>::multiply(o[2 * d + 1], p, b[2], b[3]);
            }
            if (HALF)
            {
                uint32 b[2];
                load_matrices_transposed(b, row + n * 16 * PITCH + PAIRS * 16);
                TensorCore<T>::multiply(o[2 * PAIRS], p, b[0], b[1]);
            }
        }
    }

    __device__ __forceinline__ void finish(T* o_tile)
    {
        const int lane = threadIdx.x % WARP_SIZE, warp = threadIdx.x / WARP_SIZE;
#pragma unroll
        for (int h = 0; h < 2; ++h)
        {
            float total = sum[h];
            total += __shfl_xor_sync(ALL_LANES, total, 1);
            total += __shfl_xor_sync(ALL_LANES, total, 2);
            const float inverse = total == 0.0f ? 0.0f : 1.0f / total;
            T* row = o_tile + (warp * 16 + h * 8 + lane / 4) * PITCH + lane % 4 * 2;
#pragma unroll
            for (int d = 0; d < HEAD_DIM / 8; ++d)
                *reinterpret_cast<uint32*>(row + d * 8) = TensorCore<T>::pack(o[d][2 * h] * inverse, o[d][2 * h + 1] * inverse);
        }
    }
};
