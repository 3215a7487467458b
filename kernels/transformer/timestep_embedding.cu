// timestep_embedding: a_k = scale * (t * f_k), y = [cos a, sin a]; f is a table from the host, so every device has the same bits
// shapes:  timesteps (batch) f32, frequencies (half) f32; y (batch, dim) T, half = dim / 2; the last element of an odd dim is 0
// launch:  grid.x any (samples are block-strided), block.x any
// traffic: sizeof(T) bytes per element; a few thousand elements in all
// source:  diffusers 0.42 get_timestep_embedding (flip_sin_to_cos), repeated in f32 and in its order: angles reach 1000 rad
#include "../common/device.cuh"

template <typename T>
__global__ void timestep_embedding(T* __restrict__ y, const float* __restrict__ timesteps, const float* __restrict__ frequencies,
                                   int batch, int dim, float scale)
{
    const int half = dim / 2;
    for (int b = blockIdx.x; b < batch; b += gridDim.x)
    {
        T* row = y + (int64)b * dim;  // (dim)
        const float t = timesteps[b];
        for (int k = threadIdx.x; k < half; k += blockDim.x)
        {
            const float angle = in_order(scale * in_order(t * frequencies[k]));
            row[k] = from_float<T>(cosf(angle));
            row[half + k] = from_float<T>(sinf(angle));
        }
        if (dim % 2 == 1 && threadIdx.x == 0) row[dim - 1] = from_float<T>(0.0f);
    }
}
