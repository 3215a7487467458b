// mma.cuh: tensor-core tiles of one warp (mma.sync, ldmatrix) and asynchronous copies (cp.async), PTX behind functions; GPU only
// layout:  lane = 4g + q. A (16 x 16): rows g and g + 8, columns 2q, 2q + 1 and the same + 8; B (16 x 8): rows 2q, 2q + 1 and the
//          same + 8, column g; C (16 x 8): C[0], C[1] at row g, columns 2q, 2q + 1; C[2], C[3] at row g + 8
// needs:   sm_80 or newer; every lane of the warp reaches load_matrices and multiply together
// source:  PTX ISA 8.8, "Matrix multiply-accumulate operation using mma instruction", ldmatrix, cp.async
#pragma once

__device__ __forceinline__ uint32 shared_address(const void* p) { return (uint32)__cvta_generic_to_shared(p); }

// Starts a copy of 16 bytes from global to shared memory, both 16-byte aligned; present = false writes zeros and reads nothing.
__device__ __forceinline__ void copy_async_16(void* shared, const void* global, bool present)
{
    const int bytes = present ? 16 : 0;
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(shared)), "l"(global), "r"(bytes)
                 : "memory");
}
// Waits for this thread's copies; a barrier must follow before other threads read them.
__device__ __forceinline__ void wait_for_copies() { asm volatile("cp.async.wait_all;" ::: "memory"); }

// Four (or two) 8 x 8 matrices of 16-bit elements; lane 8i + r names row r of matrix i (16 bytes, aligned), lanes past 15 of the
// two-matrix form name any row. Lane 4g + q gets elements (g, 2q) and (g, 2q + 1) of matrix i in m[i].
__device__ __forceinline__ void load_matrices(uint32 (&m)[4], const void* row)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(m[0]), "=r"(m[1]), "=r"(m[2]), "=r"(m[3])
                 : "r"(shared_address(row))
                 : "memory");
}
__device__ __forceinline__ void load_matrices(uint32 (&m)[2], const void* row)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0, %1}, [%2];"
                 : "=r"(m[0]), "=r"(m[1])
                 : "r"(shared_address(row))
                 : "memory");
}
// The same, each matrix transposed: lane 4g + q gets elements (2q, g) and (2q + 1, g).
__device__ __forceinline__ void load_matrices_transposed(uint32 (&m)[4], const void* row)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(m[0]), "=r"(m[1]), "=r"(m[2]), "=r"(m[3])
                 : "r"(shared_address(row))
                 : "memory");
}
__device__ __forceinline__ void load_matrices_transposed(uint32 (&m)[2], const void* row)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];"
                 : "=r"(m[0]), "=r"(m[1])
                 : "r"(shared_address(row))
                 : "memory");
}

// c += a b, sums in f32: a 16 x 16 with b 16 x 8, or a 16 x 8 with b 8 x 8; pack rounds two floats to the register's low and high
// half.
template <typename T>
struct TensorCore;

#define DITTO_TENSOR_CORE(TYPE, NAME)                                                                                            \
    template <>                                                                                                                  \
    struct TensorCore<TYPE>                                                                                                      \
    {                                                                                                                            \
        static __device__ __forceinline__ void multiply(float (&c)[4], const uint32 (&a)[4], uint32 b0, uint32 b1)               \
        {                                                                                                                        \
            asm("mma.sync.aligned.m16n8k16.row.col.f32." NAME "." NAME                                                           \
                ".f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"                                           \
                : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])                                                                 \
                : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));                                                 \
        }                                                                                                                        \
        static __device__ __forceinline__ void multiply(float (&c)[4], const uint32 (&a)[2], uint32 b)                           \
        {                                                                                                                        \
            asm("mma.sync.aligned.m16n8k8.row.col.f32." NAME "." NAME ".f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};" \
                : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])                                                                 \
                : "r"(a[0]), "r"(a[1]), "r"(b));                                                                                 \
        }                                                                                                                        \
        static __device__ __forceinline__ uint32 pack(float low, float high)                                                     \
        {                                                                                                                        \
            uint32 both;                                                                                                         \
            asm("cvt.rn." NAME "x2.f32 %0, %1, %2;" : "=r"(both) : "f"(high), "f"(low));                                         \
            return both;                                                                                                         \
        }                                                                                                                        \
    }
DITTO_TENSOR_CORE(bf16, "bf16");
DITTO_TENSOR_CORE(fp16, "f16");
#undef DITTO_TENSOR_CORE

// 2^x within 2 ulp; 2^-infinity is 0, results below 2^-126 are 0.
__device__ __forceinline__ float exp2_approximate(float x)
{
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}
