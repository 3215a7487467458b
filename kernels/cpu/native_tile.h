// native_tile.h: one tile of a bf16 product as a oneDNN inner product, and whether its rows are independent of each other
#pragma once

#include <dnnl.hpp>

#include <cstdint>
#include <memory>

#include "weight_form.h"

namespace ditto
{
inline constexpr std::int64_t WIDE_ROWS = 64, NARROW_ROWS = 16, TILE_COLUMNS = 192;

// x (rows, depth) bf16 times w (TILE_COLUMNS, depth) bf16, in oneDNN's layout, into y (rows, TILE_COLUMNS) f32.
struct NativeTile
{
    // Throws dnnl::error where oneDNN has no kernel. Weights of `weights_like`, if given, fit this tile too.
    NativeTile(std::int64_t rows, std::int64_t depth, const NativeTile* weights_like);

    void run(const void* x, const void* w, float* y, void* scratchpad) const;

    dnnl::memory::desc x_layout, w_layout, y_layout, scratchpad_layout;
    dnnl::inner_product_forward primitive;
};

// Weights as a tile takes them.
class NativeForm final : public WeightForm
{
   public:
    explicit NativeForm(const dnnl::memory::desc& layout) : layout_(layout) {}

    std::int64_t columns() const override { return TILE_COLUMNS; }
    std::size_t piece_bytes(std::int64_t) const override { return (layout_.get_size() + 63) / 64 * 64; }
    void pack(void* piece, const StoredMatrix& w, std::int64_t columns, std::int64_t depth) const override;
    void unpack(void* columns, const void* piece, std::int64_t depth) const override;
    bool is_reversible() const override { return reversible_; }

    // Whether every pattern of 16 bits comes back from a piece that has room for no more than its columns.
    void try_out(std::int64_t depth);

   private:
    const dnnl::memory::desc layout_;
    bool reversible_ = false;
};

struct NativeTiles
{
    std::unique_ptr<NativeTile> wide;    // null where rows would depend on their place: then there is no native product
    std::unique_ptr<NativeTile> narrow;  // null where it would not give the wide one's bits
    std::unique_ptr<NativeForm> form;
    std::size_t scratchpad_bytes = 0;
};

// Made, and tried out, at the first call for a depth. Called by the executor only. Does not throw but for want of memory.
const NativeTiles& native_tiles(std::int64_t depth);
}  // namespace ditto
