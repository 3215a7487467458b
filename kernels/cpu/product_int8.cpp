// product_int8.cpp: cuts an int8 product into tiles and spreads them over the workers
#include "product_int8.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <string_view>

#include "machine.h"
#include "pages.h"
#include "product_int8_kernel.h"
#include "threads.h"
#include "weight_cache.h"

namespace ditto
{
#define DITTO_TABLE(isa)                   \
    namespace isa                          \
    {                                      \
    extern const Int8Kernels int8_kernels; \
    }
DITTO_TABLE(v2)
DITTO_TABLE(v3)
DITTO_TABLE(v4)
DITTO_TABLE(v3_vnni)
DITTO_TABLE(v4_vnni)
#undef DITTO_TABLE

namespace
{
constexpr std::int64_t ROWS = 128, PANELS = 4, CHUNK = 16;  // of a tile, at most; rows prepared at a time

const Int8Kernels& kernels_of(Isa isa)
{
    static const bool is_plain = variable("DITTO_CPU_INT8") == "plain";
    const bool vnni = has_vnni(isa) && !is_plain;
    switch (isa)
    {
        case Isa::v2:
            return v2::int8_kernels;
        case Isa::v3:
            return vnni ? v3_vnni::int8_kernels : v3::int8_kernels;
        default:
            return vnni ? v4_vnni::int8_kernels : v4::int8_kernels;
    }
}

// What the kernels need of x: rows in 16 bits, or the terms of its rows.
void* prepared_rows(const Int8Kernels& kernels, const Product& product, const signed char* x)
{
    static Pages* scratch = new Pages;
    const std::int64_t bytes = kernels.widens ? product.rows * product.depth * 2 : product.rows * 4;
    void* target = scratch->at_least(static_cast<std::size_t>(bytes));
    parallel_for((product.rows + CHUNK - 1) / CHUNK,
                 [&](std::int64_t task, int)
                 {
                     const std::int64_t first = task * CHUNK, last = std::min(product.rows, first + CHUNK);
                     kernels.prepare(target, x, product.x.stride, product.depth, first, last);
                 });
    return target;
}

// Panels of one level's kernels.
class Int8Form final : public WeightForm
{
   public:
    explicit Int8Form(const Int8Kernels& kernels) : kernels_(kernels) {}

    std::int64_t columns() const override { return kernels_.panel_width; }
    std::size_t piece_bytes(std::int64_t depth) const override { return static_cast<std::size_t>(kernels_.panel_width * depth); }
    void pack(void* piece, const StoredMatrix& w, std::int64_t columns, std::int64_t depth) const override
    {
        kernels_.pack(static_cast<unsigned char*>(piece), static_cast<const signed char*>(w.data), w.stride, columns, depth);
    }
    void unpack(void* columns, const void* piece, std::int64_t depth) const override
    {
        kernels_.unpack(static_cast<signed char*>(columns), static_cast<const unsigned char*>(piece), depth);
    }

   private:
    const Int8Kernels& kernels_;
};

const Int8Form& form_of(const Int8Kernels& kernels)
{
    static auto* made = new std::map<const Int8Kernels*, Int8Form>;  // the executor's
    return made->try_emplace(&kernels, kernels).first->second;
}

// Even tiles as large as the caches like, smaller where workers would be idle.
struct Tiling
{
    Tiling(std::int64_t all_rows, std::int64_t all_panels, const PackedWeights& packed)
        : rows(std::min(all_rows, ROWS)), panels(std::min(all_panels, PANELS)), whole(packed.whole)
    {
        const std::int64_t wanted = thread_count() == 1 ? 1 : 4 * thread_count();
        const auto tiles = [&] { return (all_rows + rows - 1) / rows * ((all_panels + panels - 1) / panels); };
        while (tiles() < wanted && panels > 1) panels = (panels + 1) / 2;
        while (tiles() < wanted && rows > 32) rows = (rows + 1) / 2 / 8 * 8 + 8;
        const std::int64_t count = (all_rows + rows - 1) / rows;
        rows = std::min(ROWS, ((all_rows + count - 1) / count + 7) / 8 * 8);
        row_tiles = (all_rows + rows - 1) / rows;
        panel_tiles = (whole + panels - 1) / panels + (all_panels > whole ? 1 : 0);
    }

    // No tile reaches over the end of the panels that lie one after the other; those apart, one at most, are the last tile.
    std::int64_t first_panel(std::int64_t tile) const { return std::min(tile * panels, whole); }
    std::int64_t panel_count(std::int64_t tile) const
    {
        return std::max<std::int64_t>(1, first_panel(tile + 1) - first_panel(tile));
    }

    std::int64_t rows, panels, whole, row_tiles, panel_tiles;
};
}  // namespace

void run_int8(const Product& product, std::int64_t item)
{
    const Int8Kernels& kernels = kernels_of(product.isa);
    const signed char* x = static_cast<const signed char*>(product.x.data) + item * product.x.batch_stride;
    int* y = static_cast<int*>(product.y) + item * product.y_batch_stride;
    const std::int64_t panels = (product.columns + kernels.panel_width - 1) / kernels.panel_width;
    const PackedWeights packed = weight_cache().find_or_pack(product, item, form_of(kernels));
    const void* prepared = prepared_rows(kernels, product, x);
    const Tiling tiling(product.rows, panels, packed);
    parallel_for(tiling.row_tiles * tiling.panel_tiles,
                 [&](std::int64_t task, int)
                 {
                     // Tasks that follow each other share panels, and the workers find them in the cache that they share.
                     const std::int64_t row = task % tiling.row_tiles * tiling.rows;
                     const std::int64_t panel = tiling.first_panel(task / tiling.row_tiles), column = panel * kernels.panel_width;
                     Int8Tile tile{};
                     tile.x = kernels.widens ? static_cast<const void*>(static_cast<const short*>(prepared) + row * product.depth)
                                             : x + row * product.x.stride;
                     tile.x_stride = kernels.widens ? product.depth : product.x.stride;
                     tile.row_terms = kernels.widens ? nullptr : static_cast<const int*>(prepared) + row;
                     tile.panels = reinterpret_cast<const unsigned char*>(packed.piece(panel));
                     tile.rows = std::min(tiling.rows, product.rows - row);
                     tile.columns =
                         std::min(tiling.panel_count(task / tiling.row_tiles) * kernels.panel_width, product.columns - column);
                     tile.depth = product.depth;
                     tile.y = y + row * product.y_stride + column;
                     tile.y_stride = product.y_stride;
                     kernels.tile(tile);
                 });
}
}  // namespace ditto
