// gelu: x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2, which stands alone and as the end of other kernels
// source: Hendrycks & Gimpel 2016, Gaussian Error Linear Units, arXiv:1606.08415
#pragma once
#include "device.cuh"

struct GeluTanh
{
    // 0.5 (1 + tanh u) = 1 / (1 + e^-2u), which keeps its digits where the tanh is near -1
    static __device__ __forceinline__ float argument(float x, float unit = 1.0f)  // u unit
    {
        return x * fmaf(in_order(x * x), 0.0356774081f * unit, 0.7978845608f * unit);
    }
    static __device__ __forceinline__ float apply(float x) { return logistic_product(x, argument(x)); }
};
