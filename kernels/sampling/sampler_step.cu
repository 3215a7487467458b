// guidance_sampler_step: m = uncond + g (cond - uncond); x0, eps linear in x and m; x <- linear in x, x0, eps, past ones, noise
// shapes:  x, x0_out, history, noise (batch, channels, pixels) f32; cond, uncond (batch, channels or 2 channels, pixels) T
// launch:  grid.x any (spans of SPAN pixels are block-strided), block.x any; packs of 4 where pixels and pointers allow
// traffic: 8 bytes per element for x, 2 sizeof(T) for cond and uncond, 4 for each of noise, x0_out and history in use
// source:  Ho & Salimans 2022, arXiv:2207.12598; Song et al. 2020, arXiv:2010.02502 (DDIM); Lu et al. 2022, arXiv:2211.01095
#include "../common/device.cuh"

struct SamplerCoefficients
{
    float guidance;
    int guided_channels;  // of the model's channels, from the first; the others keep cond
    float x0_from_x, x0_from_model, clip, eps_from_x, eps_from_model, eps_from_x0;
    int store_x0, learned_variance;
    float min_log, max_log, noise_scale, x_from_x, x_from_x0, x_from_eps, h1, h2;
};

// Where one channel of one sample lies; null pointers stay null.
template <typename T>
struct SamplerRow
{
    float *x, *x0, *slot;
    const float *history1, *history2, *noise;
    const T *cond, *uncond;               // uncond null: no guidance on this channel
    const T *variance, *variance_uncond;  // variance null: the noise scale is fixed
};

template <typename P>
__device__ __forceinline__ P* offset_or_null(P* p, int64 offset)
{
    return p == nullptr ? p : p + offset;
}

// The model's output with guidance, for N neighbours.
template <int N, typename T>
__device__ __forceinline__ void guided(float (&m)[N], const T* cond, const T* uncond, float guidance, int left)
{
    load_floats(cond, m, left);
    if (uncond == nullptr) return;
    float u[N];
    load_floats(uncond, u, left);
    UNROLL for (int k = 0; k < N; ++k) m[k] = fmaf(guidance, m[k] - u[k], u[k]);
}

template <int N>
__device__ __forceinline__ void add_scaled(float (&sum)[N], const float* p, float factor, int left)
{
    if (p == nullptr) return;
    float v[N];
    load_floats(p, v, left);
    UNROLL for (int k = 0; k < N; ++k) sum[k] = fmaf(factor, v[k], sum[k]);
}

template <int N, typename T>
__device__ __forceinline__ void add_noise(float (&sum)[N], const SamplerRow<T>& row, int64 i, int left,
                                          const SamplerCoefficients& c)
{
    if (row.noise == nullptr) return;
    if (row.variance == nullptr) return add_scaled(sum, row.noise + i, c.noise_scale, left);
    float v[N], z[N];
    guided(v, row.variance + i, offset_or_null(row.variance_uncond, i), c.guidance, left);
    load_floats(row.noise + i, z, left);
    UNROLL for (int k = 0; k < N; ++k)
    {
        const float f = 0.5f * (v[k] + 1.0f);
        const float log_variance = fmaf(f, c.max_log, in_order((1.0f - f) * c.min_log));
        sum[k] = fmaf(expf(0.5f * log_variance), z[k], sum[k]);
    }
}

template <int N, typename T>
__device__ __forceinline__ void sampler_step(const SamplerRow<T>& row, int64 i, int left, const SamplerCoefficients& c)
{
    float x[N], m[N], x0[N], eps[N], sum[N];
    load_floats(row.x + i, x, left);
    guided(m, row.cond + i, offset_or_null(row.uncond, i), c.guidance, left);
    UNROLL for (int k = 0; k < N; ++k)
    {
        const float estimate = fmaf(c.x0_from_x, x[k], in_order(c.x0_from_model * m[k]));
        const float below = estimate > c.clip ? c.clip : estimate, clipped = below < -c.clip ? -c.clip : below;  // NaN stays
        x0[k] = c.clip > 0.0f ? clipped : estimate;
        eps[k] = fmaf(c.eps_from_x0, x0[k], fmaf(c.eps_from_x, x[k], in_order(c.eps_from_model * m[k])));
        sum[k] = fmaf(c.x_from_eps, eps[k], fmaf(c.x_from_x0, x0[k], in_order(c.x_from_x * x[k])));
    }
    add_scaled(sum, offset_or_null(row.history1, i), c.h1, left);
    add_scaled(sum, offset_or_null(row.history2, i), c.h2, left);
    add_noise(sum, row, i, left, c);
    if (row.x0 != nullptr) store_floats(row.x0 + i, x0, left);
    if (row.slot != nullptr)  // after the history was read: the slot may be the oldest of it
    {
        UNROLL for (int k = 0; k < N; ++k) m[k] = c.store_x0 != 0 ? x0[k] : eps[k];
        store_floats(row.slot + i, m, left);
    }
    store_floats(row.x + i, sum, left);
}

template <int N, typename T>
__device__ __forceinline__ void sampler_span(const SamplerRow<T>& row, int64 start, int length, const SamplerCoefficients& c)
{
    for_row<N>(length, [&](int i, int left) ALWAYS_INLINE { sampler_step<N>(row, start + i, left, c); });
}

template <typename T>
__global__ void guidance_sampler_step(float* x, float* x0_out, float* history_slot, const float* history1, const float* history2,
                                      const T* cond, const T* uncond, const float* noise, int batch, int channels,
                                      int model_channels, int64 pixels, SamplerCoefficients c)
{
    constexpr int N = PACK_WIDTH<float>;
    const bool packed =
        packs_fit<N>(pixels, x, x0_out, history_slot, history1, history2, noise) && packs_fit<N>(pixels, cond, uncond);
    const int64 spans = span_count(pixels), items = spans * channels * batch;
    for (int64 item = blockIdx.x; item < items; item += gridDim.x)
    {
        const int64 channel = item / spans % channels, sample = item / spans / channels, start = item % spans * SPAN;
        const int64 at = (sample * channels + channel) * pixels, model = (sample * model_channels + channel) * pixels;
        const bool learned = c.learned_variance != 0 && model_channels >= 2 * channels;
        const int64 variance = model + (int64)channels * pixels;  // the matching channel of the second half
        SamplerRow<T> row;
        row.x = x + at;
        row.x0 = offset_or_null(x0_out, at);
        row.slot = offset_or_null(history_slot, at);
        row.history1 = offset_or_null(history1, at);
        row.history2 = offset_or_null(history2, at);
        row.noise = offset_or_null(noise, at);
        row.cond = cond + model;
        row.uncond = channel < c.guided_channels ? offset_or_null(uncond, model) : nullptr;
        row.variance = learned ? cond + variance : nullptr;
        row.variance_uncond = channels + channel < c.guided_channels ? offset_or_null(uncond, variance) : nullptr;
        const int length = pixels - start < SPAN ? (int)(pixels - start) : SPAN;
        if (packed)
            sampler_span<N>(row, start, length, c);
        else
            sampler_span<1>(row, start, length, c);
    }
}
