// patchify: tokens[b, i w/p + j, (c, ph, pw)] = latents[b % latent_batch, c, i p + ph, j p + pw]; unpatchify from (ph, pw, c)
// shapes:  latents (latent_batch, channels, h, w) f32; tokens (batch, h/p * w/p, channels p p) T; image (batch, channels, h, w)
// launch:  grid.x any (strips of tokens, rows of pixels or token rows are block-strided), block.x any, best a multiple of 32
// traffic: sizeof(T) + 4 bytes per element; add_position_embedding (x[b, n] += position[n], f32): 2 * sizeof(T), cached table
// source:  Dosovitskiy et al. 2020, arXiv:2010.11929 (patches as tokens); diffusers DiTTransformer2DModel for the two orders
#include "../common/device.cuh"

// 32 neighbouring threads take N pixels of 4 tokens and 8 places each: whole sectors of the image and of the tokens where p = N
// = 2.
constexpr int TILE_TOKENS = 4, TILE_PLACES = 8, TILE_SIZE = TILE_TOKENS * TILE_PLACES;

template <int N, typename T>
__device__ __forceinline__ void patchify_strips(T* tokens, const float* latents, int batch, int latent_batch, int channels,
                                                int height, int width, int patch)
{
    const int strips = height / patch, columns = width / patch, places = channels * patch * patch / N;  // N pixels of a row each
    const int across = (places + TILE_PLACES - 1) / TILE_PLACES, down = (columns + TILE_TOKENS - 1) / TILE_TOKENS;
    for (int64 s = blockIdx.x; s < (int64)batch * strips; s += gridDim.x)
    {
        const int64 sample = s / strips % latent_batch;
        const float* corner = latents + (sample * channels * height + s % strips * patch) * width;  // row i p of channel 0
        T* strip = tokens + s * columns * places * N;                                               // (columns, places, N)
        for (int u = threadIdx.x; u < across * down * TILE_SIZE; u += blockDim.x)
        {
            const int tile = u / TILE_SIZE, j = tile / across * TILE_TOKENS + u % TILE_SIZE / TILE_PLACES;
            const int place = tile % across * TILE_PLACES + u % TILE_PLACES, element = place * N;
            if (j >= columns || place >= places) continue;
            const int c = element / (patch * patch), ph = element / patch % patch, pw = element % patch;
            float v[N];
            load_floats(corner + ((int64)c * height + ph) * width + j * patch + pw, v);
            store_floats(strip + ((int64)j * places + place) * N, v);
        }
    }
}

template <typename T>
__global__ void patchify(T* __restrict__ tokens, const float* __restrict__ latents, int batch, int latent_batch, int channels,
                         int height, int width, int patch)
{
    if (patch % 2 == 0 && packs_fit<2>(patch, tokens, latents))
        patchify_strips<2>(tokens, latents, batch, latent_batch, channels, height, width, patch);
    else
        patchify_strips<1>(tokens, latents, batch, latent_batch, channels, height, width, patch);
}

// Neighbouring threads take N channels each of a pixel, then those of the next pixel.
template <int N, typename T>
__device__ __forceinline__ void unpatchify_rows(float* image, const T* tokens, int batch, int channels, int height, int width,
                                                int patch)
{
    const int columns = width / patch, token_dim = channels * patch * patch, packs = channels / N;
    for (int64 r = blockIdx.x; r < (int64)batch * height; r += gridDim.x)
    {
        const int64 sample = r / height, h = r % height;
        const int64 token = (sample * (height / patch) + h / patch) * columns;  // the strip's first token
        for (int u = threadIdx.x; u < width * packs; u += blockDim.x)
        {
            const int w = u / packs, c = u % packs * N;
            float v[N];
            load_floats(tokens + (token + w / patch) * token_dim + (h % patch * patch + w % patch) * channels + c, v);
            UNROLL for (int k = 0; k < N; ++k) image[((sample * channels + c + k) * height + h) * width + w] = v[k];
        }
    }
}

template <typename T>
__global__ void unpatchify(float* __restrict__ image, const T* __restrict__ tokens, int batch, int channels, int height,
                           int width, int patch)
{
    if (channels % 4 == 0 && packs_fit<4>(channels, tokens))
        unpatchify_rows<4>(image, tokens, batch, channels, height, width, patch);
    else
        unpatchify_rows<1>(image, tokens, batch, channels, height, width, patch);
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
    constexpr int N = PACK_WIDTH<float>;  // packs of the wider type fill whole sectors of both
    if (packs_fit<N>(dim, x, position))
        add_position_rows<N>(x, position, batch, tokens, dim);
    else
        add_position_rows<1>(x, position, batch, tokens, dim);
}
