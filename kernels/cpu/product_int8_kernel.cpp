// product_int8_kernel: y[m,n] = sum_k x[m,k] w[n,k] over int8 in int32, one tile of the output
// shapes:  x (rows, depth) int8, strided; w packed in panels (depth / GROUP, PANEL, GROUP) bytes; y (rows, columns) int32
// launch:  one thread a tile of any size; ROWS x VECTORS vectors of sums stay in registers over the whole depth
// traffic: a panel comes from L2 once for every ROWS rows, x from L1: 2 * ROWS operations a byte of w
// source:  Intel SDM, VPDPBUSD and PMADDWD; the offset of 128 as in Jacob et al. 2017, arXiv:1712.05877, 2.3
//
// Integers: every level and every cut gives the same bits. With VNNI w is stored as w + 128, unsigned as the instruction wants
// one side, and 128 times the sum of x's row is taken off at the end; sums may wrap around on the way, which cancels. Without it
// both sides are widened to 16 bits and multiplied in pairs: PMADDUBSW, which does without widening, saturates.
#include "product_int8_kernel.h"

namespace ditto::DITTO_ISA
{
typedef long long int64;

#if defined(__AVX512F__)
constexpr int WIDTH = 16, VECTORS = 3, ROWS = 8;  // 24 of 32 registers hold sums
#elif defined(__AVX2__)
constexpr int WIDTH = 8, VECTORS = 2, ROWS = 6;  // 12 of 16
#else
constexpr int WIDTH = 4, VECTORS = 2, ROWS = 4;  // 8 of 16: a product needs a register of its own
#endif
#if defined(__AVX512VNNI__) || defined(__AVXVNNI__)
#define DITTO_VNNI 1
constexpr int GROUP = 4;
typedef signed char Element;  // of x
#else
constexpr int GROUP = 2;
typedef short Element;
#endif
constexpr int PANEL = VECTORS * WIDTH;

typedef int Ints __attribute__((vector_size(WIDTH * 4)));
typedef int LooseInts __attribute__((vector_size(WIDTH * 4), aligned(4), may_alias));
typedef int LooseInt __attribute__((aligned(1), may_alias));

#ifdef DITTO_VNNI
// sums += w x by fours: w unsigned, x signed.
static inline Ints dot(Ints sums, Ints w, Ints x)
{
#ifdef __AVX512VNNI__
    return __builtin_ia32_vpdpbusd_v16si(sums, w, x);
#else
    return __builtin_ia32_vpdpbusd_v8si(sums, w, x);
#endif
}
static inline Ints load_panel(const unsigned char* panel) { return *(const LooseInts*)panel; }
static inline unsigned char stored(signed char w) { return (unsigned char)(w + 128); }
static inline signed char loaded(unsigned char w) { return (signed char)(w - 128); }
#else
typedef short Shorts __attribute__((vector_size(WIDTH * 4)));
typedef signed char Bytes __attribute__((vector_size(WIDTH * 2)));
typedef signed char LooseBytes __attribute__((vector_size(WIDTH * 2), aligned(1), may_alias));

// sums += w x by pairs of 16 bits.
static inline Ints dot(Ints sums, Ints w, Ints x)
{
#if defined(__AVX512F__)
    return sums + __builtin_ia32_pmaddwd512_mask((Shorts)w, (Shorts)x, Ints{}, (unsigned short)-1);
#elif defined(__AVX2__)
    return sums + __builtin_ia32_pmaddwd256((Shorts)w, (Shorts)x);
#else
    return sums + __builtin_ia32_pmaddwd128((Shorts)w, (Shorts)x);
#endif
}
static inline Ints load_panel(const unsigned char* panel)
{
    return (Ints) __builtin_convertvector((Bytes) * (const LooseBytes*)panel, Shorts);
}
static inline unsigned char stored(signed char w) { return (unsigned char)w; }
static inline signed char loaded(unsigned char w) { return (signed char)w; }
#endif

// y (R, PANEL) = x (R, depth) panel (depth, PANEL) - term of the row.
template <int R>
static void multiply(const Element* x, int64 x_stride, const int* terms, const unsigned char* panel, int64 depth, int* y,
                     int64 y_stride)
{
    Ints sum[R][VECTORS];
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; ++v) sum[r][v] = Ints{};
    for (int64 k = 0; k < depth; k += GROUP)
    {
        Ints w[VECTORS];
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; ++v) w[v] = load_panel(panel + k * PANEL + v * WIDTH * GROUP);
#pragma GCC unroll 16
        for (int r = 0; r < R; ++r)
        {
            const Ints value = *(const LooseInt*)(x + r * x_stride + k) - Ints{};
#pragma GCC unroll 4
            for (int v = 0; v < VECTORS; ++v) sum[r][v] = dot(sum[r][v], w[v], value);
        }
    }
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
        for (int v = 0; v < VECTORS; ++v)
            *(LooseInts*)(y + r * y_stride + v * WIDTH) = sum[r][v] - (terms == nullptr ? 0 : terms[r]);
}

template <int R = ROWS>
static void multiply_rows(int64 rows, const Element* x, int64 x_stride, const int* terms, const unsigned char* panel, int64 depth,
                          int* y, int64 y_stride)
{
    if constexpr (R > 0)
    {
        if (rows == R) return multiply<R>(x, x_stride, terms, panel, depth, y, y_stride);
        multiply_rows<R - 1>(rows, x, x_stride, terms, panel, depth, y, y_stride);
    }
}

static void compute_tile(const Int8Tile& tile)
{
    for (int64 column = 0; column < tile.columns; column += PANEL)
    {
        const int64 count = tile.columns - column < PANEL ? tile.columns - column : PANEL;
        const unsigned char* panel = tile.panels + column * tile.depth;
        for (int64 row = 0; row < tile.rows; row += ROWS)
        {
            const int64 rows = tile.rows - row < ROWS ? tile.rows - row : ROWS;
            const Element* x = (const Element*)tile.x + row * tile.x_stride;
            const int* terms = tile.row_terms == nullptr ? nullptr : tile.row_terms + row;
            int* y = tile.y + row * tile.y_stride + column;
            if (count == PANEL)
            {
                multiply_rows(rows, x, tile.x_stride, terms, panel, tile.depth, y, tile.y_stride);
                continue;
            }
            int whole[ROWS * PANEL];  // the last panel is narrower in y
            multiply_rows(rows, x, tile.x_stride, terms, panel, tile.depth, whole, PANEL);
            for (int64 r = 0; r < rows; ++r)
                for (int64 c = 0; c < count; ++c) y[r * tile.y_stride + c] = whole[r * PANEL + c];
        }
    }
}

static void pack(unsigned char* panel, const signed char* w, int64 w_stride, int64 columns, int64 depth)
{
    for (int64 k0 = 0; k0 < depth; k0 += 64)  // lines of 64: both sides stay in the first-level cache
    {
        const int64 k1 = k0 + 64 < depth ? k0 + 64 : depth;
        for (int64 c = 0; c < PANEL; ++c)
            for (int64 k = k0; k < k1; k += GROUP)
                for (int g = 0; g < GROUP; ++g)
                    panel[k * PANEL + c * GROUP + g] = stored(c < columns ? w[c * w_stride + k + g] : 0);
    }
}

static void unpack(signed char* w, const unsigned char* panel, int64 depth)
{
    for (int64 k0 = 0; k0 < depth; k0 += 64)
    {
        const int64 k1 = k0 + 64 < depth ? k0 + 64 : depth;
        for (int64 c = 0; c < PANEL; ++c)
            for (int64 k = k0; k < k1; k += GROUP)
                for (int g = 0; g < GROUP; ++g) w[c * depth + k + g] = loaded(panel[k * PANEL + c * GROUP + g]);
    }
}

// With VNNI: 128 times the sum of each row, into (rows) int. Without: the rows in 16 bits, into (rows, depth).
static void prepare(void* target, const signed char* x, int64 x_stride, int64 depth, int64 first, int64 last)
{
    for (int64 r = first; r < last; ++r)
    {
        const signed char* row = x + r * x_stride;
#ifdef DITTO_VNNI
        int sum = 0;
        for (int64 k = 0; k < depth; ++k) sum += row[k];
        ((int*)target)[r] = (int)(128u * (unsigned)sum);
#else
        for (int64 k = 0; k < depth; ++k) ((short*)target)[r * depth + k] = row[k];
#endif
    }
}

#ifdef DITTO_VNNI
constexpr bool WIDENS = false;
#else
constexpr bool WIDENS = true;
#endif
extern const Int8Kernels int8_kernels{PANEL, WIDENS, prepare, pack, unpack, compute_tile};
}  // namespace ditto::DITTO_ISA
