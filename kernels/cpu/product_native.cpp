// product_native.cpp: cuts a bf16 product into oneDNN's tiles; their sums in f32 get the same epilogue as all others
#include "product_native.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>

#include "native_tile.h"
#include "pages.h"
#include "threads.h"
#include "weight_cache.h"

namespace ditto
{
namespace
{
constexpr std::size_t round_up(std::size_t bytes) { return (bytes + 255) / 256 * 256; }

// Runs bodies that may throw on the workers, and throws here if one did.
template <typename Body>
void guarded_parallel_for(std::int64_t tasks, Body&& body)
{
    std::atomic<bool> failed{false};
    parallel_for(tasks,
                 [&](std::int64_t task, int worker)
                 {
                     try
                     {
                         body(task, worker);
                     }
                     catch (...)
                     {
                         failed.store(true);
                     }
                 });
    if (failed.load()) throw std::bad_alloc();  // a made primitive has no other reason
}

struct WeightTiles
{
    WeightTiles(const Product& product, const NativeTile& tile)
        : count((product.columns + TILE_COLUMNS - 1) / TILE_COLUMNS), pitch(round_up(tile.w_layout.get_size()))
    {
    }
    std::size_t bytes() const { return static_cast<std::size_t>(count) * pitch; }

    std::int64_t count;
    std::size_t pitch;
};

// Columns first.. of w, TILE_COLUMNS of them with zeros beyond the last, into oneDNN's layout.
void pack_tile(void* target, const Product& product, std::int64_t item, const NativeTile& tile, std::int64_t first)
{
    const bool depth_first = product.w.depth_first;
    const std::int64_t count = std::min(TILE_COLUMNS, product.columns - first);
    std::int64_t stride = product.w.stride;
    const char* source =
        static_cast<const char*>(product.w.data) + 2 * (item * product.w.batch_stride + first * (depth_first ? stride : 1));
    Pages padded;
    if (count < TILE_COLUMNS)
    {
        const std::int64_t lines = depth_first ? count : product.depth, length = depth_first ? product.depth : count;
        const std::int64_t pitch = depth_first ? product.depth : TILE_COLUMNS;
        const std::size_t bytes = static_cast<std::size_t>(TILE_COLUMNS * product.depth) * 2;
        char* copy = static_cast<char*>(padded.at_least(bytes));
        std::memset(copy, 0, bytes);
        for (std::int64_t line = 0; line < lines; ++line)
            std::memcpy(copy + 2 * line * pitch, source + 2 * line * stride, static_cast<std::size_t>(length) * 2);
        source = copy;
        stride = pitch;
    }
    tile.pack(target, source, depth_first, stride);
}

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
    static const std::string_view wish = std::getenv("DITTO_CPU_BF16") == nullptr ? "" : std::getenv("DITTO_CPU_BF16");
    if (product.input != NumberType::bf16 || !product.x.depth_first || product.depth == 0 || wish == "f32") return false;
    const bool wanted = product.isa == Isa::v4_amx || (product.isa == Isa::v4 && (has_fast_bf16() || wish == "native"));
    return wanted && native_tiles(product.depth).wide != nullptr;
}

void run_native(const Product& product, std::int64_t item)
{
    static Pages* scratch = new Pages;
    const NativeTiles& tiles = native_tiles(product.depth);
    const WeightTiles weights(product, *tiles.wide);
    const auto pack = [&](void* target)
    {
        guarded_parallel_for(weights.count,
                             [&](std::int64_t tile, int)
                             {
                                 char* own = static_cast<char*>(target) + static_cast<std::size_t>(tile) * weights.pitch;
                                 pack_tile(own, product, item, *tiles.wide, tile * TILE_COLUMNS);
                             });
    };
    constexpr int FORM = -1;  // panels of f32 have their width here
    const char* packed = static_cast<const char*>(weight_cache().find_or_pack(product, item, FORM, weights.bytes(), pack));
    const RowTiles rows(product.rows, tiles);
    const WorkerScratch needed(product, tiles);
    char* all = static_cast<char*>(scratch->at_least(needed.all * static_cast<std::size_t>(thread_count())));
    guarded_parallel_for(rows.count * weights.count,
                         [&](std::int64_t task, int worker)
                         {
                             const std::int64_t row_tile = task % rows.count, column = task / rows.count * TILE_COLUMNS,
                                                row = rows.first(row_tile);
                             const std::int64_t height = rows.height(row_tile);
                             char* own = all + needed.all * static_cast<std::size_t>(worker);
                             ProductTile output = output_tile(product, item, row, column);
                             output.rows = std::min(height, product.rows - row);
                             output.columns = std::min(TILE_COLUMNS, product.columns - column);
                             output.sums = reinterpret_cast<float*>(own + needed.rows);
                             const NativeTile& tile = height == WIDE_ROWS ? *tiles.wide : *tiles.narrow;
                             const void* x = tile_rows(own, product, item, row, output.rows, height);
                             tile.run(x, packed + static_cast<std::size_t>(task / rows.count) * weights.pitch, output.sums,
                                      own + needed.rows + needed.sums);
                             product_kernels_of(product.isa).finish(output, TILE_COLUMNS);
                         });
}
}  // namespace ditto
