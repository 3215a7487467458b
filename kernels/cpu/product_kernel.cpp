// product_kernel: y[m,n] = act(alpha * sum_k x[m,k] w[n,k] + beta * residual[m,n] + bias[n]), one tile of the output
// shapes:  x (rows, depth) f32, strided; w packed in panels (depth, PANEL) W; y, residual (rows, columns), bias (columns) T; f32 sums
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

typedef float Vector __attribute__((vector_size(WIDTH * sizeof(float))));
typedef float LooseVector __attribute__((vector_size(WIDTH * sizeof(float)), aligned(sizeof(float)), may_alias));
typedef uint32 Words __attribute__((vector_size(WIDTH * sizeof(uint32))));
typedef uint16 Halves __attribute__((vector_size(WIDTH * sizeof(uint16))));

// A vector of stored values, widened.
__forceinline__ Vector load_widened(const float* from) { return *(const LooseVector*)from; }
__forceinline__ Vector load_widened(const bf16* from)
{
    Halves bits;
    __builtin_memcpy(&bits, from, sizeof bits);
    return (Vector)(__builtin_convertvector(bits, Words) << 16);
}
__forceinline__ Vector load_widened(const fp16* from)
{
    Vector vector;
#ifdef __F16C__
    widen_halves(from, (float*)&vector);
#else
    for (int i = 0; i < WIDTH; ++i) vector[i] = to_float(from[i]);
#endif
    return vector;
}

// sums (R, PANEL) (+)= x (R, depth) panel (depth, PANEL). `ahead` is fetched towards the cache meanwhile, a line a step; or null.
template <int R, typename W>
static void multiply(const float* x, int64 x_stride, const void* stored, int64 depth, float* sums, int64 sums_stride, bool first,
                     const char* ahead)
{
    const W* panel = (const W*)stored;
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
        for (int v = 0; v < VECTORS; ++v) w[v] = load_widened(panel + k * PANEL + v * WIDTH);
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

using Multiply = void (*)(const float*, int64, const void*, int64, float*, int64, bool, const char*);

// by_rows[R - 1] multiplies R rows.
template <typename W, int... R>
struct MultiplyTable
{
    Multiply by_rows[sizeof...(R)] = {multiply<R + 1, W>...};

    constexpr MultiplyTable(W, Indices<R...>) {}
};
static constexpr MultiplyTable MULTIPLY{float(), IndicesBelow<ROWS>()};
static constexpr MultiplyTable MULTIPLY_BF16{bf16(), IndicesBelow<ROWS>()};
static constexpr MultiplyTable MULTIPLY_FP16{fp16(), IndicesBelow<ROWS>()};

// A block of a panel as f32.
template <typename W>
static const float* widen_block(float* widened, const void* stored, int64 depth)
{
    for (int64 i = 0; i < depth * PANEL; i += WIDTH) *(LooseVector*)(widened + i) = load_widened((const W*)stored + i);
    return widened;
}

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
    const int64 panels = (tile.columns + PANEL - 1) / PANEL, sums_stride = TILE_PANELS * PANEL,
                row_bytes = PANEL * number_bytes(tile.stored);
    float* widened = tile.scratch + TILE_ROWS * sums_stride;
    // Few rows widen w on the way to the registers; more share what was widened once (Zen 5, 32 rows: 0.89 of f32's rate, not
    // 0.81).
    const bool widens = tile.stored != NumberType::f32 && tile.rows > 2 * ROWS;
    const auto& by_rows = widens || tile.stored == NumberType::f32 ? MULTIPLY.by_rows
                          : tile.stored == NumberType::bf16        ? MULTIPLY_BF16.by_rows
                                                                   : MULTIPLY_FP16.by_rows;
    for (int64 k = 0; k < tile.depth; k += DEPTH_BLOCK)
    {
        const int64 depth = tile.depth - k < DEPTH_BLOCK ? tile.depth - k : DEPTH_BLOCK;
        const bool last = k + depth == tile.depth;
        for (int64 p = 0; p < panels; ++p)
        {
            const char* panel = (const char*)tile.panels + (p * tile.depth + k) * row_bytes;
            const char* next = p + 1 < panels ? panel + tile.depth * row_bytes
                               : last         ? (const char*)tile.next_panels
                                              : (const char*)tile.panels + (k + depth) * row_bytes;
            const void* block = !widens                           ? (const void*)panel
                                : tile.stored == NumberType::bf16 ? widen_block<bf16>(widened, panel, depth)
                                                                  : widen_block<fp16>(widened, panel, depth);
            for (int64 row = 0; row < tile.rows; row += ROWS)
            {
                const int64 rows = tile.rows - row < ROWS ? tile.rows - row : ROWS;
                // The first blocks of rows fetch the next panel's block, so that the first of its own finds it near.
                const int64 slice = row / ROWS;
                const char* ahead = next != nullptr && slice * 64 < row_bytes ? next + slice * depth * 64 : nullptr;
                float* sums = tile.scratch + row * sums_stride + p * PANEL;
                by_rows[rows - 1](tile.x + row * tile.x_stride + k, tile.x_stride, block, depth, sums, sums_stride, k == 0,
                                  ahead);
                if (last) finish(sums, sums_stride, tile, row, rows, p * PANEL);
            }
        }
    }
}

static void finish_tile(const ProductTile& tile, int64 sums_stride)
{
    for (int64 column = 0; column < tile.columns; column += PANEL)
        finish(tile.scratch + column, sums_stride, tile, 0, tile.rows, column);
}

// ---- packing ----------------------------------------------------------------------------------------------------------------

// Elements are copied bit for bit. Squares of 16 lines: both sides stay in the first-level cache.
template <typename Bits>
static void pack_panel(Bits* panel, const Bits* data, const StoredMatrix& w, int64 columns, int64 depth)
{
    for (int64 k0 = 0; k0 < depth; k0 += 16)
    {
        const int64 k1 = k0 + 16 < depth ? k0 + 16 : depth;
        for (int64 c = 0; c < columns && w.depth_first; ++c)
            for (int64 k = k0; k < k1; ++k) panel[k * PANEL + c] = data[c * w.stride + k];
        for (int64 k = k0; k < k1 && !w.depth_first; ++k)
            for (int64 c = 0; c < columns; ++c) panel[k * PANEL + c] = data[k * w.stride + c];
        for (int64 k = k0; k < k1; ++k)
            for (int64 c = columns; c < PANEL; ++c) panel[k * PANEL + c] = 0;
    }
}

static void pack(void* panel, StoredMatrix w, int64 columns, int64 depth)
{
    if (number_bytes(w.type) == 4)
        pack_panel((uint32*)panel, (const uint32*)w.data, w, columns, depth);
    else
        pack_panel((uint16*)panel, (const uint16*)w.data, w, columns, depth);
}

template <typename Bits>
static void unpack_panel(Bits* columns, const Bits* panel, int64 depth)
{
    for (int64 k0 = 0; k0 < depth; k0 += 16)
        for (int64 c = 0; c < PANEL; ++c)
            for (int64 k = k0; k < k0 + 16 && k < depth; ++k) columns[c * depth + k] = panel[k * PANEL + c];
}

static void unpack(void* columns, const void* panel, NumberType type, int64 depth)
{
    if (number_bytes(type) == 4)
        unpack_panel((uint32*)columns, (const uint32*)panel, depth);
    else
        unpack_panel((uint16*)columns, (const uint16*)panel, depth);
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

extern const ProductKernels product_kernels{PANEL, pack, unpack, widen, compute_tile, finish_tile};
}  // namespace ditto::DITTO_ISA
