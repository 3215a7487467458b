// kernel_test.cpp: every kernel at every level: within its blocks to the byte (between guard pages, under sanitizers), inputs
// left alone, the same bits whatever the grid and the number of threads. That the bits are right is the managed tests' matter.
#include "kernel_case.h"

namespace
{
constexpr long long DIMS[] = {1, 3, 63, 64, 65, 200};  // shorter than a step of 64, one, one and a bit, several

std::string of(const char* kernel, const char* type) { return std::string(kernel) + "<" + type + ">"; }

void test_elements(const NumberName& type)
{
    for (const long long count : {1LL, 65LL, 2048LL, 5001LL})
    {
        for (const char* kernel : {"gelu_tanh", "gelu_erf", "quick_gelu", "silu"})
            Case(of(kernel, type.name)).out(type.number, count).in(type.number, count).value(count).check();
        for (const NumberName& to : FLOATS)
            Case("convert<" + std::string(to.name) + "," + type.name + ">")
                .out(to.number, count)
                .in(type.number, count)
                .value(count)
                .check();
        for (const long long launch_threads : {0LL, 64LL, 1000LL})
            Case(of("philox_normal", type.name))
                .out(type.number, count)
                .value(count)
                .value(7ULL)
                .value(1ULL << 33)
                .value(launch_threads)
                .check();
    }
}

// Rows lie further apart than they are long, and the last one ends its block.
void test_norms(const NumberName& type)
{
    const int rows = 5, tokens = 2, samples = 3;
    for (const long long dim : DIMS)
        for (const bool affine : {false, true})
            for (const char* kernel : {"layernorm_modulate", "rmsnorm_modulate"})
            {
                const long long x_stride = dim + 3, y_stride = dim + 1, modulation_stride = 2 * dim;
                Case c(of(kernel, type.name));
                c.out(type.number, (rows - 1) * y_stride + dim).in(type.number, (rows - 1) * x_stride + dim);
                for (int i = 0; i < 2; ++i) affine ? c.in(type.number, dim) : c.null();
                for (int i = 0; i < 2; ++i) affine ? c.null() : c.in(type.number, (samples - 1) * modulation_stride + dim);
                c.value(rows).value(tokens).value(static_cast<int>(dim)).value(x_stride).value(y_stride);
                c.value(modulation_stride).value(1e-6f).check();
            }
}

void test_residuals(const NumberName& type)
{
    const int rows = 5, tokens = 2, samples = 3;
    for (const long long dim : DIMS)
    {
        const long long stride = dim + 2, length = (samples - 1) * stride + dim;
        Case plain(of("gate_residual", type.name));
        plain.out(type.number, rows * dim).in(type.number, rows * dim).in(type.number, length);
        plain.value(rows).value(tokens).value(static_cast<int>(dim)).value(stride).check();
        Case fused(of("gate_residual_layernorm_modulate", type.name));
        fused.out(type.number, rows * dim).out(type.number, rows * dim).in(type.number, rows * dim);
        for (int i = 0; i < 3; ++i) fused.in(type.number, length);
        fused.value(rows).value(tokens).value(static_cast<int>(dim)).value(stride).value(1e-6f).check();
    }
}

void test_embeddings(const NumberName& type)
{
    const int batch = 3;
    for (const long long dim : {2LL, 3LL, 64LL, 201LL})
    {
        Case(of("timestep_embedding", type.name))
            .out(type.number, batch * dim)
            .in(Number::f32, batch)
            .in(Number::f32, dim / 2)
            .value(batch)
            .value(static_cast<int>(dim))
            .value(1.0f)
            .check();
        Case(of("add_label_embedding", type.name))
            .out(type.number, batch * dim)
            .in(type.number, batch * dim)
            .in(type.number, 7 * dim)
            .in(Number::int32, batch)
            .value(batch)
            .value(static_cast<int>(dim))
            .check();
        Case(of("add_position_embedding", type.name))
            .out(type.number, dim * batch * 5)
            .in(Number::f32, dim * 5)
            .value(batch)
            .value(5)
            .value(static_cast<int>(dim))
            .check();
    }
}

void test_patches(const NumberName& type)
{
    const int latent_batch = 2, channels = 3, height = 6, width = 10, patch = 2;
    for (const int batch : {2, 4})
    {
        const long long pixels = static_cast<long long>(channels) * height * width;
        Case(of("patchify", type.name))
            .out(type.number, batch * pixels)
            .in(Number::f32, latent_batch * pixels)
            .value(batch)
            .value(latent_batch)
            .value(channels)
            .value(height)
            .value(width)
            .value(patch)
            .check();
        Case(of("unpatchify", type.name))
            .out(Number::f32, batch * pixels)
            .in(type.number, batch * pixels)
            .value(batch)
            .value(channels)
            .value(height)
            .value(width)
            .value(patch)
            .check();
    }
}

void test_rope(const NumberName& type)
{
    const int batch = 2, tokens = 3, heads = 2;
    for (const int head_dim : {5, 8, 72})
        for (const int parts : {1, 2, 3})  // norm, rotation, both
        {
            if (head_dim % 2 == 1 && parts != 1) continue;
            const long long token_stride = heads * head_dim + 4, batch_stride = tokens * token_stride + 2;
            Case c(of("qk_norm_rope", type.name));
            c.out(type.number, batch_stride + (tokens - 1) * token_stride + static_cast<long long>(heads) * head_dim);
            (parts & 1) != 0 ? c.in(type.number, head_dim) : c.null();
            for (int i = 0; i < 2; ++i)
                (parts & 2) != 0 ? c.in(Number::f32, static_cast<long long>(tokens) * head_dim) : c.null();
            c.value(batch).value(tokens).value(heads).value(head_dim).value(batch_stride).value(token_stride);
            c.value(1e-6f).check();
        }
}

void test_int8(const NumberName& type)
{
    const int rows = 5;
    for (const long long dim : DIMS)
    {
        const long long length = (dim + 15) / 16 * 16, stride = dim + 3;
        Case quantize(of("quantize_rows", type.name));
        quantize.out(Number::int8, rows * length).out(Number::f32, rows).in(type.number, (rows - 1) * stride + dim);
        quantize.value(rows).value(static_cast<int>(dim)).value(stride).value(static_cast<int>(length)).check();
        for (const bool full : {false, true})
        {
            Case c(of("dequantize", type.name));
            c.out(type.number, (rows - 1) * stride + dim).in(Number::int32, (rows - 1) * stride + dim);
            c.in(Number::f32, rows).in(Number::f32, dim);
            full ? c.in(type.number, dim).in(type.number, (rows - 1) * stride + dim) : c.null().null();
            c.value(rows).value(static_cast<int>(dim)).value(stride).value(stride).value(stride).value(full ? 1 : 0).check();
        }
    }
}

// As in sampling/sampler_step.cu.
struct SamplerCoefficients
{
    float guidance;
    int guided_channels;
    float x0_from_x, x0_from_model, clip, eps_from_x, eps_from_model, eps_from_x0;
    int store_x0, learned_variance;
    float min_log, max_log, noise_scale, x_from_x, x_from_x0, x_from_eps, h1, h2;
};

void test_sampler(const NumberName& type)
{
    const int batch = 2, channels = 3;
    for (const long long pixels : {1LL, 65LL, 2049LL})
        for (const bool full : {false, true})
        {
            const int model_channels = full ? 2 * channels : channels;
            const long long latents = pixels * batch * channels, model = pixels * batch * model_channels;
            Case c(of("guidance_sampler_step", type.name));
            c.out(Number::f32, latents);
            full ? c.out(Number::f32, latents).out(Number::f32, latents) : c.null().null();
            full ? c.in(Number::f32, latents).in(Number::f32, latents) : c.null().null();
            c.in(type.number, model);
            full ? c.in(type.number, model).in(Number::f32, latents) : c.null().null();
            c.value(batch).value(channels).value(model_channels).value(pixels);
            c.value(SamplerCoefficients{1.5f, full ? 5 : 0, 1.1f, -0.5f, full ? 1.0f : 0.0f, 0.1f, 0.9f, 0.2f, 1, full ? 1 : 0,
                                        -3, -1, 0.3f, 0.7f, 0.4f, 0.2f, 0.1f, 0.05f});
            c.check();
        }
}

void test_attention(const NumberName& type)
{
    const int batch = 2, heads = 3;
    for (int head_dim = 32; head_dim <= 128; head_dim += 8)
        for (const int queries : {1, 67})
        {
            const int keys = queries == 1 ? 97 : 50;
            const long long dim = static_cast<long long>(heads) * head_dim, q_token = dim + 8, k_token = 2 * dim,
                            o_token = dim + 1;
            const auto length = [&](int rows, long long stride) { return (batch * rows - 1) * stride + dim; };
            Case c("attention<" + std::string(type.name) + "," + std::to_string(head_dim) + ">");
            c.out(type.number, length(queries, o_token)).in(type.number, length(queries, q_token));
            c.in(type.number, length(keys, k_token)).in(type.number, length(keys, k_token));
            queries == 1 ? c.null() : c.in(Number::flag, static_cast<long long>(batch) * keys);
            c.value(batch).value(heads).value(queries).value(keys);
            for (const long long stride :
                 {queries * q_token, q_token, keys * k_token, k_token, keys * k_token, k_token, queries * o_token, o_token})
                c.value(stride);
            c.value(0.125f).check(static_cast<unsigned>(queries + 63) / 64, static_cast<unsigned>(heads), batch);
        }
}
}  // namespace

int main()
{
    return test_on_every_device("kernel_test",
                                [](int)
                                {
                                    for (const NumberName& type : FLOATS)
                                        for (const auto test : {test_elements, test_norms, test_residuals, test_embeddings,
                                                                test_patches, test_rope, test_int8, test_sampler, test_attention})
                                            test(type);
                                });
}
