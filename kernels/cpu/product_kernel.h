// product_kernel.h: the part of a matrix product that is compiled for each ISA level, as a table of functions
//
// Packed weights are panels of `panel_width` output columns, each (depth, panel_width) of the type in which they were stored, the
// last one padded with zeros. A panel takes the bytes that its columns took, so that it can lie where they lay.
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
    const void* panels;       // the first panel
    const void* next_panels;  // what this thread is likely to need after the last one, or null
    NumberType stored;        // type of the panels' elements
    long long rows, columns, depth;
    float alpha, beta;
    Activation activation;
    NumberType output;
    const void* residual;
    long long residual_stride;
    const void* bias;
    void* y;
    long long y_stride;
    float* scratch;  // of tile_scratch(panel_width) elements; sums come first
};

inline constexpr long long TILE_ROWS = 128;  // at most, and for panels likewise
inline constexpr long long TILE_PANELS = 8;
inline constexpr long long DEPTH_BLOCK =
    512;  // a panel's block stays in the second-level cache, the rows of x beside it in the first

// Sums of a tile, and one block of a panel widened to f32.
constexpr long long tile_scratch(long long panel_width) { return (TILE_ROWS * TILE_PANELS + DEPTH_BLOCK) * panel_width; }

struct ProductKernels
{
    int panel_width;

    // A panel from at most panel_width columns of w, whose data begin at the first of them.
    void (*pack)(void* panel, StoredMatrix w, long long columns, long long depth);

    // From a whole panel back to its columns, dense with neighbours in depth side by side.
    void (*unpack)(void* columns, const void* panel, NumberType type, long long depth);

    // Rows first..last-1 of x as f32, (rows, depth) dense.
    void (*widen)(float* y, StoredMatrix x, long long depth, long long first, long long last);

    // Computes and writes a tile.
    void (*tile)(const ProductTile& tile);

    // Writes a tile whose sums are in its scratch, rows of them sums_stride (a multiple of panel_width) apart.
    void (*finish)(const ProductTile& tile, long long sums_stride);
};
}  // namespace ditto
