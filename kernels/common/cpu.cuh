// cpu.cuh: device.cuh's words on a CPU, where a block is one thread: threadIdx = 0 and blockDim = 1 are constants, so elastic
//          loops become plain loops that g++ vectorises; the CPU device spreads the grid over cores and sets blockIdx, gridDim
// maths:   expf (2 ulp), logf and erff (1 ulp) are polynomials that vectorise; sqrtf, sinf, cosf are the C library's, by builtins
// use:     inside the namespace of one ISA level (kernels/cpu), where no system header may be included, before it or after
// source:  Cephes exp and log (Moshier), with Cody-Waite reduction by ln 2; erf after minimax polynomials of N. Juffa
#pragma once

#define __global__ inline
#define __device__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)

struct Index3
{
    int x, y, z;
};
static constexpr Index3 threadIdx{0, 0, 0};
static constexpr Index3 blockDim{1, 1, 1};
inline thread_local constinit Index3 blockIdx __attribute__((tls_model("initial-exec"))) = {0, 0, 0};
inline thread_local constinit Index3 gridDim __attribute__((tls_model("initial-exec"))) = {1, 1, 1};

// A step over a row: loops of constant length, four vectors of AVX-512 or eight of AVX2, whose values stay in registers.
template <typename T>
constexpr int PACK_WIDTH = 64;
constexpr int TILE_WIDTH = 64;
constexpr int END_WIDTH = 8;  // of steps behind the last tile
constexpr bool IS_GPU = false;
#define UNROLL
#define ROLLED _Pragma("GCC unroll 1")  // where few rounds would become as many copies with a question each
#define ALWAYS_INLINE __attribute__((always_inline))
#define INDEPENDENT_ITERATIONS _Pragma("GCC ivdep")  // an output may be an input, element for element, but nothing else overlaps

// Asks for the cache lines of count neighbours, whether or not there is memory.
template <typename T>
__forceinline__ void prefetch(const T* p, int count)
{
    for (int i = 0; i < count; i += 64 / (int)sizeof(T)) __builtin_prefetch(p + i);
}

// Keeps the compiler from regrouping a sum or product across this value.
__forceinline__ float in_order(float value) { return __builtin_assoc_barrier(value); }

__forceinline__ float uint_as_float(uint32 bits) { return __builtin_bit_cast(float, bits); }
__forceinline__ uint32 float_as_uint(float value) { return __builtin_bit_cast(uint32, value); }

__forceinline__ float bf16_to_float(uint16 bits) { return uint_as_float((uint32)bits << 16); }
__forceinline__ uint16 float_to_bf16(float value)
{
    const uint32 bits = float_as_uint(value);
    const uint32 rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
    return (uint16)(value != value ? 0x7fffu : rounded);  // NaN: the pattern that cvt.rn.bf16.f32 gives
}
__forceinline__ float fp16_to_float(uint16 bits)
{
    const uint32 sign = ((uint32)bits & 0x8000u) << 16, magnitude = ((uint32)bits & 0x7fffu) << 13;
    const uint32 finite = float_as_uint(uint_as_float(magnitude) * 0x1p112f);  // exact, subnormals too
    return uint_as_float(sign | (magnitude >= 0x0f800000u ? magnitude | 0x7f800000u : finite));
}
__forceinline__ uint16 float_to_fp16(float value)
{
    const uint32 all = float_as_uint(value), bits = all & 0x7fffffffu;
    const uint32 normal = (bits - 0x38000000u + 0xfffu + ((bits >> 13) & 1u)) >> 13;
    const uint32 subnormal = float_as_uint(uint_as_float(bits) + 0.5f) - 0x3f000000u;  // the adder rounds at 2^-24
    const uint32 finite = bits < 0x38800000u ? subnormal : bits >= 0x47800000u ? 0x7c00u : normal;
    const uint32 rounded = bits > 0x7f800000u ? 0x7fffu : finite;
    return (uint16)(((all >> 16) & (bits > 0x7f800000u ? 0u : 0x8000u)) | rounded);
}

// One vector of the level.
#ifdef __AVX512F__
constexpr int VECTOR_WIDTH = 16;
typedef float FloatVector __attribute__((vector_size(64)));
typedef short HalfVector __attribute__((vector_size(32)));
#elif defined __AVX__
constexpr int VECTOR_WIDTH = 8;
typedef float FloatVector __attribute__((vector_size(32)));
typedef short HalfVector __attribute__((vector_size(16)));
#else
constexpr int VECTOR_WIDTH = 4;
typedef float FloatVector __attribute__((vector_size(16)));
#endif

#ifdef __F16C__  // the compiler does not vectorise these conversions by itself
__forceinline__ void widen_halves(const void* halves, float* values)
{
    HalfVector in;
    __builtin_memcpy(&in, halves, sizeof in);
#ifdef __AVX512F__
    const FloatVector out = __builtin_ia32_vcvtph2ps512_mask(in, FloatVector{}, (short)-1, 4);
#else
    const FloatVector out = __builtin_ia32_vcvtph2ps256(in);
#endif
    __builtin_memcpy(values, &out, sizeof out);
}
__forceinline__ void narrow_halves(void* halves, const float* values)  // to nearest even
{
    FloatVector in;
    __builtin_memcpy(&in, values, sizeof in);
#ifdef __AVX512F__
    const HalfVector out = __builtin_ia32_vcvtps2ph512_mask(in, 0, HalfVector{}, (short)-1);
#else
    const HalfVector out = __builtin_ia32_vcvtps2ph256(in, 0);
#endif
    __builtin_memcpy(halves, &out, sizeof out);
}
#endif

__forceinline__ uint32 multiply_high(uint32 a, uint32 b) { return (uint32)(((uint64)a * b) >> 32); }

__forceinline__ int min(int a, int b) { return a < b ? a : b; }
__forceinline__ int max(int a, int b) { return a > b ? a : b; }

// a b + c in one rounding where the level has FMA, else in two; never anything else, unlike a * b + c, which the compiler may
// contract in one loop and not in another.
__forceinline__ float fmaf(float a, float b, float c)
{
#ifdef __FMA__
    return __builtin_fmaf(a, b, c);
#else
    return in_order(a * b) + c;
#endif
}

__forceinline__ float fminf(float a, float b) { return __builtin_fminf(a, b); }
__forceinline__ float fmaxf(float a, float b) { return __builtin_fmaxf(a, b); }
__forceinline__ float fabsf(float v) { return __builtin_fabsf(v); }
__forceinline__ float sqrtf(float v) { return __builtin_sqrtf(v); }
__forceinline__ float rsqrtf(float v) { return 1.0f / __builtin_sqrtf(v); }
__forceinline__ float sinf(float v) { return __builtin_sinf(v); }
__forceinline__ float cosf(float v) { return __builtin_cosf(v); }
__forceinline__ float fast_divide(float a, float b) { return a / b; }

// e^x = 2^n e^r for |x| < 88.8, x = n ln 2 + r, |r| <= ln 2 / 2, e^r by a polynomial of degree 6. The exponent is added as an
// integer: a product of two halves of 2^n could be regrouped by -fassociative-math and overflow.
__forceinline__ float exp_in_range(float x)
{
    const float shifted = fmaf(x, 1.44269504f, 12582912.0f);  // 1.5 * 2^23: the adder rounds to an integer
    const float whole = (float)(int)(float_as_uint(shifted) - 0x4b400000u);
    const float r = fmaf(whole, 2.12194440e-4f, fmaf(whole, -0.693359375f, x));
    float p = 1.9875691500e-4f;
    p = fmaf(p, r, 1.3981999507e-3f);
    p = fmaf(p, r, 8.3334519073e-3f);
    p = fmaf(p, r, 4.1665795894e-2f);
    p = fmaf(p, r, 1.6666665459e-1f);
    p = fmaf(p, r, 5.0000001201e-1f);
    const float e = fmaf(p, in_order(r * r), r) + 1.0f;
    return uint_as_float(float_as_uint(e) + (float_as_uint(shifted) << 23));
}

// Results below 2^-126 become 0.
__forceinline__ float expf(float v)
{
    const float power = exp_in_range(v < -87.33654f ? -87.33654f : v > 88.72283f ? 88.72283f : v);
    const float clamped = v < -87.33654f ? 0.0f : v > 88.72283f ? __builtin_inff() : power;
    return v != v ? v : clamped;
}

// x / (1 + e^-2u) as x / (1 + h h), h = e^-u: |u| is clamped where h h is infinite or lost beside 1, so nothing else needs a
// question. A NaN comes through x.
__forceinline__ float logistic_product(float x, float u)
{
    const uint32 bits = float_as_uint(u), magnitude = bits & 0x7fffffffu;
    const uint32 bounded = magnitude < 0x42ae0000u ? magnitude : 0x42ae0000u;  // 87: an integer minimum is one instruction
    const float h = exp_in_range(uint_as_float(bounded | (~bits & 0x80000000u)));
    return x / fmaf(h, h, 1.0f);
}

// ln v = e ln 2 + ln m, m in [sqrt(1/2), sqrt(2)), ln m by a polynomial of degree 9 in m - 1; subnormal v is scaled first.
__forceinline__ float logf(float v)
{
    const float scaled = v < 0x1p-126f ? v * 0x1p24f : v;
    const int bits = (int)float_as_uint(scaled), e = (bits - 0x3f3504f3) >> 23;
    const float x = uint_as_float((uint32)(bits - (int)((uint32)e << 23))) - 1.0f, z = in_order(x * x);
    const float whole = (float)(v < 0x1p-126f ? e - 24 : e);
    float p = 7.0376836292e-2f;
    p = fmaf(p, x, -1.1514610310e-1f);
    p = fmaf(p, x, 1.1676998740e-1f);
    p = fmaf(p, x, -1.2420140846e-1f);
    p = fmaf(p, x, 1.4249322787e-1f);
    p = fmaf(p, x, -1.6668057665e-1f);
    p = fmaf(p, x, 2.0000714765e-1f);
    p = fmaf(p, x, -2.4999993993e-1f);
    p = fmaf(p, x, 3.3333331174e-1f);
    const float tail = fmaf(z, -0.5f, fmaf(whole, -2.12194440e-4f, in_order(in_order(p * x) * z)));
    const float result = fmaf(whole, 0.693359375f, in_order(x + tail));
    const float positive = v == __builtin_inff() ? v : result;
    return v > 0.0f ? positive : v == 0.0f ? -__builtin_inff() : __builtin_nanf("");
}

// |v| < 0.9277: v plus an odd polynomial; beyond: 1 - e^-q(|v|), q of degree 6 (1 ulp each, 3 where there is no FMA).
__forceinline__ float erff(float v)
{
    const float t = fabsf(v) < 4.0f ? fabsf(v) : 4.0f, s = in_order(t * t);  // erf(4) rounds to 1
    float near = -5.96761703e-4f;
    near = fmaf(near, s, 4.99119423e-3f);
    near = fmaf(near, s, -2.67681349e-2f);
    near = fmaf(near, s, 1.12819925e-1f);
    near = fmaf(near, s, -3.76125336e-1f);
    near = fmaf(near, s, 1.28379166e-1f);
    near = fmaf(near, t, t);
    float q = -1.72853470e-5f;
    q = fmaf(q, t, 3.83197126e-4f);
    q = fmaf(q, t, -3.88396438e-3f);
    q = fmaf(q, t, 2.42546219e-2f);
    q = fmaf(q, t, -1.06777877e-1f);
    q = fmaf(q, t, -6.34846687e-1f);
    q = fmaf(q, t, -1.28717512e-1f);
    q = fmaf(q, t, -t);
    const float result = t > 0.927734375f ? 1.0f - expf(q) : near;
    return v != v ? v : __builtin_copysignf(result, v);
}

__forceinline__ float block_sum(float value) { return value; }
__forceinline__ float block_max(float value) { return value; }
__forceinline__ int group_width(int) { return 1; }
__forceinline__ float group_sum(float value, int) { return value; }
