// product_kernel: y[m,n] = act(alpha * sum_k x[m,k] w[n,k] + beta * residual[m,n] + bias[n]), one tile of the output
// shapes:  x (rows, depth) f32, strided; w packed in panels (depth, PANEL) f32; y, residual (rows, columns), bias (columns) T; f32 sums
// launch:  one thread a tile of any size up to TILE_ROWS x TILE_PANELS panels; ROWS x VECTORS vectors of sums stay in registers
// traffic: a panel's block of DEPTH_BLOCK steps comes from L2 once for every ROWS rows, x from L1: 2 * ROWS / 4 flops a byte of w
// source:  Goto & van de Geijn 2008, Anatomy of High-Performance Matrix Multiplication; Van Zee & van de Geijn 2015, BLIS
//
// Each sum is one chain of fused multiply-adds in the order of depth (a chain cut at a block's end goes on from the stored f32),
// so it has the same bits in whatever block, tile or thread. As fast as oneDNN 2.6's brgemm on AVX-512: docs/adr/0003 has the
// numbers.
#include "kernel_table.h"
#include "product_kernel.h"

namespace ditto::DITTO_ISA
{
#include "../common/device.cuh"
#include "../common/gelu.cuh"

#include "kernel_thunk.h"

#if defined(__AVX512F__)
constexpr int WIDTH = 16, VECTORS = 3, ROWS = 8;  // 24 of 32 registers hold sums
#elif defined(__AVX2__)
constexpr int WIDTH = 8, VECTORS = 2, ROWS = 6;  // 12 of 16
#else
constexpr int WIDTH = 4, VECTORS = 2, ROWS = 5;  // 10 of 16: without a fused multiply-add the product needs one of its own
#endif
constexpr int PANEL = VECTORS * WIDTH;
constexpr long long DEPTH_BLOCK = 512;  // a panel's block stays in the second-level cache, the rows of x beside it in the first

typedef float Vector __attribute__((vector_size(WIDTH * sizeof(float))));
typedef float LooseVector __attribute__((vector_size(WIDTH * sizeof(float)), aligned(sizeof(float)), may_alias));

// sums (R, PANEL) (+)= x (R, depth) panel (depth, PANEL). `ahead` is fetched towards the cache meanwhile, a line a step; or null.
template <int R>
static void multiply(const float* x, int64 x_stride, const float* panel, int64 depth, float* sums, int64 sums_stride, bool first,
                     const char* ahead)
{
    Vector sum[R][VECTORS];
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; ++v)
            sum[r][v] = first ? Vector{} : (Vector) * (const LooseVector*)(sums + r * sums_stride + v * WIDTH);
    for (int64 k = 0; k < depth; ++k)
    {
        if (ahead != nullptr) __builtin_prefetch(ahead + 64 * k, 0, 2);
        Vector w[VECTORS];
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; ++v) w[v] = *(const LooseVector*)(panel + k * PANEL + v * WIDTH);
#pragma GCC unroll 16
        for (int r = 0; r < R; ++r)
        {
            const float value = x[r * x_stride + k];
#pragma GCC unroll 4
            for (int v = 0; v < VECTORS; ++v) sum[r][v] += w[v] * value;
        }
    }
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; ++v) *(LooseVector*)(sums + r * sums_stride + v * WIDTH) = sum[r][v];
}

using Multiply = void (*)(const float*, int64, const float*, int64, float*, int64, bool, const char*);

// by_rows[R - 1] multiplies R rows.
template <int... R>
struct MultiplyTable
{
    Multiply by_rows[sizeof...(R)] = {multiply<R + 1>...};

    constexpr explicit MultiplyTable(Indices<R...>) {}
};
static constexpr MultiplyTable MULTIPLY{IndicesBelow<ROWS>()};

// ---- from sums to outputs ---------------------------------------------------------------------------------------------------

template <typename Body>
__forceinline__ void for_columns(int64 count, const Body& body)
{
    INDEPENDENT_ITERATIONS
    for (int64 c = 0; c < count; ++c) body(c);
}

// COUNT columns, or, for the last panel, fewer of them: known trip counts become straight vector code.
template <typename T, int COUNT>
static void finish_row(float* sums, const ProductTile& tile, int64 row, int64 column, int64 fewer)
{
    const int64 count = COUNT > 0 ? COUNT : fewer;
    T* y = (T*)tile.y + row * tile.y_stride + column;  // may be the residual
    const T* bias = tile.bias == nullptr ? nullptr : (const T*)tile.bias + column;
    const T* residual = tile.residual == nullptr ? nullptr : (const T*)tile.residual + row * tile.residual_stride + column;
    if (tile.alpha != 1.0f) for_columns(count, [&](int64 c) { sums[c] *= tile.alpha; });
    if (residual != nullptr) for_columns(count, [&](int64 c) { sums[c] += tile.beta * to_float(residual[c]); });
    if (bias != nullptr) for_columns(count, [&](int64 c) { sums[c] += to_float(bias[c]); });
    if (tile.activation == Activation::relu) for_columns(count, [&](int64 c) { sums[c] = sums[c] < 0.0f ? 0.0f : sums[c]; });
    if (tile.activation == Activation::gelu)  // whole vectors: the padding is ours
        for_columns(PANEL, [&](int64 c) { sums[c] = GeluTanh::apply(sums[c]); });
    for_columns(count, [&](int64 c) { y[c] = from_float<T>(sums[c]); });
}

template <typename T>
static void finish_rows(float* sums, int64 sums_stride, const ProductTile& tile, int64 row, int64 rows, int64 column)
{
    const int64 count = tile.columns - column;
    for (int64 r = 0; r < rows; ++r)
    {
        if (count >= PANEL)
            finish_row<T, PANEL>(sums + r * sums_stride, tile, row + r, column, PANEL);
        else
            finish_row<T, 0>(sums + r * sums_stride, tile, row + r, column, count);
    }
}

static void finish(float* sums, int64 sums_stride, const ProductTile& tile, int64 row, int64 rows, int64 column)
{
    if (tile.output == NumberType::f32)
        finish_rows<float>(sums, sums_stride, tile, row, rows, column);
    else if (tile.output == NumberType::bf16)
        finish_rows<bf16>(sums, sums_stride, tile, row, rows, column);
    else
        finish_rows<fp16>(sums, sums_stride, tile, row, rows, column);
}

static void compute_tile(const ProductTile& tile)
{
    const int64 panels = (tile.columns + PANEL - 1) / PANEL, sums_stride = TILE_PANELS * PANEL;
    for (int64 k = 0; k < tile.depth; k += DEPTH_BLOCK)
    {
        const int64 depth = tile.depth - k < DEPTH_BLOCK ? tile.depth - k : DEPTH_BLOCK;
        const bool last = k + depth == tile.depth;
        for (int64 p = 0; p < panels; ++p)
        {
            const float* panel = tile.panels + (p * tile.depth + k) * PANEL;
            const float* next = p + 1 < panels ? panel + tile.depth * PANEL
                                : last         ? tile.next_panels
                                               : tile.panels + (k + depth) * PANEL;
            for (int64 row = 0; row < tile.rows; row += ROWS)
            {
                const int64 rows = tile.rows - row < ROWS ? tile.rows - row : ROWS;
                // The first blocks of rows fetch the next panel's block, so that the first of its own finds it near.
                const int64 slice = row / ROWS;
                const char* ahead = next != nullptr && slice < (int64)(PANEL * sizeof(float) / 64)
                                        ? (const char*)next + slice * depth * 64
                                        : nullptr;
                float* sums = tile.sums + row * sums_stride + p * PANEL;
                MULTIPLY.by_rows[rows - 1](tile.x + row * tile.x_stride + k, tile.x_stride, panel, depth, sums, sums_stride,
                                           k == 0, ahead);
                if (last) finish(sums, sums_stride, tile, row, rows, p * PANEL);
            }
        }
    }
}

static void finish_tile(const ProductTile& tile, int64 sums_stride)
{
    for (int64 column = 0; column < tile.columns; column += PANEL)
        finish(tile.sums + column, sums_stride, tile, 0, tile.rows, column);
}

// ---- packing ----------------------------------------------------------------------------------------------------------------

template <typename T>
static void pack_panels(float* panels, StoredMatrix w, int64 columns, int64 depth, int64 first, int64 last)
{
    const T* data = (const T*)w.data;
    for (int64 p = first; p < last; ++p)
    {
        float* panel = panels + p * depth * PANEL;
        const int64 column = p * PANEL, count = columns - column < PANEL ? columns - column : PANEL;
        for (int64 k0 = 0; k0 < depth; k0 += 16)  // squares of 16 lines: both sides stay in the first-level cache
        {
            const int64 k1 = k0 + 16 < depth ? k0 + 16 : depth;
            for (int64 c = 0; c < count && w.depth_first; ++c)
                for (int64 k = k0; k < k1; ++k) panel[k * PANEL + c] = to_float(data[(column + c) * w.stride + k]);
            for (int64 k = k0; k < k1 && !w.depth_first; ++k)
                for (int64 c = 0; c < count; ++c) panel[k * PANEL + c] = to_float(data[k * w.stride + column + c]);
            for (int64 k = k0; k < k1; ++k)
                for (int64 c = count; c < PANEL; ++c) panel[k * PANEL + c] = 0.0f;
        }
    }
}

static void pack(float* panels, StoredMatrix w, int64 columns, int64 depth, int64 first, int64 last)
{
    if (w.type == NumberType::f32)
        pack_panels<float>(panels, w, columns, depth, first, last);
    else if (w.type == NumberType::bf16)
        pack_panels<bf16>(panels, w, columns, depth, first, last);
    else
        pack_panels<fp16>(panels, w, columns, depth, first, last);
}

template <typename T>
static void widen_rows(float* y, StoredMatrix x, int64 depth, int64 first, int64 last)
{
    const T* data = (const T*)x.data;
    for (int64 r = first; r < last && x.depth_first; ++r)
        for (int64 k = 0; k < depth; ++k) y[r * depth + k] = to_float(data[r * x.stride + k]);
    for (int64 k = 0; k < depth && !x.depth_first; ++k)
        for (int64 r = first; r < last; ++r) y[r * depth + k] = to_float(data[k * x.stride + r]);
}

static void widen(float* y, StoredMatrix x, int64 depth, int64 first, int64 last)
{
    if (x.type == NumberType::f32)
        widen_rows<float>(y, x, depth, first, last);
    else if (x.type == NumberType::bf16)
        widen_rows<bf16>(y, x, depth, first, last);
    else
        widen_rows<fp16>(y, x, depth, first, last);
}

extern const ProductKernels product_kernels{PANEL, pack, widen, compute_tile, finish_tile};
}  // namespace ditto::DITTO_ISA
