// product_kernel.h: the part of a matrix product that is compiled for each ISA level, as a table of functions
//
// Packed weights are panels of `panel_width` output columns, each (depth, panel_width) f32, the last one padded with zeros.
// Included inside and outside of the levels' namespaces, so it uses no other header.
#pragma once

namespace ditto
{
enum class NumberType : unsigned char
{
    f32,
    bf16,
    fp16,
    int8,
    int32,
};
constexpr long long number_bytes(NumberType type)
{
    return type == NumberType::int8 ? 1 : type == NumberType::bf16 || type == NumberType::fp16 ? 2 : 4;
}

enum class Activation : unsigned char
{
    none,
    relu,
    gelu,  // the tanh form
};

// A matrix as it lies in memory: element (r, k) at r * stride + k, or at k * stride + r where depth_first is false.
struct StoredMatrix
{
    const void* data;
    NumberType type;
    bool depth_first;
    long long stride;
};

// One tile of the output. Pointers are those of its first row and column; stride counts elements.
struct ProductTile
{
    const float* x;  // (rows, depth)
    long long x_stride;
    const float* panels;       // the first panel
    const float* next_panels;  // what this thread is likely to need after the last one, or null
    long long rows, columns, depth;
    float alpha, beta;
    Activation activation;
    NumberType output;
    const void* residual;
    long long residual_stride;
    const void* bias;
    void* y;
    long long y_stride;
    float* sums;  // scratch of TILE_ROWS x (TILE_PANELS * panel_width)
};

inline constexpr long long TILE_ROWS = 128;  // at most, and for panels likewise
inline constexpr long long TILE_PANELS = 8;

struct ProductKernels
{
    int panel_width;

    // Packs panels first..last-1.
    void (*pack)(float* panels, StoredMatrix w, long long columns, long long depth, long long first, long long last);

    // Rows first..last-1 of x as f32, (rows, depth) dense.
    void (*widen)(float* y, StoredMatrix x, long long depth, long long first, long long last);

    // Computes and writes a tile.
    void (*tile)(const ProductTile& tile);

    // Writes a tile whose sums are there, rows of them sums_stride (a multiple of panel_width) apart.
    void (*finish)(const ProductTile& tile, long long sums_stride);
};
}  // namespace ditto
