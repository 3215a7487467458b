// philox_normal: y[t + L (4 k + i)] = normal i of Philox4x32-10(counter (offset + k, t), key seed) = sqrt(-2 ln u) sin|cos v
// shapes:  y (count) T; L = blocks * threads of PyTorch's kernel (0: at least count); offset counts calls (PyTorch's / 4)
// launch:  grid.x any (spans of threads t are block-strided), block.x any
// traffic: sizeof(T) bytes per element, about 100 operations: bound by arithmetic
// source:  Salmon et al. 2011, Parallel random numbers: as easy as 1, 2, 3; PyTorch's CUDA generator, cuRAND's Box-Muller
#include "../common/device.cuh"

struct PhiloxWords
{
    uint32 x, y, z, w;
};

__device__ __forceinline__ PhiloxWords philox(PhiloxWords counter, uint64 seed)
{
    uint32 k0 = (uint32)seed, k1 = (uint32)(seed >> 32);
    UNROLL for (int round = 0; round < 10; ++round)
    {
        const uint32 low0 = counter.x * 0xD2511F53u, high0 = multiply_high(counter.x, 0xD2511F53u);
        const uint32 low1 = counter.z * 0xCD9E8D57u, high1 = multiply_high(counter.z, 0xCD9E8D57u);
        counter = PhiloxWords{high1 ^ counter.y ^ k0, low1, high0 ^ counter.w ^ k1, low0};
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return counter;
}

// sin(v + quarters pi/2) for v in 0..2 pi: one polynomial on both targets, within 1e-7; larger v is out of its domain.
__device__ __forceinline__ float sine_of_turn(float v, int quarters)
{
    const int n = (int)(v * 0.636619772f + 0.5f);
    const float whole = (float)n;
    const float r = fmaf(whole, -7.54978995489188216e-8f, fmaf(whole, -4.837512969970703125e-4f, fmaf(whole, -1.5703125f, v)));
    const float z = in_order(r * r);
    float p = fmaf(z, -1.9515295891e-4f, 8.3321608736e-3f), q = fmaf(z, 2.443315711809948e-5f, -1.388731625493765e-3f);
    p = fmaf(p, z, -1.6666654611e-1f);
    q = fmaf(q, z, 4.166664568298827e-2f);
    const float sine = fmaf(in_order(p * z), r, r), cosine = fmaf(in_order(q * z), z, fmaf(z, -0.5f, 1.0f));
    const int quadrant = n + quarters;
    const float value = (quadrant & 1) != 0 ? cosine : sine;
    return (quadrant & 2) != 0 ? -value : value;
}

__device__ __forceinline__ float normal_of(uint32 radius_bits, uint32 angle_bits, int quarters)
{
    const float u = fmaf((float)radius_bits, 0x1p-32f, 0x1p-33f);                           // 0 < u <= 1
    const float v = fmaf((float)angle_bits, 0x1p-32f * 6.2831855f, 0x1p-33f * 6.2831855f);  // 0 < v <= 2 pi
    return sqrtf(-2.0f * logf(u)) * sine_of_turn(v, quarters);
}

template <typename T>
__global__ void philox_normal(T* __restrict__ y, int64 count, uint64 seed, uint64 offset, int64 launch_threads)
{
    constexpr int N = TILE_WIDTH;
    const int64 length = launch_threads > 0 && launch_threads < count ? launch_threads : count;  // outputs of one round
    const int64 spans = span_count(length), rounds = length > 0 ? (count + length - 1) / length : 0;
    for (int64 item = blockIdx.x; item < rounds * spans; item += gridDim.x)
    {
        const int64 round = item / spans, start = item % spans * SPAN, left = count - round * length;
        const int64 end = left < length ? left : length;  // the last round may be short
        const uint64 call = offset + (uint64)(round / 4);
        const bool second_pair = (round & 2) != 0;
        const int quarters = (int)(round & 1);  // cos v = sin(v + pi/2)
        const int stop = end - start < SPAN ? (int)(end - start) : SPAN;
        const auto step = [&](int i, int left) ALWAYS_INLINE
        {
            float normals[N];
            const uint64 first = (uint64)(start + i);
            UNROLL for (int k = 0; k < N; ++k)
            {
                const uint64 thread = first + k;
                const PhiloxWords words =
                    philox({(uint32)call, (uint32)(call >> 32), (uint32)thread, (uint32)(thread >> 32)}, seed);
                normals[k] = normal_of(second_pair ? words.z : words.x, second_pair ? words.w : words.y, quarters);
            }
            store_floats(y + round * length + start + i, normals, left);
        };
        for_row<N>(stop, step);
    }
}
