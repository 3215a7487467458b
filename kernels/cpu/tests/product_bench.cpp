// product_bench.cpp: GFLOP/s of matrix products for the shapes of DiT models, beside oneDNN's plain f32 sgemm
#include <dnnl.h>

#include <chrono>

#include "product_case.h"
#include "product_int8_case.h"

namespace
{
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
void bench_shape(int rows, int columns, int depth, Type type)
{
    const Case c{rows, columns, depth, 1, type, type, true, false, false, true, false, false};
    const std::size_t m = static_cast<std::size_t>(rows), n = static_cast<std::size_t>(columns),
                      k = static_cast<std::size_t>(depth);
    Buffer x(m * k, type), w(n * k, type), y(m * n, type), bias(n, type);
    x.fill(1), w.fill(2), bias.fill(3);
    w.advise(CU_MEM_ADVISE_SET_READ_MOSTLY);
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

void bench(Type type)
{
    std::printf("%s, %d threads, %s\n| K | N | M | GFLOP/s | sgemm | ratio |\n|---|---|---|---|---|---|\n", name(type),
                dittoCpuGetThreadCount(), dittoCpuGetIsaName(0));
    constexpr int SHAPES[][2] = {{128, 512},   {384, 384},   {384, 1152},  {384, 1536},  {1536, 384}, {512, 512},
                                 {1152, 1152}, {1152, 3456}, {1152, 4608}, {4608, 1152}, {1152, 6912}};
    for (const auto& [depth, columns] : SHAPES)
        for (const int rows : {1, 2, 16, 196, 256, 392, 512, 1024}) bench_shape(rows, columns, depth, type);
}
// Giga-operations/s of int8 products alone, without the kernels that quantise before them and scale after.
void bench_int8()
{
    std::printf("int8\n| K | N | M | Gop/s |\n|---|---|---|---|\n");
    constexpr int SHAPES[][2] = {{128, 512}, {512, 128}, {1152, 1152}, {1152, 3456}, {1152, 4608}, {4608, 1152}};
    for (const auto& [depth, columns] : SHAPES)
        for (const int rows : {1, 16, 196, 392, 512, 1024})
        {
            const Int8Case c(blas, rows, columns, depth, true);
            const double operations = 2.0 * rows * columns * depth;
            const double best = best_seconds(std::max(1, static_cast<int>(3e8 / operations)), [&] { NEED(c.run()); });
            std::printf("| %d | %d | %d | %.0f |\n", depth, columns, rows, operations / best * 1e-9);
            std::fflush(stdout);
        }
}
}  // namespace

int main()
{
    CUcontext context;
    NEED(cuInit(0));
    NEED(cuDevicePrimaryCtxRetain(&context, 0));
    NEED(cuCtxSetCurrent(context));
    NEED(cublasLtCreate(&blas));
    for (const Type type : TYPES) bench(type);
    bench_int8();
    return 0;
}
