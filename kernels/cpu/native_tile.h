// native_tile.h: one tile of a bf16 product as a oneDNN inner product, and whether its rows are independent of each other
#pragma once

#include <dnnl.hpp>

#include <cstdint>
#include <memory>

namespace ditto
{
inline constexpr std::int64_t WIDE_ROWS = 64, NARROW_ROWS = 16, TILE_COLUMNS = 192;

// x (rows, depth) bf16 times w (TILE_COLUMNS, depth) bf16, in oneDNN's layout, into y (rows, TILE_COLUMNS) f32.
struct NativeTile
{
    // Throws dnnl::error where oneDNN has no kernel. Weights of `weights_like`, if given, fit this tile too.
    NativeTile(std::int64_t rows, std::int64_t depth, const NativeTile* weights_like);

    // Element (column, k) of w at column * stride + k, or at k * stride + column where depth_first is false.
    void pack(void* target, const void* w, bool depth_first, std::int64_t stride) const;

    void run(const void* x, const void* w, float* y, void* scratchpad) const;

    dnnl::memory::desc x_layout, w_layout, y_layout, scratchpad_layout;
    dnnl::inner_product_forward primitive;
};

struct NativeTiles
{
    std::unique_ptr<NativeTile> wide;    // null where rows would depend on their place: then there is no native product
    std::unique_ptr<NativeTile> narrow;  // null where it would not give the wide one's bits
    std::size_t scratchpad_bytes = 0;
};

// Made, and tried out, at the first call for a depth. Called by the executor only. Does not throw but for want of memory.
const NativeTiles& native_tiles(std::int64_t depth);
}  // namespace ditto
