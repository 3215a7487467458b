// patchify: tokens[b, i w/p + j, (c, ph, pw)] = latents[b % latent_batch, c, i p + ph, j p + pw]; unpatchify from (ph, pw, c)
// shapes:  latents (latent_batch, channels, h, w) f32; tokens (batch, h/p * w/p, channels p p) T; image (batch, channels, h, w)
// launch:  grid.x any (strips of tokens, image rows or token rows are block-strided), block.x any
// traffic: sizeof(T) + 4 bytes per element; add_position_embedding (x[b, n] += position[n], f32): 2 * sizeof(T), cached table
// source:  Dosovitskiy et al. 2020, arXiv:2010.11929 (patches as tokens); diffusers DiTTransformer2DModel for the two orders
#include "../common/device.cuh"

template <typename T>
__global__ void patchify(T* __restrict__ tokens, const float* __restrict__ latents, int batch, int latent_batch, int channels,
                         int height, int width, int patch)
{
    const int strips = height / patch, columns = width / patch, area = patch * patch, token_dim = channels * area;
    const int64 strip_length = (int64)columns * token_dim;
    for (int64 s = blockIdx.x; s < (int64)batch * strips; s += gridDim.x)
    {
        const int64 sample = s / strips % latent_batch;
        const float* corner = latents + (sample * channels * height + s % strips * patch) * width;  // row i p of channel 0
        T* strip = tokens + s * strip_length;  // (columns, channels, patch, patch)
        for (int64 e = threadIdx.x; e < strip_length; e += blockDim.x)
        {
            const int j = (int)(e / token_dim), element = (int)(e % token_dim);
            const int c = element / area, ph = element % area / patch, pw = element % patch;
            strip[e] = from_float<T>(corner[((int64)c * height + ph) * width + j * patch + pw]);
        }
    }
}

template <typename T>
__global__ void unpatchify(float* __restrict__ image, const T* __restrict__ tokens, int batch, int channels, int height,
                           int width, int patch)
{
    const int columns = width / patch, token_dim = channels * patch * patch;
    for (int64 r = blockIdx.x; r < (int64)batch * channels * height; r += gridDim.x)
    {
        const int h = (int)(r % height), c = (int)(r / height % channels);
        const int64 token = (r / height / channels * (height / patch) + h / patch) * columns;  // the strip's first token
        for (int w = threadIdx.x; w < width; w += blockDim.x)
        {
            const int element = (h % patch * patch + w % patch) * channels + c;
            image[r * width + w] = to_float(tokens[(token + w / patch) * token_dim + element]);
        }
    }
}

template <int N, typename T>
__device__ __forceinline__ void add_position_rows(T* x, const float* position, int batch, int tokens, int dim)
{
    for (int64 r = blockIdx.x; r < (int64)batch * tokens; r += gridDim.x)
    {
        T* x_row = x + r * dim;                                   // (dim)
        const float* position_row = position + r % tokens * dim;  // (dim)
        const auto step = [&](int c, int left) ALWAYS_INLINE
        {
            float v[N], p[N];
            load_floats(x_row + c, v, left);
            load_floats(position_row + c, p, left);
            UNROLL for (int k = 0; k < N; ++k) v[k] += p[k];
            store_floats(x_row + c, v, left);
        };
        for_row<N>(dim, step);
    }
}

template <typename T>
__global__ void add_position_embedding(T* __restrict__ x, const float* __restrict__ position, int batch, int tokens, int dim)
{
    constexpr int N = PACK_WIDTH<T>;
    if (packs_fit<N>(dim, x, position))
        add_position_rows<N>(x, position, batch, tokens, dim);
    else
        add_position_rows<1>(x, position, batch, tokens, dim);
}
