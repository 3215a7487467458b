// product_native.cpp: cuts a bf16 product into oneDNN's tiles; their sums in f32 get the same epilogue as all others
#include "product_native.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>

#include "native_tile.h"
#include "machine.h"
#include "pages.h"
#include "threads.h"
#include "weight_cache.h"

namespace ditto
{
namespace
{
constexpr std::size_t round_up(std::size_t bytes) { return (bytes + 255) / 256 * 256; }

// Rows of x as a tile takes them: as they are, or copied and padded with zeros.
const void* tile_rows(char* scratch, const Product& product, std::int64_t item, std::int64_t row, std::int64_t rows,
                      std::int64_t tile_height)
{
    const char* x = static_cast<const char*>(product.x.data) + 2 * (item * product.x.batch_stride + row * product.x.stride);
    if (rows == tile_height && product.x.stride == product.depth) return x;
    const std::size_t length = static_cast<std::size_t>(product.depth) * 2;
    for (std::int64_t r = 0; r < rows; ++r)
        std::memcpy(scratch + static_cast<std::size_t>(r) * length, x + 2 * r * product.x.stride, length);
    std::memset(scratch + static_cast<std::size_t>(rows) * length, 0, static_cast<std::size_t>(tile_height - rows) * length);
    return scratch;
}

// Rows in wide tiles, and what is left over in narrow ones where there are any.
struct RowTiles
{
    RowTiles(std::int64_t all, const NativeTiles& tiles) : rows(all)
    {
        left_height = tiles.narrow == nullptr ? WIDE_ROWS : NARROW_ROWS;
        wide = rows / WIDE_ROWS;
        count = wide + (rows % WIDE_ROWS + left_height - 1) / left_height;
    }
    std::int64_t height(std::int64_t tile) const { return tile < wide ? WIDE_ROWS : left_height; }
    std::int64_t first(std::int64_t tile) const
    {
        return tile < wide ? tile * WIDE_ROWS : wide * WIDE_ROWS + (tile - wide) * left_height;
    }

    std::int64_t rows, left_height, wide, count;
};

// What one worker needs at a time.
struct WorkerScratch
{
    WorkerScratch(const Product& product, const NativeTiles& tiles)
        : rows(round_up(static_cast<std::size_t>(WIDE_ROWS * product.depth) * 2)),
          sums(round_up(static_cast<std::size_t>(WIDE_ROWS * TILE_COLUMNS) * sizeof(float))),
          all(rows + sums + round_up(tiles.scratchpad_bytes))
    {
    }
    std::size_t rows, sums, all;
};
}  // namespace

bool uses_native_bf16(const Product& product)
{
    static const std::string_view wish = variable("DITTO_CPU_BF16");
    if (product.input != NumberType::bf16 || !product.x.depth_first || product.depth == 0 || wish == "f32") return false;
    // Where there is a tile unit oneDNN uses it, and v4 is to be without.
    static const bool has_tiles = std::ranges::find(isa_devices(), Isa::v4_amx) != isa_devices().end();
    const bool wanted =
        product.isa == Isa::v4_amx || (product.isa == Isa::v4 && !has_tiles && (has_fast_bf16() || wish == "native"));
    return wanted && native_tiles(product.depth).wide != nullptr;
}

void run_native(const Product& product, std::int64_t item)
{
    static Pages* scratch = new Pages;
    const NativeTiles& tiles = native_tiles(product.depth);
    const PackedWeights packed = weight_cache().find_or_pack(product, item, *tiles.form);
    const RowTiles rows(product.rows, tiles);
    const WorkerScratch needed(product, tiles);
    char* all = static_cast<char*>(scratch->at_least(needed.all * static_cast<std::size_t>(thread_count())));
    guarded_parallel_for(rows.count * ((product.columns + TILE_COLUMNS - 1) / TILE_COLUMNS),
                         [&](std::int64_t task, int worker)
                         {
                             const std::int64_t row_tile = task % rows.count, column = task / rows.count * TILE_COLUMNS,
                                                row = rows.first(row_tile);
                             const std::int64_t height = rows.height(row_tile);
                             char* own = all + needed.all * static_cast<std::size_t>(worker);
                             ProductTile output = output_tile(product, item, row, column);
                             output.rows = std::min(height, product.rows - row);
                             output.columns = std::min(TILE_COLUMNS, product.columns - column);
                             output.scratch = reinterpret_cast<float*>(own + needed.rows);
                             const NativeTile& tile = height == WIDE_ROWS ? *tiles.wide : *tiles.narrow;
                             const void* x = tile_rows(own, product, item, row, output.rows, height);
                             tile.run(x, packed.piece(task / rows.count), output.scratch, own + needed.rows + needed.sums);
                             product_kernels_of(product.isa).finish(output, TILE_COLUMNS);
                         });
}
}  // namespace ditto
