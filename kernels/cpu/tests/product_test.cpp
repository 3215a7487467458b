// product_test.cpp: cublasLtMatmul against sums in f64, and what must not change a bit of a row: rows beside it, threads, packing
//
// With the argument "bench" it prints GFLOP/s for the shapes of DiT models instead.
#include <dnnl.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <vector>

#include "api.h"

namespace
{
float random_value(unsigned& state)
{
    state = state * 1664525u + 1013904223u;
    return static_cast<float>(state >> 8) / 8388608.0f - 1.0f;
}

unsigned short to_bf16(float value)
{
    unsigned bits;
    std::memcpy(&bits, &value, 4);
    return static_cast<unsigned short>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}
float from_bf16(unsigned short value)
{
    const unsigned bits = static_cast<unsigned>(value) << 16;
    float result;
    std::memcpy(&result, &bits, 4);
    return result;
}

// Row-major y = act(x w^T + residual + bias).
struct Case
{
    int rows, columns, depth, batch;
    bool bf16_inputs, bf16_output, bias, gelu, residual, constant;
    bool x_transposed, w_transposed;
};

struct Buffer
{
    explicit Buffer(std::size_t count, bool as_bf16) : values(count), is_bf16(as_bf16) { NEED(cuMemAlloc_v2(&device, bytes())); }
    ~Buffer() { cuMemFree_v2(device); }
    std::size_t bytes() const { return std::max<std::size_t>(1, values.size()) * (is_bf16 ? 2 : 4); }
    void fill(unsigned seed)
    {
        for (float& value : values) value = is_bf16 ? from_bf16(to_bf16(random_value(seed))) : random_value(seed);
        upload();
    }
    void upload() const
    {
        if (!is_bf16) return NEED(cuMemcpyHtoD_v2(device, values.data(), values.size() * 4));
        std::vector<unsigned short> narrow(values.size());
        for (std::size_t i = 0; i < values.size(); ++i) narrow[i] = to_bf16(values[i]);
        NEED(cuMemcpyHtoD_v2(device, narrow.data(), narrow.size() * 2));
    }
    void download()
    {
        if (!is_bf16) return NEED(cuMemcpyDtoH_v2(values.data(), device, values.size() * 4));
        std::vector<unsigned short> narrow(values.size());
        NEED(cuMemcpyDtoH_v2(narrow.data(), device, narrow.size() * 2));
        for (std::size_t i = 0; i < values.size(); ++i) values[i] = from_bf16(narrow[i]);
    }
    std::vector<float> values;
    bool is_bf16;
    CUdeviceptr device = 0;
};

cublasLtHandle_t blas;

cublasLtMatrixLayout_t layout(bool bf16, int rows, int columns, int batch)
{
    cublasLtMatrixLayout_t result;
    NEED(cublasLtMatrixLayoutCreate(&result, bf16 ? CUDA_R_16BF : CUDA_R_32F, static_cast<unsigned>(rows),
                                    static_cast<unsigned>(columns), rows));
    const std::int64_t stride = static_cast<std::int64_t>(rows) * columns;
    NEED(cublasLtMatrixLayoutSetAttribute(result, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &batch, sizeof batch));
    NEED(cublasLtMatrixLayoutSetAttribute(result, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &stride, sizeof stride));
    return result;
}

struct Plan
{
    explicit Plan(const Case& c)
    {
        NEED(cublasLtMatmulDescCreate(&desc, CUBLAS_COMPUTE_32F, CUDA_R_32F));
        const int a_op = c.w_transposed ? CUBLAS_OP_N : CUBLAS_OP_T, b_op = c.x_transposed ? CUBLAS_OP_T : CUBLAS_OP_N;
        const unsigned epilogue = (c.gelu ? 32u : 0u) | (c.bias ? 4u : 0u);
        const unsigned chosen = epilogue == 0 ? 1u : epilogue;
        NEED(cublasLtMatmulDescSetAttribute(desc, CUBLASLT_MATMUL_DESC_TRANSA, &a_op, sizeof a_op));
        NEED(cublasLtMatmulDescSetAttribute(desc, CUBLASLT_MATMUL_DESC_TRANSB, &b_op, sizeof b_op));
        NEED(cublasLtMatmulDescSetAttribute(desc, CUBLASLT_MATMUL_DESC_EPILOGUE, &chosen, sizeof chosen));
        a = c.w_transposed ? layout(c.bf16_inputs, c.columns, c.depth, c.batch)
                           : layout(c.bf16_inputs, c.depth, c.columns, c.batch);
        b = c.x_transposed ? layout(c.bf16_inputs, c.rows, c.depth, c.batch) : layout(c.bf16_inputs, c.depth, c.rows, c.batch);
        d = layout(c.bf16_output, c.columns, c.rows, c.batch);
    }
    ~Plan()
    {
        cublasLtMatmulDescDestroy(desc);
        for (cublasLtMatrixLayout_t l : {a, b, d}) cublasLtMatrixLayoutDestroy(l);
    }
    void run(CUdeviceptr w, CUdeviceptr x, CUdeviceptr residual, CUdeviceptr y, CUdeviceptr bias, bool with_bias) const
    {
        if (with_bias) NEED(cublasLtMatmulDescSetAttribute(desc, CUBLASLT_MATMUL_DESC_BIAS_POINTER, &bias, sizeof bias));
        const float alpha = 1, beta = residual != 0 ? 1.0f : 0.0f;
        NEED(cublasLtMatmul(blas, desc, &alpha, reinterpret_cast<void*>(w), a, reinterpret_cast<void*>(x), b, &beta,
                            reinterpret_cast<void*>(residual != 0 ? residual : y), d, reinterpret_cast<void*>(y), d, nullptr,
                            nullptr, 0, nullptr));
    }
    cublasLtMatmulDesc_t desc;
    cublasLtMatrixLayout_t a, b, d;
};

double gelu(double x) { return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x))); }

void check(const Case& c)
{
    const std::size_t rows = static_cast<std::size_t>(c.rows), columns = static_cast<std::size_t>(c.columns),
                      depth = static_cast<std::size_t>(c.depth), batch = static_cast<std::size_t>(c.batch);
    Buffer x(batch * rows * depth, c.bf16_inputs), w(batch * columns * depth, c.bf16_inputs),
        y(batch * rows * columns, c.bf16_output), residual(batch * rows * columns, c.bf16_output), bias(columns, c.bf16_output);
    x.fill(1), w.fill(2), residual.fill(3), bias.fill(4);
    if (c.constant) NEED(cuMemAdvise(w.device, w.bytes(), CU_MEM_ADVISE_SET_READ_MOSTLY, 0));
    const Plan plan(c);
    plan.run(w.device, x.device, c.residual ? residual.device : 0, y.device, bias.device, c.bias);
    y.download();
    double worst = 0;
    for (std::size_t s = 0; s < batch; ++s)
        for (std::size_t r = 0; r < rows; r += 1 + rows / 37)
            for (std::size_t n = 0; n < columns; n += 1 + columns / 61)
            {
                double sum = 0;
                for (std::size_t k = 0; k < depth; ++k)
                    sum +=
                        static_cast<double>(x.values[c.x_transposed ? (s * depth + k) * rows + r : (s * rows + r) * depth + k]) *
                        w.values[c.w_transposed ? (s * depth + k) * columns + n : (s * columns + n) * depth + k];
                const std::size_t at = (s * rows + r) * columns + n;
                if (c.residual) sum += residual.values[at];
                if (c.bias) sum += bias.values[n];
                if (c.gelu) sum = gelu(sum);
                worst = std::max(worst, std::fabs(sum - y.values[at]) / (1 + std::fabs(sum)));
            }
    const double bound = (c.bf16_output ? 1.0 / 256 : 0) + 2e-6 * std::sqrt(static_cast<double>(c.depth));
    if (!(worst <= bound))
    {
        std::fprintf(stderr, "rows %d columns %d depth %d batch %d: error %g over %g\n", c.rows, c.columns, c.depth, c.batch,
                     worst, bound);
        ++failures;
    }
}

// The first rows alone, one row from the middle alone, one thread and three, weights packed once and each time: the same bits.
void check_bits(int rows, int columns, int depth, bool bf16)
{
    const Case whole{rows, columns, depth, 1, bf16, bf16, true, true, false, false, false, false};
    const std::size_t n = static_cast<std::size_t>(columns), element = bf16 ? 2 : 4;
    Buffer x(static_cast<std::size_t>(rows) * static_cast<std::size_t>(depth), bf16),
        w(n * static_cast<std::size_t>(depth), bf16), bias(n, bf16), y(static_cast<std::size_t>(rows) * n, bf16),
        again(static_cast<std::size_t>(rows) * n, bf16);
    x.fill(5), w.fill(6), bias.fill(7);
    Plan(whole).run(w.device, x.device, 0, y.device, bias.device, true);
    y.download();
    NEED(cuMemAdvise(w.device, w.bytes(), CU_MEM_ADVISE_SET_READ_MOSTLY, 0));
    for (const int threads : {1, 3, 2})
    {
        dittoCpuSetThreadCount(threads);
        std::fill(again.values.begin(), again.values.end(), -7.0f);
        again.upload();
        Plan(whole).run(w.device, x.device, 0, again.device, bias.device, true);
        again.download();
        EXPECT(again.values == y.values);
    }
    for (const int some : {1, 2, 3, 5, 8, 13, 31, rows - 1})
    {
        if (some < 1 || some > rows) continue;
        for (const int first : {0, 1, rows / 2, rows - some})
        {
            if (first + some > rows) continue;
            Case part = whole;
            part.rows = some;
            const std::size_t x_offset = static_cast<std::size_t>(first) * static_cast<std::size_t>(depth) * element;
            Plan(part).run(w.device, x.device + x_offset, 0, again.device, bias.device, true);
            again.download();
            EXPECT(std::equal(again.values.begin(), again.values.begin() + some * columns, y.values.begin() + first * columns));
        }
    }
}

void check_cache()
{
    const Case c{4, 32, 16, 1, false, false, false, false, false, false, false, false};
    Buffer x(64, false), w(512, false), y(128, false);
    x.fill(1), w.fill(2);
    NEED(cuMemAdvise(w.device, w.bytes(), CU_MEM_ADVISE_SET_READ_MOSTLY, 0));
    const Plan plan(c);
    plan.run(w.device, x.device, 0, y.device, 0, false);
    y.download();
    const std::vector<float> before = y.values;
    for (float& value : w.values) value *= 2;
    w.upload();  // a write to constant memory is seen all the same
    plan.run(w.device, x.device, 0, y.device, 0, false);
    y.download();
    for (std::size_t i = 0; i < before.size(); ++i) EXPECT(y.values[i] == 2 * before[i]);
}

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

template <typename Body>
double best_seconds(int repeats, Body&& body)
{
    double best = 1e9;
    body();
    for (const double stop = now() + 0.1; now() < stop;)
    {
        const double start = now();
        for (int i = 0; i < repeats; ++i) body();
        NEED(cuCtxSynchronize());
        best = std::min(best, (now() - start) / repeats);
    }
    return best;
}

// GFLOP/s of a constant-weight product with bias, and of oneDNN's plain f32 sgemm beside it.
void bench_shape(int rows, int columns, int depth, bool bf16)
{
    const Case c{rows, columns, depth, 1, bf16, bf16, true, false, false, true, false, false};
    const std::size_t m = static_cast<std::size_t>(rows), n = static_cast<std::size_t>(columns),
                      k = static_cast<std::size_t>(depth);
    Buffer x(m * k, bf16), w(n * k, bf16), y(m * n, bf16), bias(n, bf16);
    x.fill(1), w.fill(2), bias.fill(3);
    NEED(cuMemAdvise(w.device, w.bytes(), CU_MEM_ADVISE_SET_READ_MOSTLY, 0));
    const Plan plan(c);
    const double flops = 2.0 * rows * columns * depth;
    const int repeats = std::max(1, static_cast<int>(1e8 / flops));
    double own = 1e9, plain = 1e9;
    for (int turn = 0; turn < 3; ++turn)  // in turns, so that both meet the same neighbours
    {
        own = std::min(own, best_seconds(repeats, [&] { plan.run(w.device, x.device, 0, y.device, bias.device, true); }));
        plain = std::min(plain, best_seconds(repeats,
                                             [&]
                                             {
                                                 NEED(dnnl_sgemm('N', 'N', rows, columns, depth, 1.0f, x.values.data(), depth,
                                                                 w.values.data(), columns, 0.0f, y.values.data(), columns));
                                             }));
    }
    std::printf("| %d | %d | %d | %.0f | %.0f | %.2f |\n", depth, columns, rows, flops / own * 1e-9, flops / plain * 1e-9,
                plain / own);
    std::fflush(stdout);
}

void bench(bool bf16)
{
    std::printf("%s, %d threads, %s\n| K | N | M | GFLOP/s | sgemm | ratio |\n|---|---|---|---|---|---|\n", bf16 ? "bf16" : "f32",
                dittoCpuGetThreadCount(), dittoCpuGetIsaName(0));
    constexpr int SHAPES[][2] = {{128, 512},   {384, 384},   {384, 1152},  {384, 1536},  {1536, 384}, {512, 512},
                                 {1152, 1152}, {1152, 3456}, {1152, 4608}, {4608, 1152}, {1152, 6912}};
    for (const auto& [depth, columns] : SHAPES)
        for (const int rows : {1, 2, 16, 196, 256, 392, 512, 1024}) bench_shape(rows, columns, depth, bf16);
}
}  // namespace

int main(int argc, char** argv)
{
    NEED(cuInit(0));
    int devices = 0;
    NEED(cuDeviceGetCount(&devices));
    const bool benchmark = argc > 1 && std::strcmp(argv[1], "bench") == 0;
    for (int device = 0; device < (benchmark ? 1 : devices); ++device)
    {
        CUcontext context;
        NEED(cuDevicePrimaryCtxRetain(&context, device));
        NEED(cuCtxSetCurrent(context));
        NEED(cublasLtCreate(&blas));
        if (benchmark)
        {
            bench(false);
            bench(true);
            continue;
        }
        for (const int rows : {1, 2, 7, 17, 130})
            for (const int columns : {1, 5, 33, 49, 200})
                for (const int depth : {1, 3, 72, 401, 800})
                    for (const bool bf16 : {false, true})
                        check({rows, columns, depth, 1, bf16, bf16, true, false, rows % 2 == 0, columns % 2 == 0, false, false});
        for (int bits = 0; bits < 256; ++bits)
            check({19, 50, 33, 3, (bits & 1) != 0, (bits & 3) == 3, (bits & 4) != 0, (bits & 8) != 0, (bits & 16) != 0,
                   (bits & 32) != 0, (bits & 64) != 0, (bits & 128) != 0});
        for (const bool bf16 : {false, true})
        {
            check_bits(150, 100, 500, bf16);
            check_bits(392, 1152, 384, bf16);
            check_bits(20, 384, 1153, bf16);
        }
        check_cache();
        NEED(cublasLtDestroy(blas));
        NEED(cuDevicePrimaryCtxRelease_v2(device));
        std::printf("%s: product_test on %s\n", failures == 0 ? "passed" : "FAILED", dittoCpuGetIsaName(device));
    }
    return failures == 0 ? 0 : 1;
}
