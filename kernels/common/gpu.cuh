// gpu.cuh: device.cuh's words on a GPU: conversions in PTX, block collectives by warp shuffles
// block_sum, block_max: every thread gets the result; right for any block size up to 1024, powers of two or not, and for 1
// order: lanes of a warp fold in halves, then warps in order: the same bits in every run of one geometry
// needs: sm_80 or newer (cvt.rn.bf16.f32)
// source: PTX ISA 8.8, cvt and shfl.sync
#pragma once

#define GPU_TARGET 1
constexpr int WARP_SIZE = 32;
constexpr int MAX_WARPS = 32;
template <typename T>
constexpr int PACK_WIDTH = 16 / sizeof(T);  // 16 bytes a thread and request
constexpr int END_WIDTH = 1;
constexpr int TILE_WIDTH = 1;  // for kernels that arithmetic bounds: an element a thread
constexpr bool IS_GPU = true;
#define ALWAYS_INLINE
#define UNROLL _Pragma("unroll")
#define ROLLED

// On a CPU this asks for memory ahead of its use; a GPU has other warps to run meanwhile.
template <typename T>
__device__ __forceinline__ void prefetch(const T*, int)
{
}

// On a CPU this keeps the compiler from regrouping a sum across its argument; NVRTC never regroups.
__device__ __forceinline__ float in_order(float value) { return value; }

__device__ __forceinline__ float uint_as_float(uint32 bits) { return __uint_as_float(bits); }
__device__ __forceinline__ uint32 float_as_uint(float value) { return __float_as_uint(value); }

__device__ __forceinline__ float bf16_to_float(uint16 bits) { return __uint_as_float((uint32)bits << 16); }
__device__ __forceinline__ uint16 float_to_bf16(float value)
{
    uint16 bits;
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(bits) : "f"(value));
    return bits;
}
__device__ __forceinline__ float fp16_to_float(uint16 bits)
{
    float value;
    asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(bits));
    return value;
}
__device__ __forceinline__ uint16 float_to_fp16(float value)
{
    uint16 bits;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(value));
    return bits;
}

// Faster and less exact than a / b (2 ulp; 0 where b is beyond 2^126): for quotients with a bounded result.
__device__ __forceinline__ float fast_divide(float a, float b) { return __fdividef(a, b); }
__device__ __forceinline__ float logistic_product(float x, float u) { return fast_divide(x, 1.0f + expf(-2.0f * u)); }

__device__ __forceinline__ uint32 multiply_high(uint32 a, uint32 b) { return __umulhi(a, b); }

struct SumOf
{
    static __device__ __forceinline__ float identity() { return 0.0f; }
    static __device__ __forceinline__ float apply(float a, float b) { return a + b; }
};
struct MaxOf
{
    static __device__ __forceinline__ float identity() { return __uint_as_float(0xff800000u); }  // -infinity
    static __device__ __forceinline__ float apply(float a, float b) { return fmaxf(a, b); }
};

template <typename Op>
__device__ inline float block_reduce(float value)
{
    __shared__ float partial[MAX_WARPS];  // (warps)
    const int lane = threadIdx.x % WARP_SIZE, warp = threadIdx.x / WARP_SIZE;
    const int warps = (blockDim.x + WARP_SIZE - 1) / WARP_SIZE;
    const int lanes = min((int)blockDim.x - warp * WARP_SIZE, WARP_SIZE);  // the last warp may be short
    const uint32 mask = lanes == WARP_SIZE ? 0xffffffffu : (1u << lanes) - 1u;
    for (int offset = WARP_SIZE / 2; offset > 0; offset /= 2)
    {
        const bool has_partner = lane + offset < lanes;
        const float other = __shfl_sync(mask, value, has_partner ? lane + offset : lane);  // never from an absent lane
        if (has_partner) value = Op::apply(value, other);
    }
    if (lane == 0) partial[warp] = value;
    __syncthreads();
    float total = Op::identity();
    for (int w = 0; w < warps; ++w) total = Op::apply(total, partial[w]);
    __syncthreads();  // partial is free for the next reduction
    return total;
}
__device__ inline float block_sum(float value) { return block_reduce<SumOf>(value); }
__device__ inline float block_max(float value) { return block_reduce<MaxOf>(value); }

// A group for so many requests: half a warp where that is enough, else a warp; 1 where the block has no whole groups.
__device__ __forceinline__ int group_width(int requests)
{
    const int width = requests > WARP_SIZE / 2 ? WARP_SIZE : WARP_SIZE / 2;
    return blockDim.x % width == 0 ? width : 1;
}
// Sums over aligned groups of neighbouring lanes (group = 1, 2, 4, 8, 16 or 32, whole groups in the block): each lane gets its
// group's.
__device__ __forceinline__ float group_sum(float value, int group)
{
    const uint32 lanes = group == WARP_SIZE ? 0xffffffffu : (1u << group) - 1u;
    const uint32 mask = lanes << (threadIdx.x % WARP_SIZE / group * group);
    for (int offset = group / 2; offset > 0; offset /= 2) value += __shfl_xor_sync(mask, value, offset);
    return value;
}
